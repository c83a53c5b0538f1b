"""Sources of artifacts that are built in a moment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.artifact.package import ArtifactSource
from tests.model import small_recipes

SMALL = small_recipes.BOOSTED
ROWS = 2_000


def source(build_dir: Path, data: Path | None = None, **changes: object) -> ArtifactSource:
    """Sample data and no runtime, unless it is changed."""
    return replace(
        ArtifactSource(data, build_dir=build_dir, runtime=False, sample_rows=ROWS),
        **changes,  # type: ignore[arg-type]
    )
