from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from model.artifact import archive, compare, package
from model.artifact.card import markdown
from model.artifact.package import ArtifactSource, ensure
from model.commands import card as card_command
from model.commands import compare as compare_command
from model.data.opening import open_data
from model.decision import Prices, Rule
from model.errors import UserError
from model.evaluation import bootstrap
from model.training import recipes
from tests.model import small_recipes

pytestmark = pytest.mark.slow

ROWS = 8_000
WEAK = replace(
    small_recipes.BOOSTED,
    features=("hour", "amt"),
    typical_frauds=False,
    parameters={**small_recipes.BOOSTED.parameters, "max_iter": 2},
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, package.Artifact]:
    folder = tmp_path_factory.mktemp("built")
    made = {}
    for name, recipe in (("good", small_recipes.BOOSTED), ("weak", WEAK)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(recipes, "RECIPES", {"boosted": recipe})
            made[name] = ensure(
                ArtifactSource(None, build_dir=folder / name, runtime=False, sample_rows=ROWS)
            )
    return made


def test_a_worse_model_is_told_by_a_code(
    built: Mapping[str, package.Artifact], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "comparison.json"
    with pytest.raises(typer.Exit) as ended:
        compare_command.main(built["good"].path, built["weak"].path, out=out, sample_rows=ROWS)
    assert ended.value.exit_code == 1
    assert "B is worse than A: PR-AUC" in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert "pr_auc" in found["worse"]
    assert found["figures"]["pr_auc"]["interval"][1] < 0
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.json"]


def test_a_better_model_and_the_same_model_pass(
    built: Mapping[str, package.Artifact], capsys: pytest.CaptureFixture[str]
) -> None:
    compare_command.main(built["weak"].path, built["good"].path.parent, sample_rows=ROWS)
    told = capsys.readouterr().out
    assert f"A: {built['weak'].version}, cost: score" in told
    assert f"B: {built['good'].version}, cost: score" in told
    assert "better" in told
    compare_command.main(built["good"].path, built["good"].path, sample_rows=ROWS)
    assert "B is not worse than A." in capsys.readouterr().out


def test_the_figures_are_those_of_the_card(built: Mapping[str, package.Artifact]) -> None:
    metrics = built["good"].card["metrics"]
    data = open_data(None, ROWS, 42, lambda _: None)
    rows = compare.scored(compare.opened(built["good"].path), data)
    found = bootstrap.differences(rows, rows, count=2)
    assert found["pr_auc"]["first"] == pytest.approx(metrics["pr_auc"], abs=1e-6)
    assert found["f1"]["first"] == pytest.approx(metrics["classes"]["fraud"]["f1"], abs=1e-6)


def test_only_a_whole_interval_on_one_side_of_zero_is_a_verdict() -> None:
    found = {"first": 0.9, "second": 0.8, "interval": [-0.2, 0.0001]}
    assert compare.verdict("f1", found) == compare.verdict("cost", found) == ""
    below = {**found, "interval": [-0.2, -0.0001]}
    assert (compare.verdict("f1", below), compare.verdict("cost", below)) == ("worse", "better")
    above = {**found, "interval": [0.0001, 0.2]}
    assert (compare.verdict("f1", above), compare.verdict("cost", above)) == ("better", "worse")


def test_costs_judge_where_costs_decide() -> None:
    assert compare.judged(Rule("cost", Prices())) == ("pr_auc", "cost")
    assert compare.judged(Rule("f1", Prices(), 0.5)) == ("pr_auc", "f1", "money_caught")


def test_mistakes_are_told_before_data_are_read(
    built: Mapping[str, package.Artifact], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_command, "open_data", lambda *_: pytest.fail("data were read"))
    good = built["good"].path
    for first, second, out in (
        (good, tmp_path / "nosuch.tar.gz", None),
        (tmp_path / "nosuch.tar.gz", good, None),
        (good, good, tmp_path),
        (good, good, Path("/proc/x.json")),
    ):
        with pytest.raises(UserError):
            compare_command.main(first, second, out=out)


def with_card(artifact: package.Artifact, path: Path, **changes: Any) -> Path:
    with tarfile.open(artifact.path) as tar:
        entries = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    entries["card.json"] = json.dumps({**artifact.card, **changes}).encode()
    archive.pack(entries, path)
    return path


def test_an_artifact_of_another_version_is_told(
    built: Mapping[str, package.Artifact], tmp_path: Path
) -> None:
    odd = with_card(built["good"], tmp_path / "odd.tar.gz", features=["amt", "mood"])
    with pytest.raises(UserError, match="has a feature mood that this version does not know"):
        compare_command.main(odd, built["good"].path, sample_rows=ROWS)
    old = with_card(built["good"], tmp_path / "old.tar.gz", card_version=1)
    with pytest.raises(UserError, match="was built by another version: build it again"):
        compare_command.main(old, built["good"].path, sample_rows=ROWS)
    short = with_card(built["good"], tmp_path / "short.tar.gz", features=["amt"])
    with pytest.raises(UserError, match="holds a model that cannot be run"):
        compare_command.main(short, built["good"].path, sample_rows=ROWS)


def test_a_mistake_has_another_code_than_a_verdict(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model", "compare", str(tmp_path / "a"), str(tmp_path / "b")]
    done = subprocess.run([*command, "--sample-rows", "300"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "does not exist: build it" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_model_card_says_what_the_cards_say(
    built: Mapping[str, package.Artifact], tmp_path: Path
) -> None:
    paths = [artifact.path.parent / "card.json" for artifact in built.values()]
    card_command.main(paths, out=tmp_path / "model-card.md")
    text = (tmp_path / "model-card.md").read_text()
    for artifact in built.values():
        assert artifact.version in text
        assert f"{artifact.card['metrics']['pr_auc']:.3f} (" in text
    assert text.count("Worst slices") == text.count("Calibration:") == 2
    lowest = built["good"].card["metrics"]["calibration"]["tenths"][0]
    assert f"| 0 to 0.1 | {lowest['rows']:,} |" in text
    assert {row["slice"] for row in built["good"].card["metrics"]["ages"]} >= {"30 to 40", "40 to 50"}
    assert text.count("| 30 to 40 |") == 2
    assert (
        text.count("how far the amount is from its category's typical fraud") == 1
    )  # the weak one has no such column
    assert "Typical frauds, learnt: entertainment $" in text
    card = built["good"].card
    published = {**card, "rule": {**card["rule"], "rule": "fixed", "threshold": 0.5}}
    assert ["as published: not calibrated" in markdown([one]) for one in (card, published)] == [False, True]
    seasonal = markdown(
        [{**card, "features": [*card["features"], "month"], "season": {"01": 0.7, "12": 1.9}}]
    )
    assert "odds of `boosted` have a factor for the purchase's calendar month" in seasonal
    assert "by calendar month, learnt: 01 0.70, 12 1.90." in seasonal
    assert "amt_to_max, and how far" in seasonal  # no tree reads the month
    assert "calendar month" not in text
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UserError, match="not a card of this version"):
        card_command.main([tmp_path / "other.json"])
    with pytest.raises(UserError, match="none is not a file: name the card"):
        card_command.main([tmp_path / "none"])
