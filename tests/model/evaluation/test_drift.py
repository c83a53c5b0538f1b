"""Histograms in the card and in the function's log, and the comparison of the two."""

from __future__ import annotations

import base64
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from model import histograms
from model.commands import drift as drift_command
from model.contract import CATEGORIES, MAX_TRANSACTIONS, RECIPE_FIELDS
from model.data.features import from_transactions
from model.evaluation import drift
from model.training.recipes import RECIPES
from tests.model.lambda_calls import ask, batch, connected, log_line
from tests.pulumi_preflight import graphs

FEATURES = histograms.watched(RECIPE_FIELDS["boosted"])


def transactions(count: int, *, factor: float = 1.0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    amounts = np.round(factor * rng.lognormal(3.5, 1.2, count) + 0.01, 2)
    return [
        {
            "amt": float(amount),
            "category": CATEGORIES[int(rng.integers(len(CATEGORIES)))],
            "time": f"2020-03-0{rng.integers(1, 9)}T{rng.integers(24):02}:15:00",
            **history(rng, float(amount)),
        }
        for amount in amounts
    ]


def history(rng: np.random.Generator, amount: float) -> dict[str, Any]:
    count = int(rng.integers(0, 9))
    if not count:
        since = None if rng.random() < 0.5 else float(rng.integers(90_000, 10**6))
        return {"seconds_since_previous": since, "count_24h": 0, "sum_24h": 0, "max_24h": 0}
    return {
        "seconds_since_previous": float(rng.integers(1, 86_400)),
        "count_24h": count,
        "sum_24h": amount * min(count, 3),
        "max_24h": amount,
    }


def scores(count: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(8).beta(0.3, 3, count)


@pytest.fixture(name="card")
def written_card(tmp_path: Path) -> Path:
    rows = transactions(4000)
    found = histograms.of_training(from_transactions(rows, FEATURES), FEATURES, scores(4000))
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"histograms": found}))
    return path


def capture(rows: list[dict[str, Any]], scored: list[float], encoding: str) -> str:
    def part(document: Any) -> dict[str, Any]:
        text = json.dumps(document)
        data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
        return {"observedContentType": "application/json", "mode": "X", "data": data, "encoding": encoding}

    answer = {"predictions": [{"is_fraud": False, "score": score} for score in scored]}
    parts = {"endpointInput": part({"transactions": rows}), "endpointOutput": part(answer)}
    return json.dumps({"captureData": parts, "eventMetadata": {"eventId": "1"}, "eventVersion": "0"})


def run(card: Path, *files: Path, more: tuple[str, ...] = ()) -> Any:
    app = typer.Typer()
    app.command()(drift_command.main)
    return CliRunner().invoke(app, [str(card), *map(str, files), *more])


@pytest.mark.parametrize("recipe", ["boosted", "stateless"])
def test_the_function_and_the_training_use_the_same_bins(recipe: str) -> None:
    features = histograms.watched(RECIPE_FIELDS[recipe])
    edge_cases = [
        graphs.LEGITIMATE | {"amt": 0.01, "sum_24h": 0.01, "max_24h": 2000.0, "seconds_since_previous": None},
        graphs.LEGITIMATE | {"amt": 100_000.0, "time": "2020-01-01T23:59:59", "seconds_since_previous": 0},
        graphs.LEGITIMATE | {"amt": 4.99, "time": "2020-01-01T00:00:00", "seconds_since_previous": 59.9},
    ]
    people: list[dict[str, Any]] = [
        {"age": 0, "city_pop": 1},
        {"age": 20, "city_pop": 10**6},
        {"age": 79, "city_pop": 99},
    ]
    rows = [
        {field: (row | person)[field] for field in RECIPE_FIELDS[recipe]}
        for row, person in zip(transactions(500) + edge_cases, itertools.cycle(people), strict=False)
    ]
    exact = scores(len(rows))
    trained = histograms.of_training(from_transactions(rows, features), features, exact)
    logged = histograms.bins(rows, [round(score, 2) for score in exact.tolist()])
    assert set(trained) == set(logged) == {*features, "score"}
    for name, entry in trained.items():
        counted = [logged[name].count(place) for place in range(len(entry["edges"]) + 1)]
        assert counted == entry["counts"], name


def test_personal_fields_have_no_bins() -> None:
    features = RECIPES["reference"].features
    entry = histograms.of_training(np.ones((3, 6), dtype=np.float32), features, scores(3))
    assert set(entry) == {"amt", "score"}
    row = dict.fromkeys(RECIPE_FIELDS["reference"], 1)
    assert set(histograms.bins([row], [0.5])) == {"amt", "score"}


