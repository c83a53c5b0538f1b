"""The page beside an artifact has tests of its own, and its pictures take longer than a small model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.artifact import package
from model.evaluation import page
from model.training import recipes
from tests.model.artifact.small import SMALL, source


@pytest.fixture(autouse=True, scope="module")
def without_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "write_folder", lambda full, folder: None)
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> package.Artifact:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "RECIPES", {"boosted": SMALL})
        return package.ensure(source(tmp_path_factory.mktemp("built")))
