"""The population's alarms: their expressions, computed here as CloudWatch would, against `python -m model drift`."""

from __future__ import annotations

import asyncio
import json
import math
import re
from contextlib import closing
from typing import Any

import numpy as np
import pulumi
import pytest

from components.drift import Derived, drift_metrics
from model import histograms
from model.contract import FIELDS, RECIPE_FIELDS
from model.evaluation import drift
from settings import Alarms
from tests.components.recorded import of_type
from tests.harness import declared, one

ALARMS = Alarms(None, drift_margin=1.3)
HISTORY = ("seconds_since_previous", "count_24h", "sum_24h", "max_24h")
NAMES = {"purchase-drift", "history-drift", "score-drift", "alert-share"}


def alarms(stack: str) -> dict[str, dict[str, Any]]:
    found = [r["inputs"] for r in of_type(declared(stack), "MetricAlarm") if "metricQueries" in r["inputs"]]
    return {alarm["name"].removeprefix(f"fraud-{stack}-"): alarm for alarm in found}


def card(
    features: tuple[str, ...] = ("amt", "hour", "category", *HISTORY, "score", "alert"),
) -> dict[str, Any]:
    """A card whose bins are filled unevenly."""
    entries = {}
    for name in features:
        edges = list(histograms.EDGES[name])
        counts = [100.0 + 70 * (place % 5) for place in range(len(edges) + 1)]
        entries[name] = {"edges": edges, "counts": counts, "day_index": 0.02, "day_purchases": 2500.0}
    if "alert" in entries:
        entries["alert"]["counts"] = [9900.0, 100.0]
    return {"histograms": entries}


def watched(of: dict[str, Any]) -> dict[str, Derived]:
    return drift_metrics(ALARMS, "scoring", of, {})


def figure(derived: Derived, values: dict[str, float]) -> float:
    """The last step, with a value for each metric by its name."""
    known: dict[str, Any] = {
        id_: values.get(f"{name} {statistic}", values.get(name))
        for id_, (name, statistic) in derived.metrics.items()
    }
    known |= {"IF": lambda test, yes, no: yes if test else no, "LOG": math.log, "MAX": max}
    for step, expression in derived.steps.items():
        known[step] = eval(expression, {"__builtins__": {}}, known)  # noqa: S307 - our own arithmetic
    return float(known[step])


def as_cloudwatch(derived: Derived, day: dict[str, np.ndarray[Any, Any]]) -> dict[str, float]:
    """Statistics of a day's bin numbers: a percentile rank is the percentage of values within its bounds."""
    alerts = day["alert"]
    found: dict[str, float] = {"count": len(alerts), "frauds": int(alerts.sum())}
    for name, statistic in derived.metrics.values():
        if statistic.startswith("PR("):
            low, high = (float(bound) if bound else None for bound in statistic[3:-1].split(":"))
            places = day[name.removeprefix(histograms.PREFIX)]
            inside = (places > (low if low is not None else -1)) & (
                places <= (high if high is not None else 99)
            )
            found[f"{name} {statistic}"] = 100 * float(inside.mean())
    return found


