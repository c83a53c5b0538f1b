"""What AWS would answer: ids, ARNs and other computed properties, made up, well formed, always the same."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import threading
import typing
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pulumi
from pulumi import _types
from pulumi.runtime import rpc

from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN
from pulumi_preflight.provider import plausible, templates
from pulumi_preflight.provider.plausible import digest

ACCOUNT = "123456789012"
REGION = "us-east-1"

Properties = dict[str, Any]

_LOADING = threading.RLock()


@dataclass(frozen=True)
class Shape:
    """What the provider SDK says about a type: the properties it takes and those that only AWS sets."""

    inputs: frozenset[str]
    computed: Mapping[str, Any]
    handed_out: Mapping[str, Any]
    """The types of all properties that a resource has, those of the same name as an input included."""


@cache
def shape(type_: str) -> Shape | None:
    """The shape of a resource type, or None when no installed SDK has registered the type."""
    package, module_name, _ = type_.split(":")
    _load(package)
    module = rpc.get_resource_module(package, module_name, "")
    if module is None:
        return None
    info = module.mod_info  # type: ignore[attr-defined]
    with quiet():
        cls = getattr(importlib.import_module(info["fqn"]), info["classes"].get(type_, ""), None)
    if cls is None:
        return None
    parameters = set(inspect.signature(cls._internal_init).parameters)
    names = _types.resource_py_to_pulumi_names(cls)
    types = _types.resource_types(cls)
    return Shape(
        inputs=frozenset(pulumi for py, pulumi in names.items() if py in parameters),
        computed={pulumi: types[pulumi] for py, pulumi in names.items() if py not in parameters},
        handed_out={pulumi: types[pulumi] for pulumi in names.values() if pulumi in types},
    )


@cache
def _load(package: str) -> None:
    """Loads a provider's SDK, which then says what its types are; one that is not installed says nothing."""
    for prefix in ("pulumi", "pulumiverse"):
        with contextlib.suppress(ImportError), quiet():
            importlib.import_module(f"{prefix}_{package.replace('-', '_')}")
            return


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Loading an SDK defines its deprecated classes, and each one warns."""
    with _LOADING, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def physical_name(type_: str, name: str, urn: str, inputs: Mapping[str, Any]) -> tuple[str, str] | None:
    """The property and the value the provider fills in when a resource is left unnamed, else None."""
    known = shape(type_)
    key = templates.NAMED_BY.get(type_, "name")
    if known is None or key not in known.inputs or key in inputs:
        return None
    prefix = inputs.get(f"{key}Prefix")
    start = prefix if isinstance(prefix, str) else f"{templates.NAME_PREFIX.get(type_, '')}{name}-"
    return key, start + digest(urn)[:7]


def name_of_id(type_: str, id_: str) -> Properties:
    """The name of a resource that is read by its id, where the id is the name."""
    known = shape(type_)
    key = templates.NAMED_BY.get(type_, "name")
    if known is None or key not in known.inputs:
        return {}
    template = templates.IDS.get(type_, "{name}")
    return {key: id_ if template == f"{{{key}}}" else id_.rpartition("/")[2].rpartition(":")[2]}


def identity(type_: str, name: str, urn: str, inputs: Mapping[str, Any], region: str) -> str:
    """The id AWS would give the resource."""
    return plausible.fill(templates.IDS.get(type_, "{name}"), _context(name, urn, inputs, region))


def made_up(type_: str, name: str, urn: str, id_: str, inputs: Mapping[str, Any], region: str) -> Properties:
    """Every property of the type that only AWS sets, plus the few optional ones it chooses when left out."""
    known = shape(type_)
    if known is None:
        return {}
    context = _context(name, urn, inputs, region) | {"id": id_}
    forms = templates.OUTPUTS.get(type_, {})
    result: Properties = {}
    for key, template in forms.items():
        if key in known.computed or ((type_, key) in templates.CHOSEN and key not in inputs):
            result[key] = context[key] = plausible.fill(template, context)
    if type_ == "aws:signer/signingJob:SigningJob":
        result |= _signed(inputs, id_)
    for key, kind in known.computed.items():
        if key not in result and key != "tagsAll" and not is_object(kind):
            result[key] = _plausible(type_, key, kind, context)
    if "region" in known.inputs and "region" not in inputs:
        result["region"] = region
    return result


def unknown(type_: str, inputs: Mapping[str, Any], region: str) -> Properties:
    """The same properties before the resource exists."""
    known = shape(type_)
    if known is None:
        return {}
    chosen = {key for owner, key in templates.CHOSEN if owner == type_ and key not in inputs}
    result: Properties = {key: UNKNOWN for key in (*known.computed, *sorted(chosen)) if key != "tagsAll"}
    if "region" in known.inputs and "region" not in inputs:
        result["region"] = region
    return result


def tags_all(type_: str, inputs: Mapping[str, Any], default_tags: Mapping[str, str]) -> Properties:
    """The property tagsAll, where the type has it: the provider's default tags under the resource's own."""
    known = shape(type_)
    if known is None or "tagsAll" not in known.computed:
        return {}
    tags = inputs.get("tags")
    return {"tagsAll": {**default_tags, **tags} if isinstance(tags, Mapping) else tags or dict(default_tags)}


def _signed(inputs: Mapping[str, Any], id_: str) -> Properties:
    """AWS Signer writes `<prefix><job>.zip` into the destination bucket."""
    target = inputs.get("destination", {}).get("s3", {})
    place = {"bucket": target.get("bucket", ""), "key": f"{target.get('prefix', '')}{id_}.zip"}
    return {"signedObjects": [{"s3s": [place]}], "revocationRecords": []}


def _context(name: str, urn: str, inputs: Mapping[str, Any], region: str) -> dict[str, str]:
    hexes = digest(urn)
    context = {f"hex{n}": hexes[:n] for n in (6, 10, 17, 32, 40)}
    context |= {"HEX17": hexes[:17].upper(), "uuid": str(uuid.UUID(hexes[:32])), "name": name}
    context |= {key: str(value) for key, value in inputs.items() if isinstance(value, str | int | float)}
    region_input = inputs.get("region")
    return context | {
        "account": ACCOUNT,
        "region": region_input if isinstance(region_input, str) else region,
    }


def is_object(kind: Any) -> bool:
    """Whether a property holds what no value can stand for: a resource, an asset, or a list or map of them."""
    arguments = typing.get_args(kind)
    if arguments:
        return any(is_object(item) for item in arguments)
    return isinstance(kind, type) and issubclass(kind, pulumi.Resource | pulumi.Asset | pulumi.Archive)


def _plausible(type_: str, key: str, kind: Any, context: Mapping[str, str]) -> Any:
    origin = typing.get_origin(kind)
    if origin is not None and issubclass(origin, Sequence):
        return [_plausible(type_, key.removesuffix("s"), typing.get_args(kind)[0], context)]
    if origin is not None:
        return dict(templates.MAPS.get((type_, key), {}))
    if kind is str:
        return plausible.text(type_, key, context)
    if kind in (bool, int, float):
        return kind()
    if _types.is_output_type(kind):
        fields = _types.output_type_types(kind)
        return {name: _plausible(type_, name, field, context) for name, field in fields.items()}
    return {}


def secret(value: Any) -> Any:
    """`value` marked as secret, once."""
    if isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET:
        return value
    return {SIGNATURE: SECRET, "value": value}
