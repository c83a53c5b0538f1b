"""The small artifact that a served stack needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pulumi_preflight import graphs


@pytest.fixture
def built(tmp_path: Path) -> graphs.Archive:
    """One for each test: some change it."""
    return graphs.archive(tmp_path)
