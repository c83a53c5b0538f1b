"""The engine's address for one run of a program: what it registers, reads, calls and logs arrives here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from pulumi_preflight.callbacks import Callbacks
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.hooks import Hooks
from pulumi_preflight.pluginfile import PluginError
from pulumi_preflight.plugins import Plugins
from pulumi_preflight.recorder import AbandonedError, Recorder
from pulumi_preflight.transforms import Transforms

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_WORKERS = 256
"""Threads, made when they are needed: a remote component keeps one while it is made."""
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
)
_FEATURE_NAMES = frozenset(
    {"secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith", "transforms", "invokeTransforms",
     "parameterization", "resourceHooks"}
)  # fmt: skip


class Engine:
    """Serves one program and the plugins that it needs; to be used in a `with` statement, in which `address` can be
    dialled, and at whose end the plugins end.

    `calls` counts what the program asked, `pending` what of it is not answered yet. `mistake` is the first thing it
    asked that has no answer here, and `failure` an exception that nobody foresaw.
    """

    def __init__(self, recorder: Recorder, plugins: Plugins, say: Callable[[str], None]) -> None:
        self.address = ""
        self.plugins = plugins
        self.calls = self.pending = 0
        self._counting = threading.Lock()
        self.mistake: UserError | None = None
        self.failure: Exception | None = None
        self._callbacks = Callbacks()
        self.transforms = Transforms(self._callbacks)
        """The transforms the program has registered."""
        self.hooks = Hooks(self._callbacks, preview=recorder.preview)
        """Its hooks."""
        self._servers = [
            _server(_Monitor(self, recorder, of_plugins=these), _Log(say)) for these in (False, True)
        ]

    def __enter__(self) -> Self:
        self.address, self.plugins.address = (
            f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}" for server in self._servers
        )
        for server in self._servers:
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.plugins.close()
        for server in self._servers:
            server.stop(grace=None)
        self._callbacks.close()

    def answer(self, call: Callable[[], Any], context: Any) -> Any:
        """What `call` returns; a UserError in it becomes the error of the program's call, and is kept."""
        with self._counting:
            self.calls += 1
            self.pending += 1
        try:
            return call()
        except AbandonedError:
            context.abort(grpc.StatusCode.CANCELLED, "what this belongs to has failed")
        except UserError as error:
            self.mistake = self.mistake or error
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Exception as error:
            self.failure = self.failure or error
            context.abort(grpc.StatusCode.INTERNAL, "the evaluation failed")
        finally:
            with self._counting:
                self.pending -= 1


def _server(monitor: _Monitor, log: _Log) -> Any:
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    return server


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Transforms run before a registration is recorded and hooks after it, without its lock: they may ask again."""

    def __init__(self, engine: Engine, recorder: Recorder, *, of_plugins: bool) -> None:
        self._engine = engine
        self._recorder = recorder
        self._of_plugins = of_plugins

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURE_NAMES)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        def register() -> Any:
            transforms = self._engine.transforms
            own = transforms.own(request)
            changed = transforms.resource(request, own)
            if request.remote:  # who makes a remote component registers it with its hooks
                answer = self._construct(changed)
                transforms.remember(answer.urn, request.parent, own)
                return answer
            answer = self._recorder.RegisterResource(changed, of_plugins=self._of_plugins)
            transforms.remember(answer.urn, request.parent, own)
            self._engine.hooks.created(changed, self._recorder.resource(answer.urn))
            return answer

        return self._engine.answer(register, context)

    def _construct(self, request: Any) -> Any:
        """A remote component by its plugin, if there is one here; or what can be said of it without."""
        why = ""
        try:
            plugin = self._engine.plugins.find(request.type, request.version)
            if plugin is not None:
                provider = self._recorder.provider(request)
                made = self._engine.plugins.construct(plugin, provider, request)
                answer = resource_pb2.RegisterResourceResponse(urn=made.urn, object=made.state)
                for key, dependencies in made.stateDependencies.items():
                    answer.propertyDependencies[key].urns.extend(dependencies.urns)
                return answer
        except PluginError as error:
            why = str(error)
            self._recorder.abandon(request.parent, request.type, request.name)
        return self._recorder.RegisterResource(request, why, of_plugins=self._of_plugins)

    def ReadResource(self, request: Any, context: Any) -> Any:
        return self._engine.answer(
            lambda: self._recorder.ReadResource(request, of_plugins=self._of_plugins), context
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        def complete() -> Any:
            answer = self._recorder.RegisterResourceOutputs(request, of_plugins=self._of_plugins)
            self._engine.hooks.completed(self._recorder.resource(request.urn))
            return answer

        return self._engine.answer(complete, context)

    def Invoke(self, request: Any, context: Any) -> Any:
        return self._engine.answer(
            lambda: self._recorder.Invoke(self._engine.transforms.invoke(request)), context
        )

    def Call(self, request: Any, context: Any) -> Any:
        def call() -> Any:
            try:
                return self._engine.plugins.call(request) or self._recorder.Call(request)
            except PluginError as error:
                raise NotJudgedError(
                    f"the plugin that was asked for {request.tok} has not answered: {error}."
                ) from None

        return self._engine.answer(call, context)

    def RegisterStackTransform(self, request: Any, context: Any) -> Any:
        self._engine.transforms.add_to_stack(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any, context: Any) -> Any:
        self._engine.transforms.add_to_invokes(request)
        return empty_pb2.Empty()

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        return resource_pb2.RegisterPackageResponse(ref=f"{request.name}@{request.version}")

    def RegisterResourceHook(self, request: Any, context: Any) -> Any:
        return self._engine.answer(lambda: self._add_hook(request), context)

    def RegisterErrorHook(self, request: Any, context: Any) -> Any:
        return self._engine.answer(lambda: self._add_hook(request), context)

    def _add_hook(self, request: Any) -> Any:
        self._engine.hooks.add(request)
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


class _Log(engine_pb2_grpc.EngineServicer):
    """The engine's log, without the debug messages, and the root resource's URN."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity != engine_pb2.DEBUG and request.message:
            with self._lock:
                self._say(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:
        return engine_pb2.RequirePulumiVersionResponse()
