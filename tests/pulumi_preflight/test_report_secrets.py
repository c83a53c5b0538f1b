"""A secret may be planted anywhere in a stack, and a pack may even say it: no report shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi_preflight.baseline import compare, read
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import SECRET, SIGNATURE
from pulumi_preflight.judge import check_graphs
from pulumi_preflight.reports import FORMATS, render
from pulumi_preflight.scrub import scrubber
from pulumi_preflight.shape import Shape

from tests.pulumi_preflight.results import graph, resource
from tests.pulumi_preflight.sample_program import write_pack

# With characters that every format escapes in its own way.
CANARY = 'sk-"<planted>&|`7f3a'
KEY, NUMBER = "PASSWORD_7f3a", 4815162342
"""A key that whoever wrote a secret document made up says as much as its value."""
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, Severity


def leak(args, report):
    report(f"{args.resource_type} {args.name} has {args.props}, {list(args.props.values())} and {args.urn}.")


PolicyPack("sample-pack", policies=[
    ResourceValidationPolicy("leak", "Values leak", leak, enforcement_level=EnforcementLevel.MANDATORY,
                             severity=Severity.HIGH),
    ResourceValidationPolicy("hint", "Values leak", leak, enforcement_level=EnforcementLevel.ADVISORY),
])
"""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Shape]:
    folder = tmp_path_factory.mktemp("secrets")
    secret = {SIGNATURE: SECRET, "value": CANARY}
    stack = resource("pulumi:pulumi:Stack", "p-prod")
    part = resource(f"my:index:Part{CANARY}", f"part-{CANARY}", stack["urn"])
    named = resource("aws:kms/key:Key", f"key-{CANARY}", part["urn"], {CANARY: [part["urn"]]}, value=secret)
    deep = resource("aws:iam/role:Role", "role", part["urn"], tags={"a": [{"b": secret}], CANARY: "x"})
    held = {"inner": [CANARY, NUMBER], "variables": {KEY: "x"}}
    deep["outputs"] = {"later": {SIGNATURE: SECRET, "value": held}}
    deep["inputs"] |= {KEY: NUMBER}
    return check_graphs([graph(stack, part, named, deep)], write_pack(folder / "pack", PACK), None, folder)


def test_the_pack_did_tell_it(leaky: tuple[Result, Shape]) -> None:
    result, drawn = leaky
    assert len(result.findings) == 8
    assert any("[secret]" in item.resource for item in result.findings)
    assert [item.name for item in drawn.items] == ["p-prod", "part-[secret]", "key-[secret]", "role"]


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_shows_it(leaky: tuple[Result, Shape], tmp_path: Path, format_: str) -> None:
    result, drawn = leaky
    baseline = tmp_path / "baseline.json"
    baseline.write_text(render(result, "json", drawn))
    for changes in (None, compare(result, read(baseline))):
        text = render(result, format_, drawn, changes)
        assert "leak" in text
        assert "role" in text
        for part in ("planted", "7f3a", str(NUMBER)):
            assert part not in text


def test_the_keys_of_a_secret_document_are_not_told() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a", KEY: 1}], "ANOTHER_KEY": []})
    deep = resource("aws:s3/bucketPolicy:BucketPolicy", "policy")
    deep["inputs"] = {
        "policy": {SIGNATURE: SECRET, "value": text},
        "other": {SIGNATURE: SECRET, "value": "{x"},
    }
    clean = scrubber(graph(deep))
    told = f"has an element that is not part of a policy (policy.Statement[0].{KEY}, policy.ANOTHER_KEY)"
    assert clean(told) == (
        "has an element that is not part of a policy (policy.Statement[0].[secret], policy.[secret])"
    )
