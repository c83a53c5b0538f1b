"""Typed placeholders for results that only AWS knows: the properties the SDK names, with made-up values."""

from __future__ import annotations

import base64
import contextlib
import importlib
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pulumi import _types

from pulumi_preflight.provider.outputs import ACCOUNT, MOMENT, REGION, is_object, quiet, shape

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


def properties(type_: str) -> Mapping[str, Any]:
    """A value for every property that a resource of this type computes; empty when no installed SDK knows it."""
    known = shape(type_)
    return {
        name: _value(name, kind, "")
        for name, kind in (known.computed if known else {}).items()
        if not is_object(kind)
    }


def resources(type_: str) -> Mapping[str, str]:
    """The types of the properties of a component that are resources themselves."""
    known = shape(type_)
    types = {
        name: getattr(kind, "pulumi_type", None) for name, kind in (known.computed if known else {}).items()
    }
    return {name: token for name, token in types.items() if isinstance(token, str)}


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


def _value(name: str, kind: Any, about: str) -> Any:
    origin = typing.get_origin(kind)
    if origin is typing.Union:
        kind = next(item for item in typing.get_args(kind) if item is not type(None))
        origin = typing.get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = typing.get_args(kind)[0]
        # The subnets of a network are several, and programs count on it.
        return [_value(name, item, about)] * (_SEVERAL if item is str else 1)
    if origin is not None:
        return {}
    if kind is str:
        return text(name, about)
    if kind in (bool, int, float):
        return kind()
    if _types.is_output_type(kind):
        return {key: _value(key, item, about) for key, item in _types.output_type_types(kind).items()}
    return {}


def _module(package: str, module: str) -> Any:
    root = f"pulumi_{package.replace('-', '_')}"
    for name in (f"{root}.{module}", root):
        with contextlib.suppress(ImportError), quiet():
            return importlib.import_module(name)
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
