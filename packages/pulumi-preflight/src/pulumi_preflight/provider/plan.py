"""What the provider answers in a preview: the outputs as far as they are known before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider import quirks
from pulumi_preflight.provider.complete import ABSENT, complete, secret
from pulumi_preflight.provider.schema import Property, has_unknown, schema

Properties = dict[str, Any]


def planned(
    token: str, inputs: Mapping[str, Any], region: str, default_tags: Mapping[str, str]
) -> Properties:
    """The outputs of a resource that is to be created: what the provider may compute is unknown."""
    known = schema(token)
    if known is None:
        return dict(inputs)
    outputs = complete(known.properties, quirks.as_set(token, inputs), _missing)
    return {**outputs, "id": UNKNOWN, **provider_values(token, inputs, region, default_tags, preview=True)}


def provider_values(
    token: str,
    inputs: Mapping[str, Any],
    region: str,
    default_tags: Mapping[str, str],
    *,
    preview: bool = False,
) -> Properties:
    """What the provider itself decides, also in a preview: all tags, and the region of the resource."""
    known = schema(token)
    if known is None:
        return {}
    decided: Properties = {}
    if "tagsAll" in known.properties and known.properties["tagsAll"].computed:
        tags = inputs.get("tags")
        unknown = tags is not None and has_unknown(tags)
        own = tags if isinstance(tags, Mapping) else {}
        decided["tagsAll"] = UNKNOWN if unknown else {**default_tags, **own}
        if not decided["tagsAll"] and preview:
            decided["tagsAll"] = UNKNOWN
    item = known.properties.get("region")
    if item and item.settable and "region" not in inputs:
        decided["region"] = region
    return decided


def _missing(path: str, item: Property, old: Any) -> Any:
    if item.default is not None:
        return item.default
    if item.zero:
        return ABSENT if item.empty is None else item.empty
    if item.computed and not item.null:
        return secret(UNKNOWN) if item.sensitive and "." not in path else UNKNOWN
    if item.block and item.kind in ("list", "set"):
        return []
    return "" if item.in_set and item.kind == "text" and not item.computed else ABSENT
