from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from model.data import episodes, sample
from model.data.dataset import TIME, Dataset
from tests.model.sample_data import without_owners


def frame(rows: list[tuple[int, str, int]]) -> pd.DataFrame:
    cards, times, labels = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "cc_num": np.array(cards),
            TIME: pd.to_datetime(list(times), format="ISO8601"),
            "amt": np.arange(1.0, len(rows) + 1),
            "is_fraud": np.array(labels, dtype=np.int8),
        }
    )


def numbers(rows: list[tuple[int, str, int]]) -> list[int]:
    made = frame(rows)
    found = episodes.numbered(*(made[name].to_numpy() for name in ("cc_num", TIME, "is_fraud")))
    return [int(number) for number in found]


def test_an_episode_ends_after_a_week_without_fraud_or_on_another_card() -> None:
    assert numbers(
        [
            (2, "2020-01-01", 1),
            (1, "2020-01-02", 1),
            (1, "2020-01-03", 0),
            (1, "2020-01-09", 1),
            (1, "2020-01-16 00:00:01", 1),
        ]
    ) == [2, 0, -1, 0, 1]
    assert numbers([(1, "2020-01-01", 0)]) == [-1]


TRAIN: list[tuple[int, str, int]] = [
    (1, "2020-01-02 08:00", 0),
    (1, "2020-01-03 23:59", 0),  # two weeks before the episode's last day
    (1, "2020-01-04 00:00", 0),  # and the day after
    (2, "2020-01-16 12:00", 0),
    (1, "2020-01-16 22:00", 1),
    (3, "2020-01-16 23:00", 1),  # a card without any normal purchase
]
TEST: list[tuple[int, str, int]] = [
    (1, "2020-01-17 01:00", 1),
    (2, "2020-01-30 10:00", 0),
    (2, "2020-01-30 22:00", 1),
]


def test_the_owners_purchases_of_two_weeks_before_are_put_into_an_episode() -> None:
    data = Dataset(frame(TRAIN), frame(TEST))
    found, count = episodes.with_owners(data)
    assert count == 2
    added = pd.concat([found.train, found.test])
    added = added[(added["cc_num"] == 1) & (added["is_fraud"] == 0) & (added[TIME] >= "2020-01-10")]
    assert added[TIME].astype(str).tolist() == ["2020-01-16 08:00:00", "2020-01-17 23:59:00"]
    assert added["amt"].tolist() == [1.0, 2.0]
    assert (len(found.train), len(found.test)) == (len(TRAIN) + 1, len(TEST) + 1)  # over the border
    assert found.train[TIME].is_monotonic_increasing
    assert found.test[TIME].is_monotonic_increasing
    assert found.train[TIME].iloc[-1] <= found.test[TIME].iloc[0]


def test_an_episode_in_which_the_owner_buys_stays_as_it_is() -> None:
    rows: list[tuple[int, str, int]] = [*TRAIN, (1, "2020-01-16 23:30", 0)]
    data = Dataset(frame(rows), frame(TEST))
    assert episodes.with_owners(data) == (data, 0)


def test_the_sample_data_have_owners_who_go_on_buying() -> None:
    data = sample.load(rows=20_000, seed=3)
    assert missing_share(data) < 0.2
    bare = without_owners(data)
    assert missing_share(bare) == 1
    completed, count = episodes.with_owners(bare)
    assert count > 50
    assert missing_share(completed) < 0.2


def missing_share(data: Dataset) -> float:
    """Episodes on usual cards without a normal purchase on their days."""
    whole = pd.concat([data.train, data.test], ignore_index=True)
    number = episodes.numbered(*(whole[name].to_numpy() for name in ("cc_num", TIME, "is_fraud")))
    day: Any = whole[TIME].dt.floor("D")
    empty = []
    for one in range(number.max() + 1):
        rows = number == one
        card = whole["cc_num"] == whole["cc_num"][rows].iloc[0]
        during = (day >= day[rows].min()) & (day <= day[rows].max())
        empty.append(not (card & during & (number < 0)).any())
    return float(np.mean(empty))
