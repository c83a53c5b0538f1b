"""What the provider answers when a resource is made, read again, or changed: its outputs, all known."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider import plausible, quirks, templates, values
from pulumi_preflight.provider.check import DEFAULTS
from pulumi_preflight.provider.complete import ABSENT, complete, secret
from pulumi_preflight.provider.derived import derived
from pulumi_preflight.provider.place import Place
from pulumi_preflight.provider.plan import provider_values
from pulumi_preflight.provider.plausible import MOMENT, digest
from pulumi_preflight.provider.schema import Property, schema

Properties = dict[str, Any]


def identity(token: str, name: str, seed: str, inputs: Mapping[str, Any], place: Place) -> str:
    """The id AWS would give the resource; the same for the same `seed`."""
    context = context_of(name, seed, inputs, place)
    return plausible.fill(templates.IDS.get(token, "{name}"), context)


def created(
    token: str, name: str, seed: str, id_: str, inputs: Mapping[str, Any], place: Place
) -> Properties:
    """The outputs of a new resource. `seed` decides what AWS makes up: digits of ids, moments, keys."""
    known = schema(token)
    if known is None:
        return {key: value for key, value in inputs.items() if key != DEFAULTS}
    maker = Maker(token, context_of(name, seed, inputs, place) | {"id": id_})
    outputs = complete(known.properties, quirks.as_set(token, inputs), maker.missing)
    outputs |= {"id": id_, **provider_values(token, inputs, place.region, place.default_tags)}
    outputs |= derived(token, inputs, outputs, maker.context)
    return {key: value for key, value in outputs.items() if value is not None}


class Maker:
    """Makes up what nobody set, for one resource. `context`: the placeholders of the tables."""

    def __init__(self, token: str, context: dict[str, Any]) -> None:
        self._token = token
        self._forms = templates.OUTPUTS.get(token, {})
        self._own = values.OWN.get(token, {})
        known = schema(token)
        self._keeps_null = known is not None and known.keeps_null
        self._described = token in values.OWN or token in templates.OUTPUTS or token in quirks.ABSENT
        self._absent = quirks.ABSENT.get(token, frozenset())
        self.context = context
        for key, form in self._forms.items():
            if key not in context:
                context[key] = plausible.fill(form, context)

    def missing(self, path: str, item: Property, old: Any) -> Any:
        value = self._value(path, item)
        if item.sensitive and "." not in path and value not in (ABSENT, ""):
            return secret(value)
        return value

    def _value(self, path: str, item: Property) -> Any:
        if path in self._absent:
            return ABSENT
        if path in self._own:
            return filled(self._own[path], self.context)
        if path in self._forms:
            return self.context[path]
        if item.default is not None:
            return item.default
        if self._keeps_null and (item.null or not item.computed) and not item.block:
            return ABSENT
        if item.computed and not item.settable and not self._described:
            return _sample(self._token, path, item, self.context)
        if item.computed and not item.settable and item.kind == "text" and "." not in path:
            return plausible.text(self._token, path, self.context)
        if item.newer:
            return ABSENT
        if item.kind == "map":
            return {} if item.computed else ABSENT
        if item.kind in ("list", "set") and not (item.computed or item.block or item.zero):
            return ABSENT
        return ABSENT if item.empty is None else item.empty


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """A copy of a table's value with its placeholders filled in."""
    if isinstance(value, str):
        return plausible.fill(value, context)
    if isinstance(value, Mapping) and values.JSON in value:
        return json.dumps(filled(value[values.JSON], context), sort_keys=True, separators=(",", ":"))
    if isinstance(value, Mapping):
        return {key: filled(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, context) for item in value]
    return value


def context_of(name: str, seed: str, inputs: Mapping[str, Any], place: Place) -> dict[str, Any]:
    hexes = digest(seed)
    context: dict[str, Any] = {f"hex{n}": hexes[:n] for n in (6, 7, 10, 17, 32, 40)}
    context |= {"HEX17": hexes[:17].upper(), "uuid": str(uuid.UUID(hexes[:32])), "name": name}
    context |= {"moment": MOMENT, "digits": str(int(hexes[:17], 16))[:18].zfill(18)}
    for key, value in inputs.items():
        if isinstance(value, str | int | float) and value != UNKNOWN:  # no secret: its text must not spread
            context[key] = value
    region = inputs.get("region")
    region = region if isinstance(region, str) and region != UNKNOWN else place.region
    return context | {"account": place.account, "region": region}


def _sample(token: str, key: str, item: Property, context: Mapping[str, Any]) -> Any:
    """Something of the right shape for a property that AWS computes, of a type that no table describes."""
    if item.kind == "object" or (item.kind in ("list", "set") and item.nested):
        one = {name: _sample(token, name, part, context) for name, part in item.nested.items()}
        return one if item.kind == "object" else [one]
    if item.kind in ("list", "set"):
        return [plausible.text(token, key.removesuffix("s"), context)]
    if item.kind == "map":
        return {}
    return plausible.text(token, key, context) if item.kind == "text" else item.empty
