"""Where the data are, known before anything is read: what names an artifact needs no data frame.

Importing this costs nothing, and every preview of the stacks does.
"""

from __future__ import annotations

from pathlib import Path

from model.errors import UserError

TRAIN, TEST = "fraudTrain", "fraudTest"
SUFFIXES = (".parquet", ".csv")
SAMPLE_ROWS = 85_000
"""Rows of both files together that are generated where no folder is named."""


class DataError(UserError):
    """A data file that cannot be used; the message is one sentence for the user."""


def find(folder: Path) -> tuple[Path, Path]:
    """The train and the test file of `folder`, Parquet before CSV; DataError if one is missing."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name the one that holds {TRAIN} and {TEST}.")
    return _one(folder, TRAIN), _one(folder, TEST)


def _one(folder: Path, stem: str) -> Path:
    for suffix in SUFFIXES:
        if (path := folder / f"{stem}{suffix}").is_file():
            return path
    raise DataError(f"{folder} holds neither {stem}.parquet nor {stem}.csv: download the Kaggle set into it.")
