"""Episodes of fraud: a card's frauds that follow one another, and the owner's purchases that are missing in them.

The Kaggle set's generator lets the owner of a stolen card buy nothing while a thief does: in the training file's 900
episodes on cards with normal spending, 899 hold no other purchase. A real owner goes on, and a model that has learnt
from such data that a purchase soon after another is fraud is less good than its figures. `with_owners` puts purchases
of the same owner into the episodes, so that this can be measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.data.dataset import TIME, Dataset

GAP = np.timedelta64(7, "D")
"""Two frauds on a card further apart than this belong to two episodes."""
WEEKS_BEFORE = 2
"""Whole weeks, so that weekday and hour stay what they were."""


def numbered(
    cards: npt.NDArray[Any], times: npt.NDArray[np.datetime64], labels: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """Per row (n,) the number of its episode, from 0, by card and time; -1 for a normal row."""
    rows = np.flatnonzero(labels == 1)
    order = rows[np.lexsort((times[rows], cards[rows]))]
    new = (np.diff(cards[order]) != 0) | (np.diff(times[order]) > GAP)
    result = np.full(len(labels), -1, dtype=np.int64)
    if len(order):
        result[order] = np.concatenate([[0], np.cumsum(new)])
    return result


def with_owners(data: Dataset) -> tuple[Dataset, int]:
    """The data with the owners' purchases put into episodes that hold none, and how many those are.

    They are the card's normal purchases of the same calendar days two weeks earlier, moved by two weeks. An episode
    that holds a normal purchase stays as it is, and so does a card without normal purchases.
    """
    border = len(data.train)
    cards, times, labels = (
        np.concatenate([part[name].to_numpy() for part in (data.train, data.test)])
        for name in ("cc_num", TIME, "is_fraud")
    )
    rows = _missing(cards, times.astype("datetime64[s]"), labels)
    if not len(rows):
        return data, 0
    moved = pd.concat([data.train.iloc[rows[rows < border]], data.test.iloc[rows[rows >= border] - border]])
    moved[TIME] = moved[TIME] + pd.Timedelta(weeks=WEEKS_BEFORE)
    later = (moved[TIME] >= data.test[TIME].iloc[0]).to_numpy()
    train, test = _merged(data.train, moved[~later]), _merged(data.test, moved[later])
    return replace(data, train=train, test=test), len(rows)


def _merged(frame: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, more]).sort_values(TIME, kind="stable", ignore_index=True)


def _missing(
    cards: npt.NDArray[Any], times: npt.NDArray[np.datetime64], labels: npt.NDArray[Any]
) -> npt.NDArray[np.intp]:
    """Rows of normal purchases to repeat two weeks later."""
    episode = numbered(cards, times, labels)
    days = times.astype("datetime64[D]").astype(np.int64)
    fraud = np.flatnonzero(episode >= 0)
    count = int(episode.max(initial=-1)) + 1
    first, last, card = (
        np.full(count, np.iinfo(np.int64).max),
        np.zeros(count, np.int64),
        np.zeros(count, cards.dtype),
    )
    np.minimum.at(first, episode[fraud], days[fraud])
    np.maximum.at(last, episode[fraud], days[fraud])
    card[episode[fraud]] = cards[fraud]
    normal = np.flatnonzero(episode < 0)
    names, code = np.unique(cards[normal], return_inverse=True)
    # One rising key over all cards: card, then day.
    stride = int(days.max(initial=0)) + 2 * 7 * WEEKS_BEFORE
    key = code.astype(np.int64) * stride + days[normal]
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(names, card)
    known = np.flatnonzero(np.isin(card, names))

    def between(shift: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        base = place[known] * stride - shift
        return (
            np.searchsorted(key[order], base + first[known], side="left"),
            np.searchsorted(key[order], base + last[known], side="right"),
        )

    (low, high), (start, end) = between(0), between(7 * WEEKS_BEFORE)
    found = [normal[order[a:b]] for a, b, empty in zip(start, end, low == high, strict=True) if empty]
    return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.intp)
