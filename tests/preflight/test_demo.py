"""What the main job prints at its end, and README's copy of it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from pulumi_preflight import reports
from pulumi_preflight.findings import Result
from rich.console import Console

from attacks.probe import Outcome, Verdict, told
from attacks.probes import ALL
from model.artifact.package import Artifact
from preflight import demo
from preflight.demo import STACKS, Step
from preflight.score import Answer
from tests.harness import PROJECT, declared

SENT = ("legitimate", "fraudulent")


@pytest.fixture(name="steps")
def steps_of_a_good_run(tmp_path: Path) -> list[Step]:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(bytes(2_000_000))
    card = {"metrics": {"pr_auc": 0.9, "classes": {"fraud": {"f1": 0.7}}}}
    artifact = Artifact(archive, "", "", "", "sample-boosted-4db54545b350", card)
    passed = Result("p", "prod", "endpoint-guard", ("preview", "update"), 9, (), (), 1.5)
    held = [Outcome(ALL[1], verdict, "200", 0.5, 40) for verdict in (Verdict.PASS, Verdict.SKIPPED)]
    outcomes = {
        "train and package": demo.trained(artifact),
        **{f"evaluate {stack}": demo.evaluated(declared("dev")) for stack in STACKS},
        **{f"check {stack}": reports.summary(passed) for stack in STACKS},
        "serve prod on this machine": "http://127.0.0.1:41234/prod/score",
        "score": demo.score_points([Answer(sent, 200, 9.0, False, 0.5) for sent in SENT]),
        "score without a key": "HTTP 403",
        "attack prod on this machine": told(held * 46),
        "report": "build/prod.html: findings, picture, rules, attacks",
    }
    return [Step(name, outcome, True, 1.5) for name, outcome in outcomes.items()]


def printed(steps: Sequence[Step], width: int) -> str:
    page = io.StringIO()
    Console(file=page, width=width).print(demo.closing_table(steps))
    return page.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_closing_table_keeps_every_word(steps: list[Step], width: int) -> None:
    lines = printed(steps, width).splitlines()
    assert max(len(line) for line in lines) <= width
    assert [step.name for step in steps if step.name not in printed(steps, width)] == []


def test_a_step_that_fell_short_is_named(steps: list[Step]) -> None:
    assert "FAILED" not in printed(steps, 80)
    assert "FAILED" in printed([Step("score", "legitimate HTTP 502", False, 0.1)], 80)


def words(table: str) -> list[str]:
    """The words of a printed table in order, without its frame, figures and versions."""
    text = re.sub(r"[━─┏┓┗┛┡┩├┤┼╇┴┳└┘│┃]", " ", table)
    text = re.sub(r"\((\d+ (disabled|relaxed)(, )?)+\)|sample-boosted-\w+|http:\S+", "", text)
    return re.sub(r"[\d.,]+", " ", text).split()


def test_readme_shows_what_is_printed(steps: list[Step]) -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    sample = readme[readme.index("The main job\n") :].partition("```")[0]
    left_out = {f"{step} {stack}" for step in ("evaluate", "check") for stack in ("dev", "staging")}
    shown = [step for step in steps if step.name not in left_out]
    assert words(sample) == words(printed(shown, 80))
