"""`--exemptions FILE` from the command line to the pack's own process and back into the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.__main__ import app
from pulumi_preflight.check import EXEMPTIONS
from typer.testing import CliRunner

BUCKET = "aws:s3/bucket:Bucket"
RULE = "bucket-versioned"
MAIN = """from endpoint_guard.pack import pack
from pulumi_policy import PolicyPack

PolicyPack(**pack())
"""
ENTRY = """- rule: {rule}
  resource: {resource}
  reason: kept elsewhere
  owner: somebody
  until: 2999-01-01
  ticket: T-1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack without exemptions of its own, and the export of a stack with one bucket."""
    folder = tmp_path_factory.mktemp("exemptions")
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.0.1\n")
    (folder / "__main__.py").write_text(MAIN)
    urn = "urn:pulumi:prod::shop"
    common = {"custom": True, "id": "x"}
    resources = [
        {"urn": f"{urn}::pulumi:pulumi:Stack::shop-prod", "type": "pulumi:pulumi:Stack", "custom": False},
        {
            **common,
            "urn": f"{urn}::{BUCKET}::uploads",
            "type": BUCKET,
            "inputs": {"bucket": "x"},
            "outputs": {"id": "x", "bucket": "x"},
        },
    ]
    state = {"version": 3, "deployment": {"manifest": {}, "resources": resources}}
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def report(folder: Path, exemptions: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """The findings of the report by their rule, under a file of exemptions."""
    monkeypatch.setenv(EXEMPTIONS, "")  # put back after the test: the command sets it for the pack
    words = ["check", "--file", str(folder / "state.json"), "--policy-pack", str(folder), "-f", "json"]
    if exemptions is not None:
        (folder / "accepted.yaml").write_text(exemptions)
        words += ["--exemptions", str(folder / "accepted.yaml")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1, done.stderr
    found: dict[str, list[Any]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["rule"], []).append(finding)
    return found


def test_an_exemption_takes_its_finding_out_and_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = report(folder, None, monkeypatch)
    held = report(folder, ENTRY.format(rule=RULE, resource="uploads"), monkeypatch)

    assert RULE in without
    assert RULE not in {rule for rule, found in held.items() if any(one["blocking"] for one in found)}
    assert "kept elsewhere" in json.dumps(held), "an exemption in use is reported"
    assert "exemption-ledger" not in held


def test_a_mistake_in_the_file_is_refused_with_file_and_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ENTRY.format(rule=RULE, resource="nothing").replace("2999-01-01", "2027-02-30")
    unused = ENTRY.format(rule=RULE, resource="nothing")

    found = report(folder, wrong + unused, monkeypatch)

    said = [one["message"] for one in found["exemption-ledger"]]
    assert any("accepted.yaml, line 5: until must be a day that the calendar has" in text for text in said)
    assert any("accepted.yaml, line 7" in text and "matches no finding" in text for text in said)
    assert RULE in found


def test_a_file_that_is_not_there_is_one_sentence(folder: Path) -> None:
    words = ["check", "--file", str(folder / "state.json"), "--exemptions", str(folder / "gone.yaml")]

    done = CliRunner().invoke(app, words)

    assert done.exit_code == 2
    assert "gone.yaml does not exist" in " ".join(done.stderr.split())
