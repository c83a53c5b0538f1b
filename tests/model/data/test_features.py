from __future__ import annotations

import math
from datetime import datetime
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import contract
from model.contract import DAY_SECONDS
from model.data import features, sample
from model.data import history as history_module
from model.data.features import from_columns, from_frame, from_transactions, row_of
from model.data.history import HISTORY_FIELDS, card_history
from model.training import recipes

Purchase = tuple[int, int, int]  # card, second, cents

START = np.datetime64("2020-01-01T00:00:00", "s")
# Times that often coincide, and often lie exactly a day apart.
SECONDS = st.builds(
    lambda day, rest: day * DAY_SECONDS + rest, st.integers(0, 3), st.sampled_from([0, 1, 2, 43_200])
)
PURCHASES = st.lists(st.tuples(st.integers(1, 3), SECONDS, st.integers(1, 10_000)), max_size=40)


def history(purchases: list[Purchase]) -> dict[str, Any]:
    cards, seconds, cents = np.array(purchases, dtype=np.int64).reshape(-1, 3).T
    return card_history(cards, START + seconds.astype("timedelta64[s]"), cents / 100)


def by_hand(purchases: list[Purchase], row: int) -> tuple[float, int, float, float]:
    card, now, _ = purchases[row]
    before = [(second, cents) for other, second, cents in purchases if other == card and second < now]
    day = [cents for second, cents in before if second >= now - DAY_SECONDS]
    since = now - max(second for second, _ in before) if before else np.nan
    return since, len(day), sum(day) / 100, max(day, default=0) / 100


@given(PURCHASES)
def test_history_is_what_a_caller_counts_by_hand(purchases: list[Purchase]) -> None:
    columns = history(purchases)
    for row in range(len(purchases)):
        found = tuple(columns[name][row] for name in HISTORY_FIELDS)
        np.testing.assert_array_equal(found, by_hand(purchases, row))


@given(PURCHASES, st.integers(0, 3 * DAY_SECONDS))
def test_no_row_sees_itself_or_the_future(purchases: list[Purchase], now: int) -> None:
    """Whatever happens from `now` on, what was known up to then stays the same."""
    past = [purchase for purchase in purchases if purchase[1] <= now]
    changed = past + [(card, second + 1, 999_999) for card, second, _ in purchases if second >= now]
    whole, other = history(purchases), history(changed)
    rows = [row for row, purchase in enumerate(purchases) if purchase[1] <= now]
    for name in HISTORY_FIELDS:
        np.testing.assert_array_equal(whole[name][rows], other[name][: len(past)])


def test_part_by_part_history_and_matrix_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = sample.load(rows=2_000, seed=4).train
    whole = from_frame(frame, recipes.RECIPES["forest"].features)
    monkeypatch.setattr(history_module, "_PART_ROWS", 100)
    monkeypatch.setattr(features, "_BLOCK_ROWS", 99)
    np.testing.assert_array_equal(from_frame(frame, recipes.RECIPES["forest"].features), whole)


def test_a_row_does_not_see_its_own_amount() -> None:
    columns = history([(1, 0, 100), (1, 10, 77_700), (1, 10, 200)])
    assert columns["max_24h"].tolist() == [0, 1, 1]
    assert columns["sum_24h"].tolist() == [0, 1, 1]


def test_a_purchase_exactly_24_hours_ago_counts_and_an_older_one_does_not() -> None:
    assert history([(1, 0, 100), (1, DAY_SECONDS, 200)])["count_24h"].tolist() == [0, 1]
    assert history([(1, 0, 100), (1, DAY_SECONDS + 1, 200)])["count_24h"].tolist() == [0, 0]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return sample.load(rows=2_000, seed=3).train


def as_transactions(frame: pd.DataFrame) -> list[dict[str, Any]]:
    known = card_history(*(frame[name].to_numpy() for name in ("cc_num", "trans_date_trans_time", "amt")))
    rows = []
    for place, row in enumerate(frame.to_dict("records")):
        since = known["seconds_since_previous"][place]
        rows.append(
            {str(name): value for name, value in row.items()}
            | {name: known[name][place] for name in HISTORY_FIELDS}
            | {
                "time": row["trans_date_trans_time"].isoformat(),
                "seconds_since_previous": None if np.isnan(since) else since,
            }
        )
    return rows


