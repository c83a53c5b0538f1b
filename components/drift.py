"""The population's alarms: what the function logs of a day, against what the model's card says of its training.

Pure: expressions in CloudWatch's metric math over the metrics of `model.histograms.log_fields`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import histograms
from settings import Alarms

DAY_SECONDS = 86_400
_LEAST_TRANSACTIONS = 1000
_LEAST_ALERTS = 20
"""Expected in the day: below these an index says more about chance than about the population."""
_HISTORY = "seconds_since_previous"
_BLOCK_HOURS = 6
_CLOCK_SHIFT, _HISTORY_MISSING = 0.07, 0.05
"""Shares of a day's purchases: some five standard deviations at 1,000 of them, and a clock wrong by five hours."""
_LEAST_DEVIATION = 0.1
"""Of a bin number, for a feature that hardly varied in training."""


@dataclass(frozen=True)
class Derived:
    """A figure computed from a day's metrics, and when it is too much.

    `metrics` maps an id to a metric's name and statistic; `steps` maps an id to an expression, the last of which is
    the figure. CloudWatch allows ten of each.
    """

    dimensions: Mapping[str, str]
    metrics: Mapping[str, tuple[str, str]]
    steps: Mapping[str, str]
    threshold: float
    means: str

    namespace = histograms.NAMESPACE


def drift_metrics(alarms: Alarms, function: str, card: Mapping[str, Any]) -> dict[str, Derived]:
    """What is watched of the population that a model with this card scores.

    Each figure is 0 on a day with too few transactions to judge by.
    """
    seen = {name: entry["counts"] for name, entry in card["histograms"].items()}
    watched = {
        "score-drift": _scores(function, seen["score"], alarms.drift_index),
        "alert-share": _alerts(function, card["metrics"]["alerts_per_1000"] / 1000, alarms.alert_factor),
        "feature-drift": _features(function, seen, alarms.drift_index),
    }
    if "hour" in seen:
        watched["clock-shift"] = _clock(function, seen["hour"])
    if _HISTORY in seen:
        watched["history-missing"] = _history(function, seen[_HISTORY])
    return watched


def _scores(function: str, counts: Sequence[float], index: float) -> Derived:
    """Population stability index over the bands of scores, as `model.drift` computes it over bins."""
    before = histograms.banded(counts)
    whole = sum(before) + 0.5 * len(before)
    shares = {f"b{band}": (count + 0.5) / whole for band, count in enumerate(before)}
    terms = [f"(({b}+0.5)/n-{p:.9f})*LOG(({b}+0.5)/n/{p:.9f})" for b, p in shares.items()]
    return Derived(
        {"function": function},
        {b: (f"{histograms.BAND_PREFIX}{b[1:]}", "Sum") for b in shares},
        {
            "n": f"{'+'.join(shares)}+{0.5 * len(before)}",
            "psi": f"IF(n>={_LEAST_TRANSACTIONS},{'+'.join(terms)},0)",
        },
        index,
        "The scores of a day are distributed otherwise than those of the card",
    )


def _alerts(function: str, share: float, factor: float) -> Derived:
    return Derived(
        {"function": function},
        {"m0": ("count", "Sum"), "m1": ("frauds", "Sum")},
        {
            "expected": f"m0*{share:.9f}",
            "shift": f"IF(expected>={_LEAST_ALERTS},ABS(LOG((m1+0.5)/(expected+0.5))),0)",
        },
        math.log(factor),
        f"The share of alerts of a day is {factor:g} times above or below that of the card (logarithm of the ratio)",
    )


def _features(function: str, seen: Mapping[str, Sequence[float]], index: float) -> Derived:
    """How many features' average bin has moved.

    By so many deviations that the index of a normal distribution, which is their square, would be the threshold.
    """
    moments = {name: _moments(counts) for name, counts in seen.items() if name in histograms.averaged(seen)}
    metrics, shifted = {"m0": ("count", "Sum")}, []
    for place, (name, (mean, deviation)) in enumerate(moments.items(), 1):
        metrics[f"m{place}"] = (histograms.PREFIX + name, "Average")
        shifted.append(f"(ABS(m{place}-{mean:.4f})>{deviation * math.sqrt(index):.4f})")
    return Derived(
        {"function": function},
        metrics,
        {"moved": f"IF(m0>={_LEAST_TRANSACTIONS},{'+'.join(shifted)},0)"},
        0,
        "The average of a feature's bins over a day is not that of the card",
    )


def _clock(function: str, counts: Sequence[float]) -> Derived:
    """The largest change of a six-hour block's share of the day.

    A clock that is wrong moves few averages: the hours go round. Night and day change places in the blocks.
    """
    blocks = range(0, len(counts), _BLOCK_HOURS)
    metrics, shifts = {"m0": ("count", "Sum")}, []
    for place, first in enumerate(blocks, 1):
        share = sum(counts[first : first + _BLOCK_HOURS]) / sum(counts)
        start = f"{first - 0.5:g}" if first else ""
        metrics[f"m{place}"] = (f"{histograms.PREFIX}hour", f"PR({start}:{first + _BLOCK_HOURS - 0.5:g})")
        shifts.append(f"ABS(m{place}/100-{share:.6f})")
    largest = f"MAX([{','.join(shifts)}])"
    return Derived(
        {"function": function},
        metrics,
        {"shift": f"IF(m0>={_LEAST_TRANSACTIONS},{largest},0)"},
        _CLOCK_SHIFT,
        "The hours of a day's purchases are not those of the card: a clock or a time zone may be wrong",
    )


def _history(function: str, counts: Sequence[float]) -> Derived:
    """How much larger than the card's the share of purchases is that come without an earlier one of their card."""
    share = counts[-1] / sum(counts)
    return Derived(
        {"function": function},
        {
            "m0": ("count", "Sum"),
            "m1": (histograms.PREFIX + _HISTORY, f"PR({len(counts) - 1.5:g}:)"),
        },
        {"missing": f"IF(m0>={_LEAST_TRANSACTIONS},m1/100-{share:.6f},0)"},
        _HISTORY_MISSING,
        "Many purchases of a day come without their card's history: a caller may have stopped counting it",
    )


def _moments(counts: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of the bin number."""
    whole = sum(counts)
    mean = sum(place * count for place, count in enumerate(counts)) / whole
    variance = sum((place - mean) ** 2 * count for place, count in enumerate(counts)) / whole
    return mean, max(math.sqrt(variance), _LEAST_DEVIATION)
