"""Talks to a Terraform provider's binary over its plugin protocol, version 5: configure and plan, nothing else.

`terraform providers schema -json` does not say which properties force a replacement and what the defaults
are; a plan does. Needs the packages grpcio, protobuf and msgpack.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"  # the protocol's own, public
_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {"text": _FIELD.TYPE_STRING, "bytes": _FIELD.TYPE_BYTES, "number": _FIELD.TYPE_INT64}
_MESSAGES: dict[str, list[tuple[str, int, str]]] = {
    "Value": [("msgpack", 1, "bytes")],
    "Step": [
        ("attribute_name", 1, "text"),
        ("element_key_string", 2, "text"),
        ("element_key_int", 3, "number"),
    ],
    "Path": [("steps", 1, "*Step")],
    "Diagnostic": [("severity", 1, "number"), ("summary", 2, "text"), ("detail", 3, "text")],
    "Settings": [("terraform_version", 1, "text"), ("config", 2, "Value")],
    "Done": [("diagnostics", 1, "*Diagnostic")],
    "Plan": [
        ("type_name", 1, "text"),
        ("prior_state", 2, "Value"),
        ("proposed_new_state", 3, "Value"),
        ("config", 4, "Value"),
    ],
    "Planned": [
        ("planned_state", 1, "Value"),
        ("requires_replace", 2, "*Path"),
        ("diagnostics", 4, "*Diagnostic"),
    ],
}
UNKNOWN = msgpack.ExtType(0, b"\0")


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="plugin.proto", package="plugin", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for key, number, kind in fields:
            field = message.field.add(name=key, number=number, label=3 if kind.startswith("*") else 1)
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".plugin.{kind.lstrip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"plugin.{n}")) for n in _MESSAGES}


_CLASS = _classes()


class Plugin:
    """One configured provider, started again when it falls over.

    Values are plain Python data in the provider's own names; UNKNOWN is the unknown.
    """

    def __init__(self, binary: Path, config: dict[str, Any]) -> None:
        self._binary, self._config = binary, config
        self.falls = 0
        """How often the provider ended or did not answer in time."""
        self._start()

    def _start(self) -> None:
        environment = {
            **os.environ,
            "TF_PLUGIN_MAGIC_COOKIE": _COOKIE,
            "PLUGIN_PROTOCOL_VERSIONS": "5",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # a plan that asks AWS fails at once
            "AWS_MAX_ATTEMPTS": "1",
        }
        self._process = subprocess.Popen(
            [self._binary], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None  # noqa: S101
        address = self._process.stdout.readline().strip().split("|")[3]
        self._channel = grpc.insecure_channel(f"unix:{address}")
        answer = self._call(
            "Configure", "Settings", "Done", terraform_version="1.9.0", config=_value(self._config)
        )
        if answer.diagnostics:
            raise RuntimeError(answer.diagnostics[0].summary)

    def plan(
        self, type_: str, prior: Any, proposed: Any, config: Any
    ) -> tuple[dict[str, Any] | None, list[str], str]:
        """The planned state, the dotted paths that force a replacement, and the first error or ""."""
        try:
            answer = self._call(
                "PlanResourceChange",
                "Plan",
                "Planned",
                type_name=type_,
                prior_state=_value(prior),
                proposed_new_state=_value(proposed),
                config=_value(config),
            )
        except grpc.RpcError as error:  # the provider fell over: this plan teaches nothing, the next one may
            self.falls += 1
            self.close()
            self._start()
            return None, [], f"the provider ended: {error.code()}"
        errors = [d.summary for d in answer.diagnostics if d.severity == 1]
        raw = answer.planned_state.msgpack
        planned = msgpack.unpackb(raw, ext_hook=lambda *_: UNKNOWN, strict_map_key=False) if raw else None
        paths = [
            ".".join(s.attribute_name for s in p.steps if s.attribute_name) for p in answer.requires_replace
        ]
        return planned, paths, errors[0] if errors else ""

    def close(self) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _call(self, method: str, request: str, response: str, **fields: Any) -> Any:
        call = self._channel.unary_unary(
            f"/tfplugin5.Provider/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=_CLASS[response].FromString,
        )
        return call(_CLASS[request](**fields), timeout=6)


def _value(data: Any) -> Any:
    return _CLASS["Value"](msgpack=msgpack.packb(data))
