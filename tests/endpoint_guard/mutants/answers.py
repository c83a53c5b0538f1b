"""What the provider answers for a changed resource, in a first preview or in an update: as the recorder has it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pulumi_preflight.graph import UNKNOWN, Resource
from pulumi_preflight.messages import short_name
from pulumi_preflight.provider.check import check, shown
from pulumi_preflight.provider.create import created, identity
from pulumi_preflight.provider.place import Place
from pulumi_preflight.provider.plan import planned
from pulumi_preflight.provider.schema import schema


def answered(resource: Resource, by_urn: Mapping[str, Resource], preview: bool) -> Resource:
    """The resource with the inputs that the provider would check and the outputs that it would give.

    What is no resource of the AWS provider stays as it is.
    """
    kind, urn = resource["type"], resource["urn"]
    if not resource["custom"] or schema(kind) is None:
        return resource
    name = short_name(urn)
    checked, _ = check(kind, name, resource["inputs"], seed=urn)
    inputs = shown(checked)
    place = _place(by_urn.get(resource["provider"].rpartition("::")[0]))
    if preview:
        outputs = planned(kind, inputs, place.region, place.default_tags)
        return {**resource, "inputs": inputs, "outputs": outputs}
    id_ = resource["id"] if resource["id"] not in ("", UNKNOWN) else identity(kind, name, urn, inputs, place)
    outputs = created(kind, name, urn, id_, inputs, place)
    return {**resource, "id": id_, "inputs": inputs, "outputs": outputs}


def _place(provider: Resource | None) -> Place:
    settings = provider["inputs"] if provider else {}
    tags = json.loads(settings.get("defaultTags", "{}")).get("tags", {})
    return (
        Place(default_tags=tags) if "region" not in settings else Place(settings["region"], default_tags=tags)
    )
