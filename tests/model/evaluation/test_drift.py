"""Histograms in the card and in the function's log, and the comparison of the two."""

from __future__ import annotations

import base64
import itertools
import json
import math
import os
from collections.abc import Sequence
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
from model.errors import UserError
from model.evaluation import captured, days, drift
from model.training.recipes import RECIPES
from tests.model.lambda_calls import ask, batch, connected, log_line
from tests.pulumi_preflight import graphs

METADATA = {"eventId": "1", "inferenceTime": "2026-03-02T14:05:00Z"}
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
    rows = transactions(20_000)
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"histograms": entries(rows, FEATURES, scores(len(rows)))}))
    return path


def entries(
    rows: list[dict[str, Any]], features: Sequence[str], scored: np.ndarray[Any, Any]
) -> dict[str, days.Entry]:
    """The card's histograms of rows that are spread over twenty days."""
    matrix = from_transactions(rows, features)
    columns = {name: matrix[:, place] for place, name in enumerate(features)}
    columns |= {"score": scored, "alert": (scored > 0.5).astype(np.float64)}
    return days.entries(columns, days.Days(np.arange(len(rows)) * 20 // len(rows), np.ones(20, dtype=bool)))


def capture(rows: list[dict[str, Any]], scored: list[float], encoding: str) -> str:
    def part(document: Any) -> dict[str, Any]:
        text = json.dumps(document)
        data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
        return {"observedContentType": "application/json", "mode": "X", "data": data, "encoding": encoding}

    answer = {"predictions": [{"is_fraud": score > 0.5, "score": score} for score in scored]}
    parts = {"endpointInput": part({"transactions": rows}), "endpointOutput": part(answer)}
    return json.dumps({"captureData": parts, "eventMetadata": METADATA, "eventVersion": "0"})


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
    trained = entries(rows, features, exact)
    logged = histograms.bins(rows, [round(score, 2) for score in exact.tolist()])
    assert set(trained) == {*features, "score", "alert"} == {*logged, "alert"}
    for name in logged:
        entry = trained[name]
        counted = [logged[name].count(place) for place in range(len(entry["edges"]) + 1)]
        assert counted == entry["counts"], name


def test_personal_fields_have_no_bins() -> None:
    features = RECIPES["reference"].features
    assert histograms.watched(RECIPE_FIELDS["reference"]) == ["amt"]
    assert "cc_num" in features
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
    assert emitted["bin_score"] == [4, 4]
    assert set(emitted) == {"count", "frauds", *(f"bin_{name}" for name in (*FEATURES, "score"))}
    assert directive["Dimensions"] == [["function"], ["function", "api_key_id"]]
    assert (line["function"], line["api_key_id"]) == ("scoring", "key-id-1")
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
    def index(expected: list[float], seen: list[float]) -> float:
        return float(days.indices(np.array(expected), np.array([seen]))[0])

    assert index([10, 20, 30], [10, 20, 30]) == 0
    large = index([5e8, 5e8], [8e8, 2e8])
    assert large == pytest.approx(0.3 * math.log(1.6) - 0.3 * math.log(0.4), rel=1e-6)
    assert math.isfinite(index([100, 0], [0, 100]))


def test_days_of_few_purchases_are_taken_together() -> None:
    few = np.arange("2020-01-01", "2020-01-11", 1, dtype="datetime64[h]")  # 240 in ten days
    assert len(days.Days.of(few).whole) == 1
    many = np.repeat(few, 50)  # 1,200 a day
    assert len(days.Days.of(many).whole) == 10
    middle = np.repeat(few, 25)  # 600 a day
    assert days.Days.of(middle).of_row.tolist() == np.repeat(range(5), 48 * 25).tolist()


def test_days_that_a_file_holds_a_part_of_are_not_judged() -> None:
    hours = np.repeat(np.arange("2020-01-01T12", "2020-01-04T09", 1, dtype="datetime64[h]"), 100)
    assert days.Days.of(hours).whole.tolist() == [False, True, True, False]
    assert days.Days.of(hours[:1200]).whole.tolist() == [True]  # there is no other day


def test_a_limit_is_what_the_datas_own_days_stay_below() -> None:
    rng = np.random.default_rng(3)
    amounts = rng.lognormal(3, 1, 200_000)
    of_row = np.arange(len(amounts)) // 2000
    hundred = days.Days(of_row, np.ones(100, dtype=bool))
    quiet = days.entries({"amt": amounts}, hundred)["amt"]
    lively = days.entries({"amt": amounts * (1 + of_row % 7)}, hundred)["amt"]
    assert quiet["day_purchases"] == lively["day_purchases"] == 2000
    assert 0 < quiet["day_index"] < 0.02 < lively["day_index"]


def test_a_day_of_fewer_purchases_counts_less() -> None:
    expected = drift.Expected((500.0, 500.0), 0.01, 2000)
    few, half, usual, many = (
        float(expected.multiples(np.array([[0.6 * count, 0.4 * count]]))[0])
        for count in (500, 1000, 2000, 8000)
    )
    assert few == pytest.approx(usual / 4, rel=0.02)
    assert half == pytest.approx(usual / 2, rel=0.02)
    assert many == pytest.approx(usual, rel=0.02)


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
    found = drift.shifts(drift.baseline(card), captured.read([tmp_path / "other"]))
    assert {shift.feature for shift in found if shift.above} == {"amt", "sum_24h", "max_24h"}
    assert {(shift.client, shift.days, shift.purchases) for shift in found} == {(drift.EVERYONE, 1, 2000)}


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
    seen = captured.read([path])
    assert seen.skipped_lines == 4
    ((client, _), counts), *others = seen.counts.items()
    assert (client, others) == ("key-id-1", [])
    assert sum(counts["amt"].values()) == sum(counts["alert"].values()) == 600
    expected = drift.baseline(card)
    by_name = {shift.feature: shift.largest for shift in drift.shifts(expected, seen, least=600)}
    assert by_name["amt"] < 4 < 20 < by_name["score"]  # the stand-in answers every request with one score


def log_lines(client: str, day: str, bins: list[int], frauds: int = 0) -> list[str]:
    line = {"timestamp": f"{day}T10:00:00.000Z", "api_key_id": client, "count": 25, "frauds": frauds}
    return [json.dumps({**line, "bin_amt": bins[start : start + 25]}) for start in range(0, len(bins), 25)]


def test_each_client_and_day_is_judged_for_itself(card: Path, tmp_path: Path) -> None:
    """One day of a small client is wrong: among all purchases it would not be seen."""
    usual = histograms.bins(transactions(12_000), None)["amt"]
    lines = [
        *log_lines("large", "2026-03-01", usual[:6000]),
        *log_lines("large", "2026-03-02", usual[6000:]),
        *log_lines("small", "2026-03-01", usual[:1000]),
        *log_lines("small", "2026-03-02", [*usual[:700], *[13] * 300]),
        *log_lines("tiny", "2026-03-02", [13] * 100),
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines))
    found = drift.shifts(drift.baseline(card), captured.read([path]), margin=3)
    amounts = {shift.client: (shift.days, shift.above) for shift in found if shift.feature == "amt"}
    assert amounts["large"] == (2, 0)
    assert amounts["small"] == (2, 1)
    assert "tiny" not in amounts
    assert found[0].client == drift.EVERYONE
    result = run(card, path, more=("--margin", "3"))
    assert result.exit_code == 1
    assert "small" in result.stdout


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        '{"histograms": {"amt": {"edges": [1], "counts": [1, 2], "day_index": 1, "day_purchases": 1}}}',
        '{"histograms": {"other": {"edges": [1], "counts": [1, 2], "day_index": 1, "day_purchases": 1}}}',
        '{"histograms": {"alert": {"edges": [1], "counts": [1, 2], "day_index": 0, "day_purchases": 1}}}',
        '{"histograms": {"alert": {"edges": [1], "counts": [1, 2]}}}',
    ],
)
def test_a_card_that_does_not_fit_is_a_mistake(tmp_path: Path, content: str) -> None:
    card = tmp_path / "card.json"
    card.write_text(content)
    with pytest.raises(UserError, match="holds no histograms that this version reads"):
        drift.baseline(card)


def test_captured_data_without_an_end_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UserError, match="is not a regular file"):
            captured.read([path])


def test_mistakes_are_one_sentence_with_what_to_do(card: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(capture(transactions(20), scores(20).tolist(), "JSON"))
    prose = tmp_path / "prose.md"
    prose.write_text("# Not a log\n\n{nothing}\n")
    for arguments, sentence in (
        ((card, path), "No day in the files holds 1,000 purchases: add files or lower --min-rows."),
        (
            (card, tmp_path / "none"),
            "none does not exist: name data capture or function log files, or folders.",
        ),
        ((tmp_path / "none", path), "none is not a file: name the card.json of the model that answered."),
        ((card, prose), "prose.md: holds neither captured requests nor log lines of the scoring function."),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, UserError)
        assert str(result.exception).endswith(sentence)
    assert run(card, path, more=("--min-rows", "20", "--margin", "999")).exit_code == 0
