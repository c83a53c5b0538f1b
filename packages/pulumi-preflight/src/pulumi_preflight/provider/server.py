"""The AWS provider's answers as a Pulumi resource provider over gRPC, for the real engine.

The engine attaches to it: `PULUMI_DEBUG_PROVIDERS=aws:PORT pulumi up`. Nothing is created anywhere.
"""

from __future__ import annotations

import json
from concurrent import futures
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import reveal
from pulumi_preflight.provider import functions
from pulumi_preflight.provider.check import check
from pulumi_preflight.provider.create import created, identity
from pulumi_preflight.provider.diff import difference
from pulumi_preflight.provider.faults import Faults, Refused
from pulumi_preflight.provider.place import Place, place
from pulumi_preflight.provider.plan import planned
from pulumi_preflight.provider.store import Made, Store
from pulumi_preflight.provider.update import updated
from pulumi_preflight.structs import from_struct, to_struct

Properties = dict[str, Any]
_DIFF = provider_pb2.PropertyDiff
_KINDS = {
    ("add", False): _DIFF.ADD,
    ("add", True): _DIFF.ADD_REPLACE,
    ("delete", False): _DIFF.DELETE,
    ("delete", True): _DIFF.DELETE_REPLACE,
    ("update", False): _DIFF.UPDATE,
    ("update", True): _DIFF.UPDATE_REPLACE,
}
_LARGEST = 400 * 1024 * 1024
"""Bytes of one message, as the engine's own limit."""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider: the engine may configure it again for each operation; the store outlives them."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store, self._faults = store, faults
        self._place = Place()

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=_version())

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": _version()}))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        self._place = place(reveal(from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        token, name = _told(request.urn)
        seed = request.randomSeed.hex() or request.urn
        inputs, failures = check(
            token, name, from_struct(request.news), seed=seed, old=from_struct(request.olds)
        )
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs),
            failures=[provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in failures],
        )

    def Diff(self, request: Any, context: Any) -> Any:
        token, _ = _told(request.urn)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        found = difference(token, reveal(old), reveal(new), list(request.ignoreChanges))
        detail = {
            path: _DIFF(kind=_KINDS[kind, path in found.replaces], inputDiff=True)
            for path, kind in found.changed.items()
        }
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if found.changed else response.DIFF_NONE,
            replaces=sorted({path.split(".")[0] for path in found.replaces}),
            diffs=sorted({path.split(".")[0] for path in found.changed}),
            detailedDiff=detail,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        token, name = _told(request.urn)
        inputs = from_struct(request.properties)
        place = self._place
        if request.preview:
            outputs = planned(token, inputs, place.region, place.default_tags)
            outputs.pop("id", None)
            return provider_pb2.CreateResponse(id="", properties=to_struct(outputs))
        try:
            self._faults.before_creation(request.urn)
        except Refused as refused:
            context.abort(grpc.StatusCode.UNKNOWN, str(refused))
        seed = f"{request.urn}#{self._store.next()}"
        id_ = identity(token, name, seed, reveal(inputs), place)
        outputs = created(token, name, seed, id_, inputs, place)
        self._store.put(id_, Made(token, name, inputs, outputs))
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        token, _ = _told(request.urn)
        made = self._store.get(token, request.id)
        if made is None and not request.properties.fields:
            return provider_pb2.ReadResponse()
        outputs = made.outputs if made else from_struct(request.properties)
        inputs = made.inputs if made else from_struct(request.inputs)
        if made and request.inputs.fields:
            inputs = from_struct(request.inputs)
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(outputs), inputs=to_struct(inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:
        token, name = _told(request.urn)
        old, inputs = from_struct(request.olds), from_struct(request.news)
        outputs = updated(
            token,
            name,
            {**old, "id": request.id},
            from_struct(request.old_inputs),
            inputs,
            self._place,
            preview=request.preview,
        )
        if not request.preview:
            self._store.put(request.id, Made(token, name, inputs, outputs))
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        token, name = _told(request.urn)
        reason = self._store.refusal(token, request.id, from_struct(request.properties))
        if reason:
            context.abort(grpc.StatusCode.UNKNOWN, f"deleting {token} ({name}): {reason}")
        self._store.remove(token, request.id)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        arguments = reveal(from_struct(request.args))
        place = self._place
        call = functions.Call(
            arguments, arguments.get("region") or place.region, place.account, place.default_tags
        )
        try:
            result = functions.answer(request.tok, call)
        except UserError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        if result is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"only AWS can answer {request.tok}")
            raise AssertionError("abort raises")
        return provider_pb2.InvokeResponse(**{"return": to_struct(result)})

    def Cancel(self, request: Any, context: Any) -> Any:
        self._faults.cancel()
        return empty_pb2.Empty()


def serve(
    *, state: Path | None = None, fail: set[str] | None = None, hang: set[str] | None = None, port: int = 0
) -> tuple[grpc.Server, int]:
    """Starts the provider on 127.0.0.1. Returns the running server and its port.

    state: file that keeps the resources between runs; without one they live as long as the process.
    fail: names of resources whose creation fails once. hang: names whose creation hangs until cancelled.
    Raises UserError when the state file cannot be read.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)],
    )
    provider = Provider(Store(state), Faults(set(fail or ()), set(hang or ())))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def _version() -> str:
    try:
        return version("pulumi-aws")
    except PackageNotFoundError:
        return "0.0.0"


def _told(urn: str) -> tuple[str, str]:
    """Type token and name in a URN."""
    parts = urn.split("::")
    return parts[2].split("$")[-1], "::".join(parts[3:])
