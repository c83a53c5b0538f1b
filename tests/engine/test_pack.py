"""The installed pack as an executable file, without PulumiPolicy.yaml and without a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.engine.cli import ROOT
from tests.engine.workspace import FAILED, Make

PACK = str(Path(sys.executable).with_name("endpoint-guard-pack"))


def test_the_console_script_is_the_pack(new_stack: Make) -> None:
    dev = new_stack("dev")
    environment = {
        "ENDPOINT_GUARD_PROFILE": "scoring-endpoint",
        "ENDPOINT_GUARD_LEVELS": str(ROOT / "policies/levels/dev.json"),
        "ENDPOINT_GUARD_EXEMPTIONS": str(ROOT / "policies/exemptions.yaml"),
    }
    ended = dev.run("preview", "--policy-pack", PACK, env=environment)
    assert ended.code == 0, ended.out + ended.err
    assert ended.findings() == set()
    assert ended.of("policyAnalyzeStackSummaryEvent")


def test_levels_come_from_the_engine_too(new_stack: Make, tmp_path: Path) -> None:
    dev = new_stack("dev")
    levels = tmp_path / "levels.json"
    rule = {"enforcementLevel": "mandatory", "maxRate": 2}
    levels.write_text(json.dumps({"all": "disabled", "usage-plan-throttled": rule}))
    ended = dev.run(
        "preview",
        *("--policy-pack", PACK, "--policy-pack-config", str(levels)),
        env={"ENDPOINT_GUARD_PROFILE": "scoring-endpoint"},
    )
    assert ended.findings() == {("usage-plan-throttled", "api-checkout")}, ended.out
    assert ended.code == FAILED


@pytest.mark.parametrize("pack", [PACK, "policies"])
def test_what_is_at_the_level_remediate_is_fixed_before_it_is_created(
    pack: str, new_stack: Make, tmp_path: Path
) -> None:
    dev = new_stack("dev")
    program = (
        'import pulumi_aws as aws\naws.kms.Key("plain", description="kept", enable_key_rotation=False)\n'
    )
    (dev.folder / "__main__.py").write_text(program)
    levels = tmp_path / "levels.json"
    # The second can fix nothing: what it finds is refused.
    levels.write_text(
        json.dumps({"all": "disabled", "kms-key-rotates": "remediate", "resources-tagged": "remediate"})
    )
    flags = "--policy-pack", pack, "--policy-pack-config", str(levels)

    ended = dev.run("up", "--skip-preview", *flags)

    assert (ended.code, ended.findings()) == (FAILED, {("resources-tagged", "plain")}), ended.out
    [fixed] = ended.of("policyRemediationEvent")
    assert (fixed["policyName"], fixed["before"]["enableKeyRotation"]) == ("kms-key-rotates", False)
    [key] = [one for one in dev.state() if one["type"] == "aws:kms/key:Key"]
    assert (key["inputs"]["enableKeyRotation"], key["inputs"]["description"]) == (True, "kept")


def test_what_passed_is_listed_once_and_without_what_failed(new_stack: Make, tmp_path: Path) -> None:
    dev = new_stack("dev")
    program = """import pulumi_aws as aws
aws.kms.Key("plain", deletion_window_in_days=30)
aws.sns.Topic("plain", signature_version=2)
"""
    (dev.folder / "__main__.py").write_text(program)
    levels = tmp_path / "levels.json"
    judged = dict.fromkeys(("kms-key-rotates", "kms-deletion-window", "topic-signature-sha256"), "advisory")
    levels.write_text(json.dumps({"all": "disabled", **judged}))

    ended = dev.run("preview", "--policy-pack", PACK, "--policy-pack-config", str(levels))

    assert ended.findings() == {("kms-key-rotates", "plain")}
    failed = {name for one in ended.of("policyAnalyzeSummaryEvent") for name in one.get("failed") or ()}
    passed = {name for one in ended.of("policyAnalyzeSummaryEvent") for name in one.get("passed") or ()}
    assert (failed, passed) == ({"kms-key-rotates"}, set())
    [stack] = ended.of("policyAnalyzeStackSummaryEvent")
    assert set(stack["passed"]) == {"kms-deletion-window", "topic-signature-sha256"}