def day(of: dict[str, Any], count: int, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Bin numbers of a day, some features spread as in the card and some not."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for name, entry in of["histograms"].items():
        shares = np.array(entry["counts"]) * (
            1 if rng.random() < 0.5 else rng.uniform(0.2, 3, len(entry["counts"]))
        )
        drawn[name] = rng.choice(len(shares), count, p=shares / shares.sum())
    return drawn


@pytest.mark.parametrize("count", [1000, 1800, 2500, 9000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_alarms_figure_is_that_of_the_command(count: int, seed: int) -> None:
    of = card()
    expected = drift.of_card(of["histograms"])
    seen = day(of, count, seed)
    multiples = {}
    for name, places in seen.items():
        counts = np.bincount(places, minlength=len(histograms.EDGES[name]) + 1).tolist()
        (multiples[name],) = expected[name].multiples(np.array([histograms.banded(name, counts)]))
    groups = {
        "purchase-drift": ("amt", "hour", "category"),
        "history-drift": HISTORY,
        "score-drift": ("score",),
        "alert-share": ("alert",),
    }
    found = watched(of)
    assert set(found) == set(groups) == NAMES
    for label, derived in found.items():
        largest = max(multiples[name] for name in groups[label])
        assert figure(derived, as_cloudwatch(derived, seen)) == pytest.approx(largest, rel=1e-5, abs=1e-5)
        assert derived.threshold == ALARMS.drift_margin


def test_a_day_of_few_purchases_is_not_judged() -> None:
    of = card()
    for derived in watched(of).values():
        assert figure(derived, as_cloudwatch(derived, day(of, 999, 1))) == 0


def test_the_band_of_most_purchases_is_not_paid_for() -> None:
    of = card()
    of["histograms"]["hour"]["counts"] = [1.0] * 12 + [50.0] * 6 + [2.0] * 6
    metrics = watched(of)["purchase-drift"].metrics.values()
    assert [statistic for name, statistic in metrics if name == "bin_hour"] == [
        "PR(:3.5)",
        "PR(3.5:7.5)",
        "PR(7.5:11.5)",
        "PR(15.5:19.5)",
        "PR(19.5:)",
    ]


def test_what_a_recipe_does_not_read_is_not_watched() -> None:
    assert set(watched(card(("amt", "score", "alert")))) == NAMES - {"history-drift"}
    people = watched(card(("amt", "hour", "category", "age_band", "city_size", "score", "alert")))
    assert set(people) == NAMES - {"history-drift"} | {"holder-drift"}


def test_clients_are_watched_apart_where_there_are_several() -> None:
    async def labels(*clients: str) -> set[str]:
        ids = {name: pulumi.Output.from_input(f"id-{name}") for name in clients}
        return set(drift_metrics(ALARMS, "scoring", card(), ids))

    clients = ("checkout", "back-office")
    with closing(asyncio.new_event_loop()) as loop:
        several = loop.run_until_complete(labels(*clients))
        alone = loop.run_until_complete(labels("checkout"))
    assert several == NAMES | {f"{label}-{name}" for label in NAMES for name in clients}
    assert alone == NAMES


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_stack_watches_what_the_function_emits(stack: str) -> None:
    graph = declared(stack)
    function = one(graph, "Function")["inputs"]
    keys = {r["inputs"]["name"].removeprefix(f"fraud-{stack}-"): r for r in of_type(graph, "ApiKey")}
    recipe = function["environment"]["variables"]["RECIPE"]
    transaction: dict[str, Any] = {"time": "2026-03-02T14:05:00", "category": "home"}
    transaction |= {name: FIELDS[name].maximum for name in RECIPE_FIELDS[recipe] if name not in transaction}
    bins = histograms.bins([transaction], [0.1])
    (directive,) = histograms.log_fields(bins, "f", "key", 0)["_aws"]["CloudWatchMetrics"]
    emitted = {metric["Name"] for metric in directive["Metrics"]}
    clients = [f"-{name}" for name in keys] if len(keys) > 1 else []
    watching = alarms(stack)
    assert set(watching) == {f"{label}{client}" for label in NAMES for client in ("", *clients)}
    for label, alarm in watching.items():
        metrics = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
        assert {metric["metricName"] for metric in metrics} <= emitted
        assert {metric["namespace"] for metric in metrics} == {directive["Namespace"]}
        (dimensions,) = {json.dumps(metric["dimensions"]) for metric in metrics}
        of_client = label not in NAMES
        assert set(json.loads(dimensions)) == set(directive["Dimensions"][of_client])
        assert json.loads(dimensions)["function"] == function["name"]


def test_the_alarms_keep_to_cloudwatchs_limits() -> None:
    """Ten metrics and ten expressions of 2,048 characters; ids start with a small letter; one figure is returned."""
    every = tuple(histograms.EDGES)
    for derived in watched(card(every)).values():
        assert len(derived.metrics) <= 10
        assert len(derived.steps) <= 10
        assert all(len(expression) <= 2048 for expression in derived.steps.values())
        assert all(re.fullmatch(r"[a-z]\w*", id_) for id_ in (*derived.metrics, *derived.steps))
    for alarm in alarms("prod").values():
        assert [query["returnData"] for query in alarm["metricQueries"]].count(True) == 1
        assert "period" not in alarm
