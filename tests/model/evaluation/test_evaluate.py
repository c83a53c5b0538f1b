from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from rich.console import Console

from model import progress
from model.commands import evaluate
from model.data import sample
from model.data.dataset import Dataset
from model.data.episodes import with_owners
from model.decision import Choice, Prices
from model.errors import UserError
from model.evaluation import metrics, page, terminal
from model.evaluation import report as reports
from model.training import recipes, train
from tests.model import small_recipes
from tests.model.sample_data import without_owners

pytestmark = pytest.mark.slow

SMALL = {"boosted": small_recipes.BOOSTED, "reference": small_recipes.REFERENCE}


def hand_made() -> metrics.Headline:
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int8)
    score = np.array([0, 0.1, 0.1, 0.2, 0.3, 0.7, 0.2, 0.6, 0.9, 0.6])
    amounts = np.array([5, 5, 5, 5, 5, 5, 100, 50, 40, 10], dtype=np.float64)
    return metrics.measure(labels, score, score >= 0.6, amounts)


def test_every_figure_of_a_case_counted_by_hand() -> None:
    report = hand_made()
    assert report["confusion"] == [[5, 1], [1, 3]]
    assert report["normalised"] == [[0.833333, 0.166667], [0.25, 0.75]]
    assert report["classes"]["fraud"] == {"precision": 0.75, "recall": 0.75, "f1": 0.75, "support": 4}
    assert report["classes"]["normal"] == {
        "precision": 0.833333,
        "recall": 0.833333,
        "f1": 0.833333,
        "support": 6,
    }
    assert report["accuracy"] == 0.8
    assert report["alerts_per_1000"] == 400
    assert report["money_caught"] == 0.5
    assert report["recall_at_precision_90"] == 0.25
    # One fraud before the false alarm, two after it, the last one tied with a normal row at 0.2.
    assert report["pr_auc"] == pytest.approx(0.25 * 1 + 0.5 * 3 / 4 + 0.25 * 4 / 7, abs=1e-6)
    assert report["roc_auc"] == pytest.approx((6 + 5 + 5 + 3.5) / 24, abs=1e-6)


def test_one_class_is_told() -> None:
    with pytest.raises(UserError, match="one class only"):
        metrics.measure(np.zeros(3, dtype=np.int8), np.zeros(3), np.zeros(3, dtype=bool), np.ones(3))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=3_000, seed=3)


@pytest.fixture(scope="module")
def trained(data: Dataset) -> train.Trained:
    return train.train(data.train, SMALL["boosted"])


def test_cards_without_normal_spending_are_also_left_out(data: Dataset, trained: train.Trained) -> None:
    stolen = data.test.tail(3).assign(cc_num=4, is_fraud=np.int8(1))
    test = data.test.copy()
    test.loc[stolen.index] = stolen
    changed = Dataset(data.train, test)
    report = reports.describe(trained, changed, reports.score_test(trained, changed))
    part = report["without_only_fraud_cards"]
    assert part["rows"] == report["rows"] - 3
    assert part["frauds"] == report["frauds"] - 3


def test_the_table_shows_what_the_reference_shows_and_more(data: Dataset, trained: train.Trained) -> None:
    score = reports.score_test(trained, data)
    figures: reports.OnOwners = {
        "pr_auc": 0.5,
        "precision": 0.1,
        "recall": 0.2,
        "first_fraud_recall": 0.3,
        "cost": 1234.5,
    }
    full = reports.in_full(
        trained, data, score, {"purchases": 42, "as_it_is": figures, "refitted": {**figures, "pr_auc": 0.75}}
    )
    shown: reports.WholeReport = {**full, **hand_made()}
    text = io.StringIO()
    terminal.show(shown, Console(file=text, width=300))
    for part in (
        "accuracy 0.8000",
        "5 (0.833)",
        "3 (0.750)",
        "support",
        "PR-AUC 0.",
        "cost (chosen): score / (1 - score) x (amount + $40) at least $10",
        "f1: score at least",
        "42 purchases of owners put back into the episodes: PR-AUC 0.500 and $1,234 as it is, 0.750",
        f"scikit-learn {full['scikit_learn']}",
    ):
        assert part in text.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_rules_are_readable_at_any_width(data: Dataset, trained: train.Trained, width: int) -> None:
    text = io.StringIO()
    full = reports.in_full(trained, data, reports.score_test(trained, data))
    terminal.show(full, Console(file=text, width=width, soft_wrap=True))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    (heading,) = [line for line in lines if line.split()[:2] == ["cost", "f1"]]
    assert heading.split() == ["cost", "f1", "precision", "alerts"]
    (cost,) = [line for line in lines if line.strip().startswith("cost, $")]
    assert len(cost.split()) == 2 + 4


