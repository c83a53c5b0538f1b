"""Sample data bent to the form of the Kaggle set, for tests."""

from __future__ import annotations

import pandas as pd

from model.data.dataset import TIME, Dataset
from model.data.episodes import numbered


def without_owners(data: Dataset) -> Dataset:
    """The data without the purchases of an owner on the days of an episode of fraud, as the Kaggle set has them."""
    border = len(data.train)
    whole = pd.concat([data.train, data.test], ignore_index=True)
    whole["episode"] = numbered(*(whole[name].to_numpy() for name in ("cc_num", TIME, "is_fraud")))
    whole["day"] = whole[TIME].dt.floor("D")
    drop = pd.Series(False, index=whole.index)
    for (_, card), rows in whole[whole["episode"] >= 0].groupby(["episode", "cc_num"]):
        during = whole["day"].between(rows["day"].min(), rows["day"].max())
        drop |= during & (whole["cc_num"] == card) & (whole["episode"] < 0)
    kept = whole[~drop].drop(columns=["episode", "day"])
    train, test = kept[kept.index < border], kept[kept.index >= border]
    return Dataset(train.reset_index(drop=True), test.reset_index(drop=True))
