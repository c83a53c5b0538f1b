"""The population's alarms: what the function logs of a day, against what the model's card says of its training.

Pure: expressions in CloudWatch's metric math over the metrics of `model.histograms.log_fields`. They are computed
where the counts are, by the alarm itself: no second program, no right to read logs, no job whose end goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from model import histograms
from settings import Alarms

DAY_SECONDS = 86_400
_LEAST_TRANSACTIONS = 1000
_GROUPS = {
    "purchase-drift": ("amt", "hour", "category"),
    "history-drift": ("seconds_since_previous", "count_24h", "sum_24h", "max_24h"),
    "holder-drift": ("age_band", "city_size"),
    "score-drift": ("score",),
    "alert-share": ("alert",),
}
"""What one alarm judges: so many bands that ten metrics are enough, and features that one cause moves together."""
_MEANS = {
    "purchase-drift": "Amounts, hours or categories of a day are not spread as in the model's training",
    "history-drift": "What callers count of their cards' last day is not spread as in the model's training",
    "holder-drift": "Ages or cities of cardholders are not spread as in the model's training",
    "score-drift": "The scores of a day are not spread as on the model's validation weeks",
    "alert-share": "The share of alerts of a day is not that of the model's validation weeks",
}


@dataclass(frozen=True)
class Derived:
    """A figure computed from a day's metrics, and when it is too much.

    `metrics` maps an id to a metric's name and statistic; `steps` maps an id to an expression, the last of which is
    the figure. CloudWatch allows ten of each. A client's alarm has `client`, the id of its key, as a dimension.
    """

    function: str
    metrics: Mapping[str, tuple[str, str]]
    steps: Mapping[str, str]
    threshold: float
    means: str
    client: pulumi.Output[str] | None = None

    namespace = histograms.NAMESPACE

    @property
    def dimensions(self) -> dict[str, Any]:
        """Of each metric; unknown in a preview that makes the client's key."""
        named = {"function": self.function}
        return named if self.client is None else {**named, histograms.CLIENT: self.client}


def drift_metrics(
    alarms: Alarms, function: str, card: Mapping[str, Any], keys: Mapping[str, pulumi.Output[str]]
) -> dict[str, Derived]:
    """What is watched of the population that a model with this card scores: all clients together, and by key.

    Each figure is the largest population stability index of its features over a day, as a multiple of what 99 in 100
    of the training data's days stay below, as `python -m model drift` computes it; 0 on a day with fewer than 1,000
    purchases. A client alone is not watched apart.
    """
    watched = dict(_of(alarms, function, card["histograms"], None))
    if len(keys) > 1:
        for client, key in keys.items():
            of_key = _of(alarms, function, card["histograms"], key)
            watched |= {f"{label}-{client}": derived for label, derived in of_key}
    return watched


def _of(
    alarms: Alarms, function: str, entries: Mapping[str, Any], key: pulumi.Output[str] | None
) -> Iterator[tuple[str, Derived]]:
    for label, names in _GROUPS.items():
        if present := {name: entries[name] for name in names if name in entries}:
            metrics, steps = _expressions(present)
            yield label, Derived(function, metrics, steps, alarms.drift_margin, _MEANS[label], key)


def _expressions(entries: Mapping[str, Any]) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Metrics and steps of the largest multiple among these features."""
    metrics, steps = {"m0": ("count", "Sum")}, {}
    for place, (name, entry) in enumerate(entries.items()):
        expected = histograms.banded(name, entry["counts"])
        # An alarm pays for each metric: the band that most purchases are in holds what the others leave.
        largest = expected.index(max(expected))
        seen: list[str] = []
        for band in range(len(expected)):
            if band != largest:
                metrics[f"m{len(metrics)}"] = _metric(name, band)
                id_ = f"m{len(metrics) - 1}"
                seen.append(id_ if name == "alert" else f"m0*{id_}/100")
        seen.insert(largest, f"(m0-{'-'.join(seen)})")
        steps[f"p{place}"] = _multiple(seen, expected, entry)
    most = f"MAX([{','.join(steps)}])" if len(steps) > 1 else "p0"
    return metrics, {**steps, "most": f"IF(m0>={_LEAST_TRANSACTIONS},{most},0)"}


def _metric(name: str, band: int) -> tuple[str, str]:
    """Name and statistic of a band: the percentile rank of its bins, halfway between one and the next."""
    if name == "alert":
        return "frauds", "Sum"
    firsts = (*histograms.BANDS[name], len(histograms.EDGES[name]) + 1)
    low = f"{firsts[band] - 0.5:g}" if band else ""
    high = f"{firsts[band + 1] - 0.5:g}" if band + 2 < len(firsts) else ""
    return histograms.PREFIX + name, f"PR({low}:{high})"


def _multiple(seen: list[str], expected: list[float], entry: Mapping[str, Any]) -> str:
    """The index of counts per band, each an expression, as a multiple of a usual day's."""
    whole = sum(expected) + 0.5 * len(expected)
    terms = []
    for count, before in zip(seen, expected, strict=True):
        share, now = (before + 0.5) / whole, f"({count}+0.5)/(m0+{0.5 * len(expected):g})"
        terms.append(f"({now}-{share:.9f})*LOG({now}/{share:.9f})")
    purchases = f"{entry['day_purchases']:g}"
    return f"({'+'.join(terms)})*IF(m0<{purchases},m0/{purchases},1)/{entry['day_index']:g}"
