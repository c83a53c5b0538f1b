"""Sample data in the Kaggle set's 23 columns, for a first run and for tests.

Fraud differs from normal spending as it does in the real files: it comes in bursts over two nights on one
card, between 22 and 4 o'clock, with amounts of its own in each category. People, cards and shops are
invented; card numbers start with 9, which no card network issues.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from model.data import dataset
from model.data.folder import SAMPLE_ROWS, TEST, TRAIN, DataError

Array = npt.NDArray[Any]

DEFAULT_SEED = 42
TRAIN_SHARE = 0.7
FRAUD_SHARE = 0.01

_START = np.datetime64("2019-01-01T00:00:00", "s")
_ROWS_PER_CARD = 1_800
_PURCHASES_PER_DAY = 2.5
_FRAUDS_PER_BURST = 10
_FEWEST_FRAUDS, _FEWEST_BURSTS = 40, 10  # so that every part of a small sample holds some
_SEVEN_YEARS = 220_924_800  # the original's unix_time is behind its own time by this many seconds

# Normal spending: share of purchases, median and mean in dollars. Fraud: share, mean, standard deviation.
_SPENDING: dict[str, tuple[float, float, float, float, float, float]] = {
    "entertainment": (0.074, 54.7, 65.3, 0.028, 507, 80),
    "food_dining": (0.072, 39.9, 49.9, 0.022, 121, 12),
    "gas_transport": (0.102, 62.9, 63.6, 0.078, 12, 4.5),
    "grocery_net": (0.036, 50.1, 52.6, 0.022, 12, 3),
    "grocery_pos": (0.093, 104.2, 113.8, 0.234, 312, 26),
    "health_fitness": (0.067, 41.2, 53.2, 0.018, 20, 2),
    "home": (0.093, 47.8, 57.8, 0.023, 252, 36),
    "kids_pets": (0.086, 47.4, 58.1, 0.026, 18, 5.5),
    "misc_net": (0.050, 12.2, 73.4, 0.128, 804, 80),
    "misc_pos": (0.062, 17.9, 64.9, 0.030, 170, 150),
    "personal_care": (0.070, 31.8, 47.3, 0.029, 28, 13),
    "shopping_net": (0.075, 8.6, 73.8, 0.237, 1000, 100),
    "shopping_pos": (0.089, 8.0, 75.8, 0.109, 886, 138),
    "travel": (0.031, 6.2, 107.2, 0.016, 9, 2.5),
}
_NAMES = list(_SPENDING)
_TABLE = np.array(list(_SPENDING.values()))

_FIRST = ["Alex", "Dana", "Jordan", "Kim", "Lee", "Morgan", "Robin", "Sam", "Taylor", "Val"]
_LAST = ["Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine"]
_JOBS = ["Baker", "Carpenter", "Engineer, land", "Nurse", "Pilot", "Teacher"]
_STATES = ["CA", "FL", "IL", "NY", "OH", "PA", "TX", "WA"]


def generate(rows: int, seed: int) -> pd.DataFrame:
    """`rows` purchases ordered by time, about 1 % of them fraud; the same arguments give the same frame."""
    rng = np.random.default_rng(seed)
    cards = max(25, rows // _ROWS_PER_CARD)
    days = max(30, round(rows / (cards * _PURCHASES_PER_DAY)))
    frauds = max(_FEWEST_FRAUDS, round(rows * FRAUD_SHARE))
    if rows < 4 * frauds:
        raise DataError(f"Sample data needs at least {4 * _FEWEST_FRAUDS} rows: ask for more.")
    card, time = _normal_times(rng, rows - frauds, cards, days)
    fraud_card, fraud_time = _fraud_times(rng, frauds, cards, days)
    card, time = np.concatenate([card, fraud_card]), np.concatenate([time, fraud_time])
    fraud = np.repeat([0, 1], [rows - frauds, frauds])
    order = np.lexsort((card, time))
    category, amount = _spending(rng, fraud[order])
    return _kaggle_frame(rng, card[order], time[order], category, amount, fraud[order])


def _normal_times(rng: np.random.Generator, count: int, cards: int, days: int) -> tuple[Array, Array]:
    by_hour = np.repeat([0.032, 0.051], 12)
    hour = rng.choice(24, count, p=by_hour / by_hour.sum())
    busy = rng.uniform(0.5, 1.5, cards)
    card = rng.choice(cards, count, p=busy / busy.sum())
    return card, rng.integers(0, days, count) * 86_400 + hour * 3_600 + rng.integers(0, 3_600, count)


def _fraud_times(rng: np.random.Generator, count: int, cards: int, days: int) -> tuple[Array, Array]:
    """Bursts spread evenly over the days, so that every long enough stretch of the sample holds some."""
    bursts = max(_FEWEST_BURSTS, count // _FRAUDS_PER_BURST)
    burst = np.arange(count) % bursts
    first_night = np.sort(rng.permutation(np.linspace(0, days - 3, bursts).astype(np.int64)))
    card_of_burst = rng.integers(0, cards, bursts)
    at_night = rng.random(count) < 0.86
    hour = np.where(
        at_night, rng.choice([22, 23, 24, 25, 26, 27], count, p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1]), 0
    )
    hour = np.where(at_night, hour, rng.integers(4, 22, count))
    day = first_night[burst] + rng.integers(0, 2, count)
    return card_of_burst[burst], day * 86_400 + hour * 3_600 + rng.integers(0, 3_600, count)


def _spending(rng: np.random.Generator, fraud: Array) -> tuple[Array, Array]:
    normal_share, median, mean, fraud_share, fraud_mean, fraud_sd = _TABLE.T
    count = len(fraud)
    category = np.where(
        fraud == 1,
        rng.choice(len(_NAMES), count, p=fraud_share / fraud_share.sum()),
        rng.choice(len(_NAMES), count, p=normal_share / normal_share.sum()),
    )
    # A log-normal with the given median and mean has the long tail of the real amounts.
    sigma = np.sqrt(2 * np.log(mean / median))[category]
    normal = median[category] * np.exp(sigma * rng.standard_normal(count))
    stolen = fraud_mean[category] + fraud_sd[category] * rng.standard_normal(count)
    return category, np.clip(np.where(fraud == 1, stolen, normal), 1, 25_000).round(2)


def _kaggle_frame(
    rng: np.random.Generator, card: Array, time: Array, category: Array, amount: Array, fraud: Array
) -> pd.DataFrame:
    rows, cards = len(card), int(card.max()) + 1
    when = _START + time.astype("timedelta64[s]")
    home_lat, home_long = rng.uniform(26, 48, cards).round(4), rng.uniform(-122, -70, cards).round(4)
    born = np.datetime64("1940-01-01", "D") + rng.integers(0, 22_000, cards)
    shop = rng.integers(0, 50, rows)

    def of_card(values: list[str]) -> Array:
        chosen: Array = np.array(values, dtype=object)[card % len(values)]
        return chosen

    return pd.DataFrame(
        {
            "Unnamed: 0": np.arange(rows),
            "trans_date_trans_time": when,
            "cc_num": 9_000_000_000_000_000 + card * 7_919,
            "merchant": np.array([f"fraud_Shop {number}" for number in range(50)], dtype=object)[shop],
            "category": np.array(_NAMES, dtype=object)[category],
            "amt": amount,
            "first": of_card(_FIRST),
            "last": of_card([*_LAST, "Rowan"]),
            "gender": of_card(["F", "M"]),
            "street": np.array([f"{number + 1} Example Street" for number in range(cards)], dtype=object)[
                card
            ],
            "city": of_card(["Easton", "Norton", "Sutton", "Weston"]),
            "state": of_card(_STATES),
            "zip": 10_000 + card % 80_000,
            "lat": home_lat[card],
            "long": home_long[card],
            "city_pop": np.exp(rng.uniform(5, 14, cards)).astype(np.int64)[card],
            "job": of_card(_JOBS),
            "dob": np.datetime_as_string(born)[card].astype(object),
            "trans_num": np.array([f"{number:032x}" for number in range(rows)], dtype=object),
            "unix_time": when.astype(np.int64) - _SEVEN_YEARS,
            "merch_lat": (home_lat[card] + rng.uniform(-1, 1, rows)).round(6),
            "merch_long": (home_long[card] + rng.uniform(-1, 1, rows)).round(6),
            "is_fraud": fraud,
        }
    )


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test: the first 70 % of the rows and those after them, each numbered from 0 as on Kaggle."""
    border = int(len(frame) * TRAIN_SHARE)
    parts = frame.iloc[:border].copy(), frame.iloc[border:].copy()
    for part in parts:
        part["Unnamed: 0"] = np.arange(len(part))
    return parts[0].reset_index(drop=True), parts[1].reset_index(drop=True)


def load(rows: int = SAMPLE_ROWS, seed: int = DEFAULT_SEED) -> dataset.Dataset:
    """The sample as `model.data.dataset.load` would read it from files."""
    frames = [
        dataset.validated(pa.Table.from_pandas(part, preserve_index=False), "sample data")
        for part in split(generate(rows, seed))
    ]
    paired = dataset.paired(frames[0], frames[1], "sample data", "sample data")
    return replace(paired, origin="generated sample data, whose figures say nothing about real fraud")


def write(folder: Path, rows: int, seed: int) -> None:
    """fraudTrain.csv and fraudTest.csv in `folder`, each written under another name and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, part in zip((TRAIN, TEST), split(generate(rows, seed)), strict=True):
        part["trans_date_trans_time"] = part["trans_date_trans_time"].dt.strftime("%Y-%m-%d %H:%M:%S")
        aside = folder / f".{stem}.csv"
        pacsv.write_csv(
            pa.Table.from_pandas(part, preserve_index=False),
            aside,
            pacsv.WriteOptions(quoting_style="needed"),
        )
        aside.replace(folder / f"{stem}.csv")