@pytest.mark.parametrize("recipe", list(recipes.RECIPES))
def test_serving_and_training_build_the_same_matrix(frame: pd.DataFrame, recipe: str) -> None:
    names = recipes.RECIPES[recipe].features
    served = from_transactions(as_transactions(frame), names)
    trained = from_frame(frame, names)
    assert served.dtype == trained.dtype == np.float32
    assert served.shape == (len(frame), len(names))
    np.testing.assert_array_equal(served, trained)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                field.name: st.sampled_from(contract.CATEGORIES)
                if field.kind == "category"
                else st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(
                    lambda time: time.isoformat(timespec="seconds")
                )
                if field.kind == "time"
                else st.integers(ceil(field.minimum), int(field.maximum))
                | (st.floats(field.minimum, field.maximum) if field.kind == "number" else st.nothing())
                | (st.none() if field.nullable else st.nothing())
                for field in contract.FIELDS.values()
            }
        ),
        min_size=2,
        max_size=5,
    )
)
def test_a_row_alone_has_the_bits_that_it_has_among_others(rows: list[dict[str, Any]]) -> None:
    names = list(features.FEATURES)
    alone = np.array([row_of(row, tuple(names)) for row in rows], np.float32)
    together = from_transactions(rows, names)
    assert together.dtype == np.float32
    assert alone.tobytes() == together.tobytes()


def test_the_logarithm_of_one_amount_has_the_bits_of_a_column() -> None:
    cents = np.arange(1, 300_000) / 100
    together = from_columns({"amt": cents}, ("log_amt",))
    alone = np.array([row_of({"amt": amount}, ("log_amt",)) for amount in cents.tolist()], np.float32)
    assert alone.tobytes() == together.tobytes()


def test_each_feature_in_words() -> None:
    transaction = {
        "amt": 12.5,
        "category": "food_dining",
        "time": "2024-02-29T23:59:59",
        "seconds_since_previous": None,
        "count_24h": 3,
        "sum_24h": 40.25,
        "max_24h": 20,
    }
    names = (
        *("amt", "hour", "category", "seconds_since_previous", "count_24h", "sum_24h", "max_24h"),
        *("mean_24h", "amt_to_max", "log_amt", "log_seconds_since_previous", "log_amt_to_max", "month"),
    )
    row = row_of(transaction, names)
    expected = [
        12.5,
        23,
        contract.CATEGORIES.index("food_dining"),
        features.NO_PREVIOUS_SECONDS,
        3,
        40.25,
        20,
        40.25 / 3,
        0.625,
        math.log(13.5),
        math.log(features.NO_PREVIOUS_SECONDS + 1),
        math.log(1.625),
        1,
    ]
    np.testing.assert_allclose(row, expected, rtol=1e-6)


def test_ratios_of_a_card_without_a_history_are_finite() -> None:
    nothing = {"amt": 0.5, "count_24h": 0, "sum_24h": 0, "max_24h": 0}
    names = ("mean_24h", "amt_to_max", "log_mean_24h")
    assert from_transactions([nothing], names).tolist() == [row_of(nothing, names)] == [[0, 0.5, 0]]


def test_no_transactions_give_no_rows() -> None:
    assert from_transactions([], recipes.RECIPES["boosted"].features).shape == (0, 9)


def test_history_goes_on_over_the_border(frame: pd.DataFrame) -> None:
    names = recipes.RECIPES["boosted"].features
    border = len(frame) // 2
    earlier, later = frame.iloc[:border], frame.iloc[border:]
    whole = from_frame(frame, names)
    np.testing.assert_array_equal(from_frame(later, names, earlier=earlier), whole[border:])
    assert not np.array_equal(from_frame(later, names), whole[border:])
    assert from_frame(frame.iloc[:0], names, earlier=frame).shape == (0, len(names))


def test_of_earlier_purchases_the_last_day_and_the_last_of_each_card_count(frame: pd.DataFrame) -> None:
    border = frame["trans_date_trans_time"].iloc[len(frame) // 2]
    earlier, later = (
        frame[frame["trans_date_trans_time"] < border],
        frame[frame["trans_date_trans_time"] >= border],
    )
    kept = features._remembered(earlier, later)
    day = earlier["trans_date_trans_time"] >= later["trans_date_trans_time"].iloc[0] - pd.Timedelta(days=1)
    assert set(kept.index) == {*earlier[day].index, *earlier.drop_duplicates("cc_num", keep="last").index}
    assert len(kept) < len(earlier)


@pytest.mark.parametrize("recipe", list(recipes.RECIPES))
def test_the_contract_requires_what_the_recipe_reads(recipe: str) -> None:
    needed = features.required_fields(recipes.RECIPES[recipe].features)
    assert set(needed) == set(contract.RECIPE_FIELDS[recipe])
    assert len(needed) == len(contract.RECIPE_FIELDS[recipe])


@pytest.mark.parametrize(
    ("age", "city_pop", "band", "size"),
    [(44, 999, 8, 3), (45, 1_000, 9, 4), (0, 1, 0, 0), (120, 50_000_000, 24, 11)],
)
def test_age_and_city_are_coarse(age: int, city_pop: int, band: int, size: int) -> None:
    transaction, names = {"age": age, "city_pop": city_pop}, ("age_band", "city_size")
    assert from_transactions([transaction], names).tolist() == [row_of(transaction, names)] == [[band, size]]
