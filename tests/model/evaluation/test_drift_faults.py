"""Faults of callers in the test file's days, and what the drift alarm makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from model import contract, histograms
from model.commands import drift_test
from model.contract import CATEGORIES, RECIPE_FIELDS
from model.data import features, sample
from model.data.dataset import TIME, Dataset
from model.decision import Prices, Rule
from model.errors import UserError
from model.evaluation import days, drift, faults
from model.evaluation.faults import Fault, Simulation
from model.training.recipes import RECIPES

NAMES = RECIPES["boosted"].features
MARGIN = 3.0
"""Of the few days of a small sample, the limit is less sure."""


def score(matrix: features.Matrix) -> npt.NDArray[np.float64]:
    """The higher the amount, the more of a fraud."""
    return np.clip(matrix[:, 0].astype(np.float64) / 1000, 0, 1)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return sample.load(rows=40_000, seed=5)


@pytest.fixture(scope="module")
def simulation(data: Dataset) -> Simulation:
    rule = Rule("f1", Prices(), 0.5)
    watched = histograms.watched(RECIPE_FIELDS["boosted"])
    matrix = features.from_frame(data.train, watched)
    scores = score(features.from_frame(data.train, NAMES))
    columns: dict[str, features.Column] = {name: matrix[:, place] for place, name in enumerate(watched)}
    columns |= {"score": scores, "alert": (scores >= 0.5).astype(np.float64)}
    expected = drift.of_card(days.entries(columns, days.Days.of(data.train[TIME].to_numpy())))
    return Simulation(data, NAMES, rule, score, expected, margin=MARGIN)


def test_clean_days_are_quiet(simulation: Simulation) -> None:
    found = simulation.clean()
    assert found.days == found.small_days >= 5
    assert (found.alarms, found.small_alarms, found.features) == (0, 0, [])


@pytest.mark.parametrize(
    ("fault", "by"),
    [
        (faults.clock(12), "hour"),
        (faults.constant_category("misc_pos", 0.5), "category"),
        (faults.missing_history(0.5), "seconds_since_previous"),
        (faults.times_amount("cents", 100, 0.2), "amt"),
    ],
)
def test_a_fault_is_noticed_by_the_feature_that_it_changes(
    simulation: Simulation, fault: Fault, by: str
) -> None:
    found = simulation.of(fault)
    assert found.alarms == found.days
    assert found.small_alarms == found.small_days
    assert by in found.features
    assert simulation.of(fault) == found


def test_a_fault_meets_only_its_share_of_the_purchases(simulation: Simulation) -> None:
    met: list[int] = []

    def change(columns: faults.Columns) -> dict[str, features.Column]:
        met.append(len(columns["amt"]))
        return {}

    assert simulation.of(Fault("nothing", 0.1, change)).alarms == 0
    assert 0.08 * 12_000 < met[0] < 0.12 * 12_000


def test_every_fault_sends_what_the_contract_lets_through(data: Dataset) -> None:
    """A request that is refused is seen at once: these are the faults that are not."""
    fields = RECIPE_FIELDS["boosted"]
    columns = features.frame_columns(data.test.head(300), NAMES, data.train)
    planned = list(faults.faults(fields))
    assert len({fault.title for fault in planned}) == len(planned) > 25
    for fault in planned:
        changed = {**columns, **fault.change(columns)}
        rows = [
            {
                **{name: value.item() for name, value in zip(changed, row, strict=True)},
                "time": str(np.datetime64(row[list(changed).index("time")], "s")),
                "category": CATEGORIES[row[list(changed).index("category")]],
            }
            for row in zip(*changed.values(), strict=True)
        ]
        for row in rows:
            if np.isnan(row["seconds_since_previous"]):
                row["seconds_since_previous"] = None
            row["count_24h"] = int(row["count_24h"])
        body = json.dumps({"transactions": rows})
        assert len(contract.parse(body, fields, max_transactions=300, max_bytes=10**6)) == 300, fault.title


def test_faults_are_those_of_the_fields() -> None:
    titles = [fault.title for fault in faults.faults(RECIPE_FIELDS["stateless"])]
    assert "clock +3 h" in titles
    assert not [title for title in titles if "history" in title]


def test_a_missing_artifact_is_told_before_data_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift_test, "open_data", lambda *_: pytest.fail("data were read"))
    with pytest.raises(UserError, match="does not exist: build it with python -m model package"):
        drift_test.main(tmp_path / "none")
    with pytest.raises(UserError, match="is a folder: name a file"):
        drift_test.main(tmp_path / "none", out=tmp_path)
