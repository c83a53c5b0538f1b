"""Runs a program's resource hooks as the engine does in the first update of a stack.

Hooks before and after a creation run, in a preview only those that are registered for it; hooks of updates, deletions
and errors do not, since none of these takes place.
"""

from __future__ import annotations

import threading
from typing import Any

from pulumi.runtime.proto import resource_pb2

from pulumi_preflight.callbacks import CallbackError, Callbacks
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.graph import UNKNOWN, Resource
from pulumi_preflight.structs import to_struct


class Hooks:
    """The hooks that a program has registered so far, and the components whose own are still to come."""

    def __init__(self, callbacks: Callbacks, *, preview: bool) -> None:
        self._callbacks, self._preview = callbacks, preview
        self._lock = threading.Lock()
        self._hooks: dict[str, Any] = {}
        self._open: dict[str, list[str]] = {}
        self.warnings: list[str] = []
        """A sentence for each hook that failed, and whose failure the program ignores."""

    def add(self, request: Any) -> None:
        """Registers a hook of resources or of errors. Raises UserError for a name that is taken."""
        with self._lock:
            if request.name in self._hooks:
                raise UserError(f"two hooks have the name {request.name}: give one of them another.")
            self._hooks[request.name] = request

    def created(self, request: Any, resource: Resource) -> None:
        """Runs what surrounds the creation of a resource that has just been recorded.

        The answer to its registration waits for this: to the program the order is the engine's. A component is
        created when it registers its outputs. Raises NotJudgedError when a hook fails.
        """
        if request.importId:  # adopted, not created
            return
        self._run("before_create", request.hooks.before_create, resource)
        if request.custom:
            self._run("after_create", request.hooks.after_create, resource)
        else:
            with self._lock:
                self._open[resource["urn"]] = list(request.hooks.after_create)

    def completed(self, resource: Resource) -> None:
        """Runs what follows a component's outputs, once. Raises NotJudgedError when a hook fails."""
        with self._lock:
            names = self._open.pop(resource["urn"], [])
        self._run("after_create", names, resource)

    def _run(self, kind: str, names: Any, resource: Resource) -> None:
        for name in names:
            hook = self._hooks.get(name)
            if hook is None:
                raise NotJudgedError(f"{_shown(kind, name, resource)} was not registered by the program.")
            if hook.on_dry_run or not self._preview:
                self._call(hook, kind, resource)

    def _call(self, hook: Any, kind: str, resource: Resource) -> None:
        asked = _message(resource, after=kind == "after_create")
        try:
            answer = self._callbacks.call(hook.callback, asked, resource_pb2.ResourceHookResponse)
            reason = answer.error
        except CallbackError as error:
            reason = str(error) or "no reason was given"
        if not reason:
            return
        failed = f"{_shown(kind, hook.name, resource)} failed: {reason.splitlines()[0].removesuffix('.')}"
        if hook.ignore_errors:
            self.warnings.append(f"{failed[0].upper()}{failed[1:]} (its errors are ignored).")
            return
        end = (
            "a preview ends there."
            if self._preview
            else "an update ends there; where it needs what only AWS creates, judge with --preview."
        )
        raise NotJudgedError(f"{failed}; {end}")


def _shown(kind: str, name: str, resource: Resource) -> str:
    return f'the {kind} hook "{name}" of {resource["type"]} "{resource["urn"].rpartition("::")[2]}"'


def _message(resource: Resource, *, after: bool) -> Any:
    """What a hook is told: the checked inputs, and after the creation the id and the outputs as well."""
    urn, id_ = resource["urn"], resource["id"]
    message = resource_pb2.ResourceHookRequest(
        urn=urn,
        name=urn.rpartition("::")[2],
        type=resource["type"],
        id=id_ if after and id_ != UNKNOWN else "",
        new_inputs=to_struct(resource["inputs"]),
    )
    if after:
        message.new_outputs.CopyFrom(to_struct(resource["outputs"]))
    return message
