"""The provider plugins of one run: folders of the project with a Python program, each started when it is needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from pulumi_preflight import pluginfile, preload
from pulumi_preflight.graph import Resource
from pulumi_preflight.plugin_process import PluginProcess
from pulumi_preflight.pluginfile import Plugin, PluginError
from pulumi_preflight.program_process import BEAT_SECONDS
from pulumi_preflight.stackfile import StackConfig

_SAME = (
    "type", "name", "parent", "dependencies", "ignoreChanges", "replaceOnChanges", "deletedWith", "replace_with",
    "additionalSecretOutputs", "aliases",
)  # fmt: skip
_WHERE_SET = ("protect", "retainOnDelete", "replacement_trigger")
"""Fields of a registration that the order to construct has, too."""
_PARALLEL = 16


class Plugins:
    """Starts plugins and asks them until it is closed. Each provider resource has a process of its own."""

    def __init__(self, settings: StackConfig, *, preview: bool, say: Callable[[str], None]) -> None:
        self._settings, self._preview, self._say = settings, preview, say
        self._lock = threading.Lock()
        self._closed = False
        self._processes: dict[str, PluginProcess] = {}
        self._makers: dict[str, PluginProcess] = {}
        self.address = ""
        """Where the plugins register what they make."""

    def find(self, type_: str, version: str) -> Plugin | None:
        """The plugin of a type's package, if it is a folder of this project."""
        return pluginfile.find(self._settings.plugins, type_.partition(":")[0], version)

    def construct(self, plugin: Plugin, provider: Resource, request: Any) -> Any:
        """Has a plugin make the remote component of a registration; what is in it is registered meanwhile.

        Raises PluginError when it does not.
        """
        process = self._process(plugin, provider["urn"])
        process.connect(self.address, provider)
        answer = process.ask("Construct", self._order(request, process.inputs(request.object)))
        self._makers[answer.urn] = process
        return answer

    def call(self, request: Any) -> Any:
        """The answer to the call of a component's method, or None if no plugin has made it here. Raises PluginError."""
        itself = request.args.fields["__self__"].struct_value.fields["urn"].string_value
        process = self._makers.get(itself)
        if process is None:
            return None
        asked = provider_pb2.CallRequest(tok=request.tok, args=process.inputs(request.args), **self._run())
        for key, dependencies in request.argDependencies.items():
            asked.argDependencies[key].urns.extend(dependencies.urns)
        return process.ask("Call", asked)

    def close(self) -> None:
        """Ends every plugin; none starts any longer."""
        with self._lock:
            self._closed = True
            processes = list(self._processes.values())
        for process in processes:
            process.close()

    def _process(self, plugin: Plugin, provider: str) -> PluginProcess:
        with self._lock:
            if self._closed:
                raise PluginError("the evaluation has ended")
            if provider not in self._processes:
                self._processes[provider] = self._started(plugin)
            return self._processes[provider]

    def _started(self, plugin: Plugin) -> PluginProcess:
        launch = pluginfile.launch(plugin)
        if launch.note:
            self._say(f"warning: {launch.note}")
        settings = self._settings
        order = {
            "plugin": launch.distribution or True,
            "engine": self.address,
            "program": str(launch.program),
            "folder": str(settings.root),
            "preview": self._preview,
            "beat": BEAT_SECONDS,
            "python": str(launch.python or settings.python or ""),
            "preload": preload.modules(launch.program),
            "environment": os.environ | settings.environment | {"PULUMI_PROJECT": settings.project},
        }
        return PluginProcess(order, self._say)

    def _order(self, request: Any, inputs: Any) -> Any:
        given = {field: getattr(request, field) for field in _SAME}
        given |= {field: getattr(request, field) for field in _WHERE_SET if request.HasField(field)}
        if request.deleteBeforeReplaceDefined:
            given["deleteBeforeReplace"] = request.deleteBeforeReplace
        for theirs, ours in (("customTimeouts", "customTimeouts"), ("hooks", "resource_hooks")):
            if request.HasField(theirs):
                given[ours] = {field.name: value for field, value in getattr(request, theirs).ListFields()}
        asked = provider_pb2.ConstructRequest(
            inputs=inputs, providers=dict(request.providers), **given, **self._run()
        )
        for key, dependencies in request.propertyDependencies.items():
            asked.inputDependencies[key].urns.extend(dependencies.urns)
        return asked

    def _run(self) -> Mapping[str, Any]:
        settings = self._settings
        return {
            "project": settings.project,
            "stack": settings.stack,
            "organization": "organization",
            "config": settings.values,
            "configSecretKeys": sorted(settings.secret_keys),
            "dryRun": self._preview,
            "parallel": _PARALLEL,
            "monitorEndpoint": self.address,
            "accepts_output_values": True,
        }
