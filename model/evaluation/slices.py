"""The same figures on parts of the test file: where the model is weakest, and whether it stays as good."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score

Report = dict[str, Any]

_DOLLARS = (0, 10, 25, 50, 100, 250, 500, 1000, np.inf)
_YEARS = (0, 30, 40, 50, 60, 70, np.inf)
FEWEST_FRAUDS = 20
"""Of a slice that may be named as one of the worst: fewer say nothing."""
_WORST = 5


def slices(frame: pd.DataFrame, score: npt.NDArray[np.float64], threshold: float) -> Report:
    """Figures per value of each dimension, and the slices of most frauds missed by share.

    `frame` is a test frame of `model.dataset`; dimensions are category, hour, amount, age and month.
    """
    dimensions = {
        "category": frame["category"].astype(str),
        "hour": frame["trans_date_trans_time"].dt.hour.map("{:02d}".format),
        "amount": _banded(frame["amt"], _DOLLARS, "$"),
        "age": _banded(frame["age"], _YEARS, ""),
        "month": frame["trans_date_trans_time"].dt.strftime("%Y-%m"),
    }
    table = pd.DataFrame(
        {"fraud": frame["is_fraud"].to_numpy() == 1, "score": score, "alert": score >= threshold}
    )
    found = {
        name: [_figures(str(value), rows) for value, rows in table.groupby(key.to_numpy(), sort=True)]
        for name, key in dimensions.items()
    }
    for name in ("amount", "age"):
        found[name].sort(key=lambda row: float(str(row["slice"]).strip("$").split(" ")[0]))
    return {"dimensions": found, "worst": _worst(found)}


def _banded(values: pd.Series[Any], edges: tuple[float, ...], sign: str) -> pd.Series[Any]:
    names = [
        f"{sign}{low:g} and more" if high == np.inf else f"{sign}{low:g} to {sign}{high:g}"
        for low, high in pairwise(edges)
    ]
    places = np.searchsorted(edges, values.to_numpy(), side="right") - 1
    return pd.Series([names[place] for place in places], index=values.index)


def _figures(name: str, rows: pd.DataFrame) -> Report:
    fraud, alert = rows["fraud"].to_numpy(), rows["alert"].to_numpy()
    caught = int((fraud & alert).sum())
    frauds, alerts = int(fraud.sum()), int(alert.sum())
    return {
        "slice": name,
        "rows": len(rows),
        "frauds": frauds,
        "alerts": alerts,
        "precision": round(caught / alerts, 4) if alerts else None,
        "recall": round(caught / frauds, 4) if frauds else None,
        "f1": round(2 * caught / (alerts + frauds), 4) if alerts + frauds else None,
        "pr_auc": round(float(average_precision_score(fraud, rows["score"])), 4) if frauds else None,
    }


def _worst(found: dict[str, list[Report]]) -> list[Report]:
    rows = [
        {"dimension": dimension, **row}
        for dimension, part in found.items()
        for row in part
        if row["frauds"] >= FEWEST_FRAUDS
    ]
    return sorted(rows, key=lambda row: (row["f1"], row["slice"]))[:_WORST]


def before_first_alert(frame: pd.DataFrame, score: npt.NDArray[np.float64], threshold: float) -> Report:
    """What a thief gets away with on a card until the first alert on one of its frauds.

    Counts cards with fraud in the test file, those that never had an alert on one, and, per card with fraud,
    the frauds and dollars before its first such alert (all of them where there was none).
    """
    fraud = frame["is_fraud"].to_numpy() == 1
    rows = pd.DataFrame(
        {"card": frame["cc_num"].to_numpy()[fraud], "amt": frame["amt"].to_numpy()[fraud]},
    )
    rows["seen"] = (score[fraud] >= threshold).astype(int)
    rows["seen"] = rows.groupby("card")["seen"].cummax()
    missed = rows[rows["seen"] == 0]
    per_card = missed.groupby("card").size().reindex(rows["card"].unique(), fill_value=0)
    return {
        "cards_with_fraud": len(per_card),
        "cards_without_alert": int((rows.groupby("card")["seen"].max() == 0).sum()),
        "missed_per_card_mean": round(float(per_card.mean()), 3),
        "missed_per_card_p90": float(per_card.quantile(0.9)),
        "caught_at_once_share": round(float((per_card == 0).mean()), 4),
        "money_before": round(float(missed["amt"].sum()), 2),
    }
