"""The data that a command names: the files of a folder, or generated sample data."""

from __future__ import annotations

from pathlib import Path

from model import progress
from model.data import dataset, sample
from model.errors import UserError


def open_data(
    data: Path | None, rows: int, seed: int, say: progress.Say, max_bad_rows: int = 0
) -> dataset.Dataset:
    """The files of a folder, or generated sample data when `data` is None; reports which rows were dropped.

    UserError when the test file holds one class only: better noticed now than after training.
    """
    with progress.step(say, "generating sample data" if data is None else f"reading {data}"):
        opened = sample.load(rows, seed) if data is None else dataset.load(data, max_bad_rows)
    for sentence in opened.dropped:
        say(sentence)
    if opened.test["is_fraud"].nunique() == 1:
        raise UserError("The test file holds one class only: figures need frauds and normal rows.")
    return opened
