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
from model.errors import UserError
from model.evaluation import metrics, terminal
from model.evaluation import report as reports
from model.training import recipes, train
from tests.model import small_recipes

SMALL = {"default": small_recipes.DEFAULT, "reference": small_recipes.REFERENCE}


def hand_made() -> metrics.Report:
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int8)
    score = np.array([0, 0.1, 0.1, 0.2, 0.3, 0.7, 0.2, 0.6, 0.9, 0.6])
    amounts = np.array([5, 5, 5, 5, 5, 5, 100, 50, 40, 10], dtype=np.float64)
    return metrics.measure(labels, score, 0.6, amounts)


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
    assert report["recall_at_precision_0.9"] == 0.25
    # One fraud before the false alarm, two after it, the last one tied with a normal row at 0.2.
    assert report["pr_auc"] == pytest.approx(0.25 * 1 + 0.5 * 3 / 4 + 0.25 * 4 / 7, abs=1e-6)
    assert report["roc_auc"] == pytest.approx((6 + 5 + 5 + 3.5) / 24, abs=1e-6)


def test_a_score_at_the_threshold_is_a_fraud() -> None:
    labels, amounts = np.array([0, 1], dtype=np.int8), np.ones(2)
    assert metrics.measure(labels, np.array([0.1, 0.5]), 0.5, amounts)["confusion"] == [[1, 0], [0, 1]]


def test_one_class_is_told() -> None:
    with pytest.raises(UserError, match="one class only"):
        metrics.measure(np.zeros(3, dtype=np.int8), np.zeros(3), 0.5, np.ones(3))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=3_000, seed=3)


def test_cards_without_normal_spending_are_also_left_out(data: Dataset) -> None:
    stolen = data.test.tail(3).assign(cc_num=4, is_fraud=np.int8(1))
    test = data.test.copy()
    test.loc[stolen.index] = stolen
    report = reports.on_test(train.train(data.train, SMALL["default"]), Dataset(data.train, test))
    part = report["without_only_fraud_cards"]
    assert part["rows"] == report["rows"] - 3
    assert part["frauds"] == report["frauds"] - 3


def test_the_table_shows_what_the_reference_shows_and_more() -> None:
    report = {"recipe": "default", "train_rows": 1_234, **hand_made()}
    text = io.StringIO()
    terminal.show(report, Console(file=text, width=120))
    shown = text.getvalue()
    for part in (
        "1,234",
        "accuracy 0.8000",
        "5 (0.833)",
        "3 (0.750)",
        "support",
        "PR-AUC 0.",
        "threshold 0.6",
    ):
        assert part in shown
    assert f"scikit-learn {report['scikit_learn']}" in shown


def test_both_recipes_over_sizes_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "RECIPES", SMALL)
    evaluate.main(sizes="1000,500,5000,9000", out=tmp_path, sample_rows=3_000)
    reports = json.loads((tmp_path / "sizes.json").read_text())
    assert [report["recipe"] for report in reports] == ["default"] * 3 + ["reference"] * 3
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
    text = (tmp_path / "evaluation.html").read_text()
    assert text.count("<img ") == 7
    assert "<th>alerts per 1,000</th><th>false alarms</th>" in text
    assert "training sizes" in text
    assert not re.search(r"(src|href)=.(?!data:)|<script|<link|@import|url\(", text)


@pytest.mark.parametrize("text", ["10,x", "0", "-5", ","])
def test_bad_sizes_are_told(text: str) -> None:
    with pytest.raises(UserError, match="--sizes must be row counts"):
        evaluate.main(sizes=text)


def test_the_same_scores_give_the_same_files(data: Dataset, tmp_path: Path) -> None:
    trained = train.train(data.train, SMALL["default"])
    for name in ("a", "b"):
        score = reports.score_test(trained, data, say=progress.silent)
        reports.write(reports.in_full(trained, data, score), tmp_path / name)
    for name in ("confusion.png", "evaluation.html", "metrics.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    kept = json.loads((tmp_path / "a/metrics.json").read_text())
    assert {"pr_auc", "intervals", "thresholds", "worst_slices"} <= set(kept)
    assert not {"curves", "slices"} & set(kept)
