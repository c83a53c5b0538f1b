"""Equal to the real engine: what the provider answers to the inputs of each recorded resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider.create import created
from pulumi_preflight.provider.diff import difference
from pulumi_preflight.provider.plan import planned
from pulumi_preflight.provider.update import updated

from tests.pulumi_preflight.provider.explained import EMULATOR, EXPLAINED, Difference, unexplained
from tests.pulumi_preflight.provider.recorded import (
    FOLDER,
    Recorded,
    both_made_up,
    differences,
    recordings,
    resources,
)


def compared(file: Path, answer: Callable[[Recorded], dict[str, Any]]) -> Iterator[Difference]:
    for item in resources(file):
        for path, expected, got in differences(item.outputs, answer(item)):
            yield item.type.partition(":")[2].partition(":")[0], path, expected, got


def preview(item: Recorded) -> dict[str, Any]:
    return planned(item.type, item.inputs, item.place.region, item.place.default_tags)


def creation(item: Recorded) -> dict[str, Any]:
    return created(item.type, item.name, item.urn, item.outputs["id"], item.inputs, item.place)


@pytest.mark.parametrize("file", recordings("preview"), ids=lambda file: file.name.partition(".")[0])
def test_a_preview_is_the_engines(file: Path) -> None:
    assert unexplained(compared(file, preview), EXPLAINED) == []


@pytest.mark.parametrize("file", recordings("up"), ids=lambda file: file.name.partition(".")[0])
def test_an_update_is_the_engines(file: Path) -> None:
    found = (item for item in compared(file, creation) if not both_made_up(item[2], item[3]))
    assert unexplained(found, EXPLAINED + EMULATOR) == []


def test_the_recordings_are_there() -> None:
    """A test over files that are not there would pass."""
    assert len(recordings("preview")) == 13
    assert len(recordings("up")) == 12
    assert sum(1 for form in ("preview", "up") for file in recordings(form) for _ in resources(file)) > 850


def test_every_explanation_is_needed() -> None:
    """A reason that explains nothing is struck from the list."""
    found = [item[:2] for file in recordings("preview") for item in compared(file, preview)]
    found += [item[:2] for file in recordings("up") for item in compared(file, creation)]
    idle = [
        reason
        for reason in EXPLAINED + EMULATOR
        if not any(re.fullmatch(reason[1], type_) and re.fullmatch(reason[2], path) for type_, path in found)
    ]
    assert idle == []


def test_a_change_keeps_what_it_does_not_touch() -> None:
    """The recorded preview of a change, from the state that the engine had then."""
    now = {item.urn: item for item in resources(FOLDER / "dev.change.calls.json.gz")}
    before = {item.urn: item for item in resources(FOLDER / "dev.up.calls.json.gz")}
    function = next(item for item in now.values() if item.type == "aws:lambda/function:Function")
    # The recordings are of two runs: the old inputs are the new ones with the old setting.
    old_inputs = {**function.inputs, "reservedConcurrentExecutions": 5}
    assert before[function.urn].inputs["reservedConcurrentExecutions"] == 5
    found = difference(function.type, old_inputs, function.inputs)
    assert (found.changed, found.replaces) == ({"reservedConcurrentExecutions": "update"}, set())
    old = {**function.outputs, "reservedConcurrentExecutions": 5}
    got = updated(function.type, "score", old, old_inputs, function.inputs, function.place, preview=True)
    assert unexplained((("lambda/function", *d) for d in differences(function.outputs, got)), EXPLAINED) == []
    added = [item for urn, item in now.items() if urn not in before]
    assert {item.type.rpartition(":")[2] for item in added} == {"ApiKey", "UsagePlan", "UsagePlanKey"}
    for item in added:
        rest = unexplained(((item.type[4:], *d) for d in differences(item.outputs, preview(item))), EXPLAINED)
        assert rest == []


def test_a_new_version_is_unknown_until_it_is_published() -> None:
    item = next(
        i for i in resources(FOLDER / "dev.up.calls.json.gz") if i.type == "aws:lambda/function:Function"
    )
    inputs = {**item.inputs, "memorySize": 1024}
    ahead = updated(item.type, "score", item.outputs, item.inputs, inputs, item.place, preview=True)
    assert (ahead["version"], ahead["qualifiedArn"], ahead["arn"]) == (UNKNOWN, UNKNOWN, item.outputs["arn"])
    after = updated(item.type, "score", item.outputs, item.inputs, inputs, item.place, preview=False)
    assert (after["version"], after["qualifiedArn"]) == ("2", f"{item.outputs['arn']}:2")
