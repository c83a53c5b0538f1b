"""A stack's life on the real engine, with the pack and the stack's levels: every step clean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.workspace import FAILED, Ended, Life, findings_of_preflight

STACKS = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("dev", "staging", "prod")]
DEV, STAGING = (pytest.mark.parametrize("life", [stack], indirect=True) for stack in STACKS[:2])


@pytest.fixture(scope="module", params=STACKS)
def life(request: pytest.FixtureRequest, life_of: Callable[[str], Life]) -> Life:
    """The stack, previewed and created with the pack; `test_destroy...` at the end of this file takes it away."""
    return life_of(request.param)


def clean(ended: Ended) -> None:
    """Exit 0, no finding and nothing that was not evaluated."""
    assert ended.findings() == set()
    assert ended.code == 0, ended.out + ended.err
    assert ended.of("policyAnalyzeStackSummaryEvent"), "the stack's rules did not run"


def test_the_first_preview_is_clean(life: Life) -> None:
    clean(life.first_preview)
    assert set(life.first_preview.changes()) == {"create"}


def test_up_creates_everything_and_is_clean(life: Life) -> None:
    clean(life.up)
    assert life.up.changes() == life.first_preview.changes()


def test_a_second_preview_changes_nothing(life: Life) -> None:
    ended = life.stack.judged("preview")
    clean(ended)
    assert ended.steps() == {}


def test_a_refresh_changes_nothing(life: Life) -> None:
    ended = life.stack.run("refresh")
    assert ended.code == 0, ended.out
    assert set(ended.changes()) == {"same"}


def test_the_preview_of_a_change_is_clean(life: Life) -> None:
    clients = life.stack.setting("clients")
    with life.stack.changed(functionMemory=640, clients=[*clients, {**clients[0], "name": "refunds"}]):
        ended = life.stack.judged("preview")
    clean(ended)
    assert {
        "lambda.Function score": "update",
        "apigateway.ApiKey api-refunds": "create",
    }.items() <= ended.steps().items()


def test_the_exported_state_gets_the_same_verdict(life: Life, tmp_path: Path) -> None:
    state = life.stack.exported(tmp_path)
    said = life.stack.analyze(state)
    assert said.code == 0, said.out + said.err
    assert said.findings() == set()
    assert findings_of_preflight("--file", str(state)) == (0, set())


@STAGING
def test_the_verdict_is_the_same_without_the_passphrase(life: Life, tmp_path: Path) -> None:
    """The address that alarms go to is a secret there, and so is not known."""
    said = life.stack.analyze(life.stack.exported(tmp_path), passphrase="another")
    assert said.code == 0, said.out + said.err
    assert said.findings() == set()


@DEV
def test_a_fault_in_the_exported_state_is_refused_alike(life: Life, tmp_path: Path) -> None:
    state = life.stack.exported(tmp_path)
    whole = json.loads(state.read_text())
    for resource in whole["deployment"]["resources"]:
        if resource["type"] == "aws:apigateway/method:Method":
            resource["inputs"]["apiKeyRequired"] = resource["outputs"]["apiKeyRequired"] = False
    state.write_text(json.dumps(whole))
    said = life.stack.analyze(state)
    assert said.code == FAILED
    assert ("method-requires-api-key", "api") in said.findings()
    assert findings_of_preflight("--file", str(state)) == (1, said.findings())


@pytest.mark.parametrize(
    ("life", "operation"),
    [
        pytest.param("dev", "first_preview", marks=pytest.mark.xdist_group("dev")),
        pytest.param("prod", "up", marks=pytest.mark.xdist_group("prod")),
    ],
    indirect=["life"],
)
def test_preflight_reads_the_event_log_as_the_engine_meant_it(
    life: Life, operation: str, tmp_path: Path
) -> None:
    log = getattr(life, operation).log(tmp_path)
    assert findings_of_preflight("--events", log) == (0, set())


def test_destroy_removes_everything(life: Life) -> None:
    stack = life.stack
    if str(stack.setting("deletionProtection")).lower() == "true":  # `stack init` makes texts of them
        refused = stack.run("destroy", "--skip-preview")
        assert refused.code == FAILED
        assert "remove the `protect` flag" in refused.out
        stack.set(deletionProtection=False)
        unprotected = stack.run("up", "--skip-preview")
        assert unprotected.code == 0, unprotected.out
    ended = stack.run("destroy", "--skip-preview")
    assert ended.code == 0, ended.out
    assert stack.state() == []
