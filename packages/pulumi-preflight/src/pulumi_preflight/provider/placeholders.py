"""Typed placeholders for results that only AWS knows: the properties the SDK names, with made-up values."""

from __future__ import annotations

import base64
import contextlib
import importlib
import re
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any

from pulumi import _types

from pulumi_preflight.provider.outputs import ACCOUNT, REGION, is_object, quiet, shape
from pulumi_preflight.provider.plausible import MOMENT

_HEX = "0123456789abcdef0"
_IDS = {
    "ami": "ami", "image": "ami", "vpc": "vpc", "subnet": "subnet", "securitygroup": "sg", "routetable": "rtb",
    "internetgateway": "igw", "instance": "i", "networkacl": "acl",
}  # fmt: skip
_TOKEN = base64.b64encode(b"AWS:placeholder").decode()
_SPECIAL: Mapping[str, Mapping[str, Any]] = {
    # A program takes the token apart: name, colon, password.
    "getAuthorizationToken": {"authorizationToken": _TOKEN, "userName": "AWS", "password": "placeholder"},
    "getCredentials": {"authorizationToken": _TOKEN},
}
_SEVERAL = 6


@cache
def result(token: str) -> Mapping[str, Any]:
    """A value for every property of the function's result; empty when no installed SDK knows the function."""
    package, module_name, function = [*token.split(":"), "", ""][:3]
    module = _module(package, module_name.partition("/")[0])
    with quiet():
        caller = getattr(module, _snake(function), None)
    kind = function.removeprefix("get").lower()
    cls = (
        vars(sys.modules[caller.__module__]).get(f"{function[:1].upper()}{function[1:]}Result")
        if caller
        else None
    )
    if cls is None:
        return dict(_SPECIAL.get(function, {}))
    types = _types.output_type_types(cls)
    return {name: _value(name, type_, kind) for name, type_ in types.items()} | dict(
        _SPECIAL.get(function, {})
    )


Refer = Callable[[str, str], Any]
"""Gives a reference to a made-up resource, by the name of the property that holds it and its type."""


def properties(type_: str) -> Mapping[str, Any]:
    """A value for every property that a resource of this type computes; empty when no installed SDK knows it."""
    known = shape(type_)
    return {
        name: _value(name, kind, "")
        for name, kind in (known.computed if known else {}).items()
        if not is_object(kind)
    }


def component(type_: str, inputs: Mapping[str, Any], refer: Refer) -> dict[str, Any]:
    """What a component hands out after an update: its own declared properties, whatever else it was given."""
    known = shape(type_)
    made_up = {
        name: inputs[name] if passed_on(name, kind, inputs) else _value(name, kind, "", refer)
        for name, kind in (known.handed_out if known else {}).items()
    }
    return {name: value for name, value in made_up.items() if value is not None}


def passed_on(name: str, kind: Any, inputs: Mapping[str, Any]) -> bool:
    """Whether a component hands out what it was given: what is not a plain value may have another type by then."""
    return name in inputs and _present(kind) in (str, bool, int, float)


def text(name: str, kind: str = "") -> str:
    """A text that is plausible for a property of this name; `kind` is what the function is about."""
    lower = name.lower()
    for word in (lower.removesuffix("s").removesuffix("id"), kind.removesuffix("s")) if "id" in lower else ():
        if word in _IDS:
            return f"{_IDS[word]}-{_HEX}"
    if lower.endswith("arn"):
        return f"arn:aws:{kind or 'service'}:{REGION}:{ACCOUNT}:placeholder"
    if lower in ("ownerid", "accountid", "registryid"):
        return ACCOUNT
    if lower.endswith(("date", "time")):
        return MOMENT
    if lower.endswith(("url", "endpoint")):
        return "https://placeholder.example.com"
    if "cidr" in lower:
        return "10.0.0.0/16"
    return f"{name}-placeholder"


def several(text: str) -> list[str]:
    """`text` and others like it: the subnets of a network are several, none twice, and programs count on it."""
    if text.startswith("10."):
        return [text.replace("10.0.", f"10.{number}.") for number in range(_SEVERAL)]
    last = text[:-1] if text.endswith(_HEX) else f"{text}-"
    return [text, *(f"{last}{number}" for number in range(1, _SEVERAL))]


def _present(kind: Any) -> Any:
    """The type of what is there, for a type that allows nothing."""
    union = typing.get_origin(kind) in (typing.Union, UnionType)
    return next(item for item in typing.get_args(kind) if item is not type(None)) if union else kind


def _value(name: str, kind: Any, about: str, refer: Refer | None = None) -> Any:
    kind = _present(kind)
    origin = typing.get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        value = _value(name, item := typing.get_args(kind)[0], about, refer)
        return [] if value is None else several(value) if item is str else [value]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if isinstance(token := getattr(kind, "pulumi_type", None), str):
        return refer(name, token) if refer else None
    if origin is not None:
        return {}
    if kind is str:
        return text(name, about)
    if kind in (bool, int, float):
        return kind()
    if _types.is_output_type(kind):
        members = {
            key: _value(key, item, about, refer) for key, item in _types.output_type_types(kind).items()
        }
        return {key: value for key, value in members.items() if value is not None}
    return {}


def _module(package: str, module: str) -> Any:
    root = f"pulumi_{package.replace('-', '_')}"
    for name in (f"{root}.{module}", root):
        with contextlib.suppress(ImportError), quiet():
            return importlib.import_module(name)
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
