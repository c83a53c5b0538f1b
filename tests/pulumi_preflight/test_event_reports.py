"""A log and the pack itself give the same findings, and one run writes every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi_preflight import check as checking
from pulumi_preflight import levels
from pulumi_preflight.check import check
from pulumi_preflight.engine_log import read
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import Graph
from pulumi_preflight.pack_process import PackProcess, Run
from pulumi_preflight.reports import FORMATS
from typer.testing import CliRunner

from preflight.__main__ import app
from tests.pulumi_preflight.engine_events import ENDED, KEY, STACK, policy, step, write
from tests.pulumi_preflight.results import graph, resource
from tests.pulumi_preflight.sample_program import CANARY, PACK, write_pack


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.json"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("events") / "pack", PACK.replace('["value"]', '["kind"]'))


def sample() -> Graph:
    stack = resource("pulumi:pulumi:Stack", "p-prod")
    key = resource("aws:kms/key:Key", "key", stack["urn"], enableKeyRotation=False)
    bucket = resource("aws:s3/bucket:Bucket", "bucket", stack["urn"])
    role = resource("aws:iam/role:Role", "role", stack["urn"])
    api_key = resource("aws:apigateway/apiKey:ApiKey", "client", stack["urn"], value=CANARY, kind="x")
    return graph(stack, key, bucket, role, api_key)


def test_log_and_pack_give_the_same_findings(pack: Path, log: Path) -> None:
    declared = sample()
    with PackProcess(pack, Run("p", "prod", False, {})) as process:
        process.configure(levels.final(process.info(), {}, ""))
        told = list(checking._analyze(process, declared, lambda done, total: None))
    events = [step(item["urn"], parent=item["parent"], custom=item["custom"]) for item in declared.resources]
    for urn, diagnostic in told:
        level = levels.LEVEL_NAMES[diagnostic.enforcementLevel]
        events.append(
            policy(diagnostic.policyName, level, urn, message=f"<{{%fg 13%}}>{diagnostic.message}\n")
        )
    judged = check(declared, pack)

    def known(logged: Graph) -> Result:
        return check(Graph(logged.project, logged.stack, logged.preview, []), pack)

    result, logged = read(write(log, [*events, STACK, {"summaryEvent": {"isPreview": False}}]), known)
    assert {item.kind for item in judged.findings} == {"violation", "exempted"}
    assert result.findings == judged.findings
    assert result.rules == judged.rules
    assert [item["parent"] for item in logged.resources] == [item["parent"] for item in declared.resources]


def test_the_command_writes_every_format_in_one_run(pack: Path, log: Path, tmp_path: Path) -> None:
    write(log, [step(KEY), policy(), *ENDED])
    words = [
        "check",
        "--events",
        str(log),
        "--policy-pack",
        str(pack),
        "-f",
        "json",
        "-o",
        str(tmp_path / "r.json"),
    ]
    for name in FORMATS:
        words += ["--also", f"{name}={tmp_path / name}"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "FAILED: prod (preview)" in done.stderr
    for name in FORMATS:
        text = (tmp_path / name).read_text()
        assert "key-rotation" in text
        assert CANARY not in text
    assert (tmp_path / "r.json").read_text() == (tmp_path / "json").read_text()
    again = CliRunner().invoke(app, [*words[:7], "--baseline", str(tmp_path / "r.json")])
    assert json.loads(again.stdout)["changes"]["new"] == []


@pytest.mark.parametrize("entry", ["html", "html=", "pdf=x", "=x"])
def test_another_report_is_named_by_format_and_file(entry: str) -> None:
    done = CliRunner().invoke(app, ["check", "--events", "x", "--also", entry])
    assert done.exit_code == 2
    assert "must have the form FORMAT=FILE" in done.stderr
