"""Work that is the same for every policy of one call from the engine is done once per call.

The SDK asks every policy about every resource, and decodes the resource's properties anew for each. A policy that is
about other types is not asked here, which its own check would answer in the same way. The SDK's messages
do not change during a call, so what was decoded is kept until the call ends, and once the graph of a stack stands,
the policies that follow are handed no resources at all: they ask for the graph. With another SDK, whose names differ,
nothing is replaced and the pack is merely slower.
"""

from __future__ import annotations

import copy
import functools
import gc
import threading
import types
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from pulumi_policy import policy

T = TypeVar("T")
_call = threading.local()
_STEPS = ("deserialize_properties", "unknown_checking_proxy")
_PARTS = ("_get_resource_options", "_get_provider_resource")
GRAPH = "graph"
"""The key under which the graph of a stack is kept during a call."""


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, made once per call from the engine; outside such a call, made anew."""
    kept: dict[Hashable, Any] | None = getattr(_call, "kept", None)
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    made: T = kept[key]
    return made


_POLICIES = "_PolicyAnalyzerServicer__policies"
_types: dict[str, tuple[str, ...]] = {}
_chosen: dict[tuple[int, str], tuple[Any, list[Any]]] = {}


def ask_only(types_of: Mapping[str, tuple[str, ...]]) -> None:
    """Says about which types the policies are, by name; one that is not named is asked about everything."""
    _types.update(types_of)


def _narrowed(servicer: Any, type_: str) -> Any:
    """The servicer with the policies about one type alone; itself when the SDK keeps them under another name."""
    policies = getattr(servicer, _POLICIES, None)
    if not isinstance(policies, list):
        return servicer
    key = (id(policies), type_)
    if key not in _chosen:
        about = [p for p in policies if {"*", type_} & set(_types.get(p.name, ("*",)))]
        _chosen[key] = (policies, about)
    narrow = copy.copy(servicer)  # calls come in parallel: the one they share stays as it is
    setattr(narrow, _POLICIES, _chosen[key][1])
    return narrow


def decode_once() -> bool:
    """Puts the cache in place; True when it is. Calling it again changes nothing."""
    servicer = getattr(policy, "_PolicyAnalyzerServicer", None)
    json_format = getattr(policy, "json_format", None)
    if isinstance(json_format, types.SimpleNamespace):
        return True
    if servicer is None or json_format is None or not all(hasattr(policy, name) for name in _STEPS):
        return False
    for name in ("Analyze", "AnalyzeStack"):
        setattr(
            servicer, name, _as_call(getattr(servicer, name), _Request if name == "AnalyzeStack" else None)
        )
    for name in _PARTS:
        if hasattr(servicer, name):
            setattr(servicer, name, _of_request(name, getattr(servicer, name)))
    decode = _by_identity("decode", json_format.MessageToDict)
    setattr(policy, "json_format", types.SimpleNamespace(MessageToDict=decode))  # noqa: B010
    for name in _STEPS:
        setattr(policy, name, _by_identity(name, getattr(policy, name)))
    return True


class _Request:
    """A request whose resources are shown until the graph made from them stands."""

    def __init__(self, request: Any) -> None:
        self._request = request

    @property
    def resources(self) -> Any:
        return () if GRAPH in (getattr(_call, "kept", None) or {}) else self._request.resources

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


def _as_call(method: Callable[..., T], wrap: Callable[[Any], Any] | None) -> Callable[..., T]:
    @functools.wraps(method)
    def call(servicer: Any, request: Any, *others: Any) -> T:
        _call.kept = {}
        # The collector would walk all that is kept again and again; what is left over is collected after the call.
        collecting = gc.isenabled()
        gc.disable()
        try:
            asked = servicer if wrap else _narrowed(servicer, request.type)
            return method(asked, wrap(request) if wrap else request, *others)
        finally:
            _call.kept = None
            if collecting:
                gc.enable()

    return call


def _of_request(name: str, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(method)
    def kept(servicer: Any, request: Any) -> Any:
        return once((name, id(request)), lambda: (request, method(servicer, request)))[1]

    return kept


def _by_identity(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def kept(value: Any, *others: Any) -> Any:
        if others:  # a remediation asks for another form of the same value
            return step(value, *others)
        # The value is kept with the result, so that no other can take its identity during the call.
        return once((name, id(value)), lambda: (value, step(value)))[1]

    return kept
