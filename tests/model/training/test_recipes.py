from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.data import sample
from model.errors import UserError
from model.training import recipes
from model.training.recipes import AllFrauds, SortedByLabel


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    train = sample.load(rows=4_000, seed=3).train
    stolen = train.iloc[[10, 20]].assign(cc_num=4, is_fraud=np.int8(1))
    return pd.concat([train, stolen], ignore_index=True)


def test_the_reference_takes_the_rows_that_its_own_code_takes(frame: pd.DataFrame) -> None:
    expected = frame.sort_values(by=["is_fraud"], ascending=False)[:500]
    chosen = frame.iloc[SortedByLabel(500).of(frame)(1)]
    pd.testing.assert_frame_equal(chosen, expected)
    assert chosen["is_fraud"].sum() == frame["is_fraud"].sum()


def test_all_frauds_but_those_of_cards_without_normal_spending(frame: pd.DataFrame) -> None:
    chosen = frame.iloc[AllFrauds(normals=300).of(frame)(1)]
    assert (chosen["is_fraud"] == 0).sum() == 300
    assert (chosen["is_fraud"] == 1).sum() == frame["is_fraud"].sum() - 2
    assert 4 not in chosen["cc_num"].to_numpy()
    assert chosen.index.is_unique


def test_the_draw_depends_on_the_seed_alone(frame: pd.DataFrame) -> None:
    first = AllFrauds(normals=300).of(frame)(1)
    np.testing.assert_array_equal(first, AllFrauds(normals=300).of(frame)(1))
    assert not np.array_equal(first, AllFrauds(normals=300).of(frame)(2))


def test_small_files_give_what_they_have(frame: pd.DataFrame) -> None:
    assert len(AllFrauds(normals=10**6).of(frame)(1)) == len(frame) - 2
    assert len(SortedByLabel(10**6).of(frame)(1)) == len(frame)


def test_a_recipe_of_another_size(frame: pd.DataFrame) -> None:
    for recipe in recipes.RECIPES.values():
        assert len(recipe.of_size(1_000, frame).sampling.of(frame)(1)) == 1_000


def test_the_reference_is_the_published_one() -> None:
    reference = recipes.named("reference")
    assert reference.features == ("cc_num", "amt", "lat", "long", "merch_lat", "merch_long")
    assert reference.sampling == SortedByLabel(100_000)
    assert reference.parameters == {"n_estimators": 300, "class_weight": "balanced"}
    assert reference.fixed_threshold == 0.5


def test_the_models_with_a_history_read_neither_the_card_number_nor_the_person() -> None:
    person = {"cc_num", "lat", "long", "age_band", "city_size"}
    assert not person & set(recipes.named("boosted").features)
    assert not person & set(recipes.named("forest").features)
    assert recipes.named("stateless").features == (
        *("log_amt", "hour", "category", "age_band", "city_size"),
        "month",
    )


def test_how_much_more_often_a_fraud_is_drawn() -> None:
    drawn = {"class_weight": {0: 2, 1: 6}}
    assert replace(recipes.named("forest"), parameters=drawn).fraud_weight == 3
    assert recipes.named("boosted").fraud_weight == recipes.named("reference").fraud_weight == 1


def test_an_unknown_recipe_is_told_with_those_that_exist() -> None:
    with pytest.raises(
        UserError, match="no recipe 'best': choose one of boosted, forest, stateless, reference"
    ):
        recipes.named("best")
