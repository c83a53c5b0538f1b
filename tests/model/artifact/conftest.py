"""The page beside an artifact has tests of its own, and its pictures take longer than a small model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.evaluation import page


@pytest.fixture(autouse=True, scope="module")
def without_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "write_folder", lambda full, folder: None)
        yield
