"""The population's alarms: their expressions, computed here as CloudWatch would, against the offline index."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest

from components.drift import Derived, drift_metrics
from model import histograms
from model.contract import FIELDS, RECIPE_FIELDS
from model.evaluation import drift
from settings import Alarms
from tests.harness import declared, one

ALARMS = Alarms(None, drift_index=0.2, alert_factor=3)
NAMES = {"score-drift", "alert-share", "feature-drift", "clock-shift", "history-missing"}


def alarms(stack: str) -> list[dict[str, Any]]:
    found = [r["inputs"] for r in declared(stack).resources if r["type"].endswith(":MetricAlarm")]
    return [alarm for alarm in found if "metricQueries" in alarm]


def card(features: tuple[str, ...] = ("amt", "hour", "category")) -> dict[str, Any]:
    """A card whose bins are filled unevenly, most scores in the lowest."""
    counts = {
        name: [1.0 + place % 5 for place in range(len(histograms.EDGES[name]) + 1)] for name in features
    }
    counts["score"] = [9000.0, 200, 100, 50, 40, 20, 10, 8, 6, 5, 9, 12, 10, 200]
    entries = {name: {"edges": list(histograms.EDGES[name]), "counts": c} for name, c in counts.items()}
    return {"histograms": entries, "metrics": {"alerts_per_1000": 20.0}}


def figure(derived: Derived, values: dict[str, float]) -> float:
    """The last step, with a value for each metric by its name."""
    known: dict[str, Any] = {
        id_: values.get(f"{name} {statistic}", values.get(name))
        for id_, (name, statistic) in derived.metrics.items()
    }
    known |= {"IF": lambda test, yes, no: yes if test else no, "LOG": math.log, "ABS": abs, "MAX": max}
    for step, expression in derived.steps.items():
        known[step] = eval(expression, {"__builtins__": {}}, known)  # noqa: S307 - our own arithmetic
    return float(known[step])


def bands(scores: list[float]) -> dict[str, float]:
    counts = histograms.banded(scores)
    return {f"{histograms.BAND_PREFIX}{place}": count for place, count in enumerate(counts)}


@pytest.mark.parametrize(
    ("scores", "alarm"),
    [
        ([9000, 200, 100, 50, 40, 20, 10, 8, 6, 5, 9, 12, 10, 200], False),
        ([4500, 100, 50, 25, 20, 10, 5, 4, 3, 3, 5, 6, 5, 100], False),
        ([7000, 900, 800, 400, 300, 100, 50, 20, 6, 5, 9, 12, 10, 200], True),
        ([9700, *[0] * 13], True),
        ([0, *[0] * 12, 2000], True),
        ([0, *[0] * 12, 900], False),
    ],
)
def test_the_score_alarm_is_the_index_of_drift_over_the_bands(scores: list[float], alarm: bool) -> None:
    derived = drift_metrics(ALARMS, "scoring", card())["score-drift"]
    found = figure(derived, bands(scores))
    expected = drift.stability_index(
        histograms.banded(card()["histograms"]["score"]["counts"]), histograms.banded(scores)
    )
    assert found == pytest.approx(expected if sum(scores) > 1000 else 0, abs=1e-6)
    assert (found > derived.threshold) is alarm


@pytest.mark.parametrize(
    ("count", "frauds", "alarm"),
    [(10_000, 200, False), (10_000, 620, True), (10_000, 590, False), (10_000, 60, True), (900, 900, False)],
)
def test_too_many_alerts_and_too_few_are_one_alarm(count: int, frauds: int, alarm: bool) -> None:
    derived = drift_metrics(ALARMS, "scoring", card())["alert-share"]
    assert (figure(derived, {"count": count, "frauds": frauds}) > derived.threshold) is alarm


def test_a_feature_that_moves_is_counted_and_a_quiet_day_is_not() -> None:
    derived = drift_metrics(ALARMS, "scoring", card())["feature-drift"]
    counts = card()["histograms"]
    means = {
        f"{histograms.PREFIX}{name}": float(
            np.average(range(len(counts[name]["counts"])), weights=counts[name]["counts"])
        )
        for name in ("amt", "hour")
    }
    assert figure(derived, means | {"count": 5000}) == 0
    for name in means:
        moved = means | {name: means[name] * 2, "count": 5000}
        assert figure(derived, moved) == 1
        assert figure(derived, moved | {"count": 500}) == 0


def percentiles(derived: Derived, places: list[int]) -> dict[str, float]:
    """Percentile ranks as CloudWatch gives them: the share, in percent, of values within the bounds."""
    found: dict[str, float] = {"count": len(places)}
    for name, statistic in derived.metrics.values():
        if statistic.startswith("PR("):
            low, high = (float(bound) if bound else None for bound in statistic[3:-1].split(":"))
            inside = [p for p in places if (low is None or p > low) and (high is None or p <= high)]
            found[f"{name} {statistic}"] = 100 * len(inside) / len(places)
    return found


@pytest.mark.parametrize(("hours_late", "alarm"), [(0, False), (2, False), (6, True), (12, True), (-6, True)])
def test_a_clock_that_is_wrong_by_hours_is_told(hours_late: int, alarm: bool) -> None:
    day = [10] * 6 + [10] * 6 + [15] * 12
    hours = [hour for hour, count in enumerate(day) for _ in range(count * 10)]
    counts = {"hour": [float(count) for count in day]}
    derived = drift_metrics(ALARMS, "scoring", {**card(), "histograms": card()["histograms"] | {
        "hour": {"edges": list(histograms.EDGES["hour"]), "counts": counts["hour"]}}})["clock-shift"]  # fmt: skip
    seen = percentiles(derived, [(hour + hours_late) % 24 for hour in hours])
    assert (figure(derived, seen) > derived.threshold) is alarm
    assert figure(derived, seen | {"count": 999}) == 0


@pytest.mark.parametrize(("without", "alarm"), [(0, False), (40, False), (80, True), (1000, True)])
def test_a_history_that_is_gone_is_told(without: int, alarm: bool) -> None:
    name = "seconds_since_previous"
    bins = len(histograms.EDGES[name])
    full = card(("amt", name))
    full["histograms"][name]["counts"] = [100.0] * bins + [10.0]
    derived = drift_metrics(ALARMS, "scoring", full)["history-missing"]
    (never,) = histograms.bins([{name: None}], None)[name]
    seen = percentiles(derived, [never] * without + [3] * (1000 - without))
    assert (figure(derived, seen) > derived.threshold) is alarm


def test_what_a_recipe_does_not_read_is_not_watched() -> None:
    assert set(drift_metrics(ALARMS, "scoring", card(("amt",)))) == NAMES - {"clock-shift", "history-missing"}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_stack_watches_what_the_function_emits(stack: str) -> None:
    function = one(declared(stack), "Function")["inputs"]
    recipe = function["environment"]["variables"]["RECIPE"]
    transaction: dict[str, Any] = {"time": "2026-03-02T14:05:00", "category": "home"}
    transaction |= {name: FIELDS[name].maximum for name in RECIPE_FIELDS[recipe] if name not in transaction}
    line = {"count": 1, "frauds": 0, **histograms.log_fields(histograms.bins([transaction], [0.1]), "f", 0)}
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    emitted = {metric["Name"] for metric in directive["Metrics"]}
    watching = alarms(stack)
    assert {alarm["name"].removeprefix(f"fraud-{stack}-") for alarm in watching} == NAMES
    for alarm in watching:
        metrics = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
        assert {metric["metricName"] for metric in metrics} <= emitted
        assert {json.dumps(metric["dimensions"]) for metric in metrics} == {
            json.dumps({directive["Dimensions"][0][0]: function["name"]})
        }
        assert {metric["namespace"] for metric in metrics} == {directive["Namespace"]}


def test_the_alarms_keep_to_cloudwatchs_limits() -> None:
    """Ten metrics and ten expressions of 2,048 characters; ids start with a small letter; one figure is returned."""
    every = tuple(name for name in histograms.EDGES if name not in {"score", "age_band", "city_size"})
    for derived in drift_metrics(ALARMS, "scoring", card(every)).values():
        assert len(derived.metrics) <= 10
        assert len(derived.steps) <= 10
        assert all(len(expression) <= 2048 for expression in derived.steps.values())
        assert all(re.fullmatch(r"[a-z]\w*", id_) for id_ in (*derived.metrics, *derived.steps))
    for alarm in alarms("prod"):
        assert [query["returnData"] for query in alarm["metricQueries"]].count(True) == 1
        assert "period" not in alarm
