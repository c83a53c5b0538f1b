"""What an installed provider SDK says about a resource type of which the schema file knows nothing."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pulumi import _types
from pulumi.runtime import rpc

from pulumi_preflight.provider.schema import Property, Schema, schema


@cache
def schema_of(token: str) -> Schema | None:
    """The schema of a resource type: from the schema file, else from the installed SDK, else None.

    The SDK tells which properties a program may set and which only the provider sets, and no more.
    """
    return schema(token) or _from_sdk(token)


def _from_sdk(token: str) -> Schema | None:
    package, module_name, _ = token.split(":")
    module = rpc.get_resource_module(package, module_name, "")
    if module is None:
        return None
    info = module.mod_info  # type: ignore[attr-defined]
    cls = getattr(importlib.import_module(info["fqn"]), info["classes"][token], None)
    if cls is None:
        return None
    parameters = set(inspect.signature(cls._internal_init).parameters)
    names = _types.resource_py_to_pulumi_names(cls)
    types = _types.resource_types(cls)
    return Schema(
        token,
        {
            key: Property(_kind(types[key]), "6o" if python in parameters else "6c")
            for python, key in names.items()
        },
        known=False,
    )


def _kind(type_: Any) -> str:
    origin = typing.get_origin(type_)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return "list"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "map"
    if isinstance(type_, type) and _types.is_output_type(type_):
        return "object"
    return {bool: "bool", int: "number", float: "number"}.get(type_, "text")
