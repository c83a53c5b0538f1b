"""Runs a program's transforms as the engine does: by calling the program back, for every resource and every call."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from pulumi.runtime.proto import resource_pb2

from pulumi_preflight.callbacks import CallbackError, Callbacks
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.outputvalues import marked
from pulumi_preflight.structs import from_struct, to_struct

_SAME = (
    ("depends_on", "dependencies"),
    ("ignore_changes", "ignoreChanges"),
    ("replace_on_changes", "replaceOnChanges"),
    ("aliases", "aliases"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("plugin_download_url", "pluginDownloadURL"),
    ("version", "version"),
    ("provider", "provider"),
    ("deleted_with", "deletedWith"),
    ("import", "importId"),
)
"""Options under their names in a transform's message and in a registration."""


class Transforms:
    """The transforms that a program has registered so far."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._of_stack: list[Any] = []
        self._of_invokes: list[Any] = []
        self._of_resource: dict[str, tuple[str, list[Any]]] = {}
        self._of_remote: dict[tuple[str, str, str], list[Any]] = {}

    def add_to_stack(self, callback: Any) -> None:
        """A transform of every resource from now on."""
        with self._lock:
            self._of_stack.append(callback)

    def add_to_invokes(self, callback: Any) -> None:
        """A transform of every provider function call from now on."""
        with self._lock:
            self._of_invokes.append(callback)

    def own(self, request: Any) -> list[Any]:
        """The transforms of the resource itself; its plugin registers a remote component again, without them."""
        key = (request.parent, request.type, request.name)
        with self._lock:
            own = self._of_remote.pop(key, None) or list(request.transforms)
            if request.remote:
                self._of_remote[key] = own
        return own

    def remember(self, urn: str, parent: str, own: list[Any]) -> None:
        """A resource's own transforms hold for its children as well."""
        with self._lock:
            self._of_resource[urn] = (parent, own)

    def resource(self, request: Any, own: list[Any]) -> Any:
        """The registration after the resource's own transforms, its parents' from the inside out, the stack's."""
        for callback in [*own, *self._inherited(request.parent)]:
            asked = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=to_struct(marked(from_struct(request.object))),
                options=_options(request),
            )
            answer = self._call(callback, asked, resource_pb2.TransformResponse)
            request = _changed(request, answer)
        return request

    def invoke(self, request: Any) -> Any:
        """The call of a provider function after the transforms of calls."""
        with self._lock:
            callbacks = list(self._of_invokes)
        for callback in callbacks:
            asked = resource_pb2.TransformInvokeRequest(
                token=request.tok,
                args=request.args,
                options=resource_pb2.TransformInvokeOptions(
                    provider=request.provider,
                    plugin_download_url=request.pluginDownloadURL,
                    version=request.version,
                ),
            )
            answer = self._call(callback, asked, resource_pb2.TransformInvokeResponse)
            request.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                request.provider = answer.options.provider
                request.version = answer.options.version
        return request

    def _inherited(self, parent: str) -> Iterable[Any]:
        with self._lock:
            found: list[Any] = []
            while parent in self._of_resource:
                parent, own = self._of_resource[parent]
                found += own
            return [*found, *self._of_stack]

    def _call(self, callback: Any, request: Any, response: Any) -> Any:
        try:
            return self._callbacks.call(callback, request, response)
        except CallbackError as error:
            name = getattr(request, "name", "") or request.token
            raise NotJudgedError(f"a transform of the program failed for {name}: {error}.") from None


def _options(request: Any) -> Any:
    options = resource_pb2.TransformResourceOptions(
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        providers=request.providers,
    )
    for theirs, ours in _SAME:
        _assign(options, theirs, getattr(request, ours))
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    if request.HasField("hooks"):
        options.hooks.CopyFrom(request.hooks)
    return options


def _changed(request: Any, answer: Any) -> Any:
    changed: Any = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    changed.object.CopyFrom(answer.properties)
    for key in set(changed.propertyDependencies) - set(answer.properties):
        del changed.propertyDependencies[key]
    for key in answer.properties:
        changed.propertyDependencies[key]  # an entry comes to be by being looked at
    if not answer.HasField("options"):
        return changed
    options = answer.options
    for theirs, ours in _SAME:
        changed.ClearField(ours)
        _assign(changed, ours, getattr(options, theirs))
    for theirs, ours in (("protect", "protect"), ("retain_on_delete", "retainOnDelete")):
        changed.ClearField(ours)
        if options.HasField(theirs):
            setattr(changed, ours, getattr(options, theirs))
    changed.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    changed.deleteBeforeReplace = options.delete_before_replace
    changed.ClearField("customTimeouts")
    if options.HasField("custom_timeouts"):
        changed.customTimeouts.CopyFrom(options.custom_timeouts)
    changed.ClearField("hooks")
    if options.HasField("hooks"):
        changed.hooks.CopyFrom(options.hooks)
    changed.providers.clear()
    changed.providers.update(options.providers)
    return changed


def _assign(message: Any, name: str, value: Any) -> None:
    if isinstance(value, str):
        setattr(message, name, value)
    else:
        getattr(message, name).extend(value)