def test_both_recipes_over_sizes_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "RECIPES", SMALL)
    evaluate.main(sizes="1000,500,5000,9000", out=tmp_path, sample_rows=3_000)
    reports = json.loads((tmp_path / "sizes.json").read_text())
    assert [report["recipe"] for report in reports] == ["boosted"] * 3 + ["reference"] * 3
    assert [report["train_rows"] for report in reports] == [500, 1000, 2100] * 2
    height, width = imread(tmp_path / "sizes.png").shape[:2]
    assert width > 700
    assert height > 600
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "confusion.png",
        "evaluation.html",
        "evaluation.json",
        "sizes.json",
        "sizes.png",
    ]
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert [rule["rule"] for rule in found[0]["rules"]] == ["cost", "f1", "precision", "alerts-per-1000"]
    assert [rule["rule"] for rule in found[1]["rules"]] == ["fixed"]
    text = (tmp_path / "evaluation.html").read_text()
    assert text.count("<img ") == 7 + 4 * len(SMALL)
    assert "<th>alerts per 1,000</th><th>false alarms (count)</th>" in text
    assert (
        "Data: generated sample data, whose figures say nothing about real fraud; purchases from 20" in text
    )
    assert "color-scheme: light dark" in text
    # Wide tables and pictures move sideways on a telephone; nothing else is wide.
    assert text.count('<div class="wide">') == text.count("<table>") + 2
    assert "training sizes" in text
    assert not re.search(r"(src|href)=.(?!data:)|<script|<link|@import|url\(", text)


@pytest.mark.parametrize("text", ["10,x", "0", "-5", ","])
def test_bad_sizes_are_told(text: str) -> None:
    with pytest.raises(UserError, match="--sizes must be row counts"):
        evaluate.main(sizes=text)


def test_the_same_scores_give_the_same_files(data: Dataset, trained: train.Trained, tmp_path: Path) -> None:
    for name in ("a", "b"):
        score = reports.score_test(trained, data, say=progress.silent)
        page.write_folder(reports.in_full(trained, data, score), tmp_path / name)
    for name in ("confusion.png", "evaluation.html", "metrics.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    kept = json.loads((tmp_path / "a/metrics.json").read_text())
    assert {"pr_auc", "intervals", "rules", "worst_slices"} <= set(kept)
    assert not {"curves", "slices"} & set(kept)


def test_a_place_that_cannot_be_written_is_told_before_data_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "open_data", lambda *_: pytest.fail("data were read"))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file: name a folder"):
        evaluate.main(out=tmp_path / "file")
    with pytest.raises(UserError, match="file is not a folder; name another place"):
        evaluate.main(out=tmp_path / "file" / "below")


def test_a_rule_that_does_not_exist_is_told() -> None:
    with pytest.raises(UserError, match="no rule 'luck': choose one of cost, f1, precision, alerts-per-1000"):
        evaluate.main(rule="luck")


def test_the_price_of_a_false_alarm_decides(data: Dataset) -> None:
    alerts = []
    for price in (1, 100):
        trained = train.train(data.train, SMALL["boosted"], Choice("cost", Prices(price, 0)))
        alerts.append(reports.describe(trained, data, reports.score_test(trained, data))["alerts_per_1000"])
    assert alerts[0] > alerts[1] > 0


def test_owners_are_put_back_where_they_are_missing(data: Dataset, trained: train.Trained) -> None:
    """The generator lets an owner go on; without those purchases, the data are as the Kaggle set's."""
    bare = without_owners(data)
    found = reports.on_owners(trained, bare)
    assert found is not None
    assert found["purchases"] > 20
    assert found["refitted"] != found["as_it_is"]
    assert reports.on_owners(trained, with_owners(bare)[0]) is None
