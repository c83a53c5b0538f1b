"""What the provider answers when a resource is changed, or in the preview of the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider import quirks
from pulumi_preflight.provider.complete import ABSENT, complete
from pulumi_preflight.provider.create import Maker, context_of
from pulumi_preflight.provider.derived import derived
from pulumi_preflight.provider.diff import difference
from pulumi_preflight.provider.place import Place
from pulumi_preflight.provider.plan import provider_values
from pulumi_preflight.provider.schema import Property, schema

Properties = dict[str, Any]
_FUNCTION = "aws:lambda/function:Function"


def updated(
    token: str,
    name: str,
    old: Mapping[str, Any],
    old_inputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    place: Place,
    *,
    preview: bool,
) -> Properties:
    """The outputs after a change of inputs. `old`: the outputs as they are, `id` among them.

    What the program does not set stays as it is; what AWS makes again with this change is unknown in a preview.
    """
    known = schema(token)
    if known is None:
        return {key: value for key, value in inputs.items() if not key.startswith("__")}
    id_ = str(old.get("id", ""))
    changed = {path.partition(".")[0] for path in difference(token, old_inputs, inputs).changed}
    made_again = _made_again(token, changed, inputs)
    maker = Maker(token, context_of(name, f"{id_}{sorted(changed)}", inputs, place) | {"id": id_})

    def missing(path: str, item: Property, before: Any) -> Any:
        if path in made_again:
            return UNKNOWN if preview else maker.missing(path, item, ABSENT)
        removed = path in old_inputs and path not in inputs
        if before is not ABSENT and (item.computed or not removed):
            return before
        if before is ABSENT and not removed and "." not in path:
            return ABSENT
        return maker.missing(path, item, ABSENT)

    outputs = complete(known.properties, quirks.as_set(token, inputs), missing, old)
    outputs |= {"id": id_, **provider_values(token, inputs, place.region, place.default_tags)}
    if not preview and made_again:
        again = derived(token, inputs, outputs, maker.context)
        outputs |= {key: value for key, value in again.items() if key in made_again}
        outputs |= _next_version(old, outputs) if token == _FUNCTION and "version" in made_again else {}
    return outputs


def _made_again(token: str, changed: set[str], inputs: Mapping[str, Any]) -> set[str]:
    rules = quirks.RECOMPUTED.get(token, {})
    made = {key for key, triggers in rules.items() if triggers & changed}
    if token == _FUNCTION and inputs.get("publish") is not True:
        made -= {"version", "qualifiedArn", "qualifiedInvokeArn"}
    return made


def _next_version(old: Mapping[str, Any], outputs: Mapping[str, Any]) -> Properties:
    """Each publication of a function is a version of its own."""
    before = str(old.get("version", ""))
    version = str(int(before) + 1) if before.isdigit() else "1"
    arn = f"{outputs['arn']}:{version}"
    invoke = str(outputs["invokeArn"]).replace(str(outputs["arn"]), arn)
    return {"version": version, "qualifiedArn": arn, "qualifiedInvokeArn": invoke}