def test_the_function_logs_bins_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(monkeypatch)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "scoring")
    rows = [
        graphs.LEGITIMATE | {"amt": 777.77, "seconds_since_previous": None},
        graphs.LEGITIMATE | {"amt": 3.33},
    ]
    assert ask(batch(*rows))[0] == 200
    line = log_line(capsys)
    assert line["bin_amt"] == [11, 0]
    assert line["bin_seconds_since_previous"][0] == len(histograms.EDGES["seconds_since_previous"])
    assert line["bin_score"] == [4, 4]
    assert "777.77" not in json.dumps(line)
    assert "3.33" not in json.dumps(line)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    emitted = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
    assert {name: emitted[name] for name in ("count", "frauds")} == {"count": 2, "frauds": 0}
    assert [emitted[f"score_band_{band}"] for band in range(8)] == [0, 0, 0, 2, 0, 0, 0, 0]
    assert not {"bin_category", "bin_score"} & set(emitted)
    assert all(line[name] == "scoring" for name in directive["Dimensions"][0])
    assert abs(line["_aws"]["Timestamp"] / 1000 - _seconds(line["timestamp"])) < 0.01


def _seconds(timestamp: str) -> float:
    return float(np.datetime64(timestamp.removesuffix("Z"), "ms").astype(np.int64)) / 1000


def test_a_refused_request_logs_no_bins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(monkeypatch)
    assert ask(batch(graphs.LEGITIMATE | {"amt": -1}))[0] == 400
    assert not [name for name in log_line(capsys) if name.startswith(("bin_", "_aws"))]


def test_the_index_is_the_textbook_one() -> None:
    assert drift.stability_index([10, 20, 30], [10, 20, 30]) == 0
    large = drift.stability_index([5e8, 5e8], [8e8, 2e8])
    assert large == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4), rel=1e-6)
    assert math.isfinite(drift.stability_index([100, 0], [0, 100]))


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_the_same_population_is_stable_and_another_has_moved(
    card: Path, tmp_path: Path, encoding: str
) -> None:
    same, other = transactions(2000), transactions(2000, factor=6)
    scored = scores(2000).tolist()
    for name, rows in (("same", same), ("other", other)):
        parts = [
            capture(rows[start : start + 100], scored[start : start + 100], encoding)
            for start in range(0, 2000, 100)
        ]
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.jsonl").write_text("\n".join(parts) + "\n")
    stable = run(card, tmp_path / "same")
    assert stable.exit_code == 0, stable.output
    moved = run(card, tmp_path / "other")
    assert moved.exit_code == 1, moved.output
    found = {
        shift.feature: shift for shift in drift.shifts(drift.baseline(card), drift.read([tmp_path / "other"]))
    }
    assert {name for name, shift in found.items() if shift.index > 0.2} == {"amt", "sum_24h", "max_24h"}
    assert {shift.values for shift in found.values()} == {2000}


def test_reads_the_functions_log_lines(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(monkeypatch)
    rows = transactions(600)
    for start in range(0, 600, MAX_TRANSACTIONS):
        assert ask(batch(*rows[start : start + MAX_TRANSACTIONS]))[0] == 200
    prefixed = [f"2026-01-01T00:00:00Z {line}" for line in capsys.readouterr().out.splitlines()]
    path = tmp_path / "log.txt"
    path.write_text("\n".join(["START RequestId: 1", *prefixed, "{broken", '{"bin_amt": [99]}', "{}"]))
    seen = drift.read([path])
    assert seen.skipped_lines == 4
    assert sum(seen.counts["amt"].values()) == 600
    expected = drift.baseline(card)
    by_name = {shift.feature: shift.index for shift in drift.shifts(expected, seen)}
    assert by_name["amt"] < 0.1
    assert by_name["score"] > 0.2  # the stand-in answers every request with one score


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "holds no histograms"),
        ("[]", "holds no histograms"),
        ('{"histograms": {"amt": {"edges": [1], "counts": [1, 2]}}}', "other bins for amt"),
        ('{"histograms": {"other": {"edges": [1], "counts": [1, 2]}}}', "other bins for other"),
    ],
)
def test_a_card_that_does_not_fit_is_a_mistake(tmp_path: Path, content: str, message: str) -> None:
    card = tmp_path / "card.json"
    card.write_text(content)
    result = run(card, card)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_too_few_rows_and_missing_files_are_mistakes(card: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(capture(transactions(20), scores(20).tolist(), "JSON"))
    assert run(card, path).exit_code == 2
    assert run(card, path, more=("--min-rows", "20", "--threshold", "9")).exit_code == 0
    assert run(card, tmp_path / "none").exit_code == 2
