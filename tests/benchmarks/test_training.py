"""What is written about two trainings, from figures made up here."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from benchmarks import training
from model.errors import UserError

BEFORE = training.Run("abc1234", 120.0, 100.0, 2000.0, 5.0, 50.0)
AFTER = training.Run("this tree", 60.0, 40.0, 1000.0, 1.25, 0.0)


def test_the_page_has_both_runs_and_the_share() -> None:
    text = training.page(BEFORE, AFTER, ("default", "boosted"), 2)
    assert "| processor, s | 100.0 | 40.0 | 0.40 |" in text
    assert "| peak memory, MB | 2,000.0 | 1,000.0 | 0.50 |" in text
    assert "on 2 cores" in text


def test_sections_below_the_table_stay(tmp_path: Path) -> None:
    path = tmp_path / "training.md"
    assert training.sections(path) == ""
    text = training.page(BEFORE, AFTER, ("default", "boosted"), 2)
    path.write_text(text, "utf-8")
    assert training.sections(path) == ""
    path.write_text(text + "\n## Tried\n\n| a |\n\n## More\n", "utf-8")
    assert text + training.sections(path) == path.read_text("utf-8")


def test_a_step_that_was_not_there_has_no_share() -> None:
    assert training.rows(AFTER, BEFORE)[-1][-1] == "-"


def test_mistakes_are_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "measured", lambda *_: pytest.fail("trained"))
    with pytest.raises(UserError, match="is a folder: name a file"):
        training.main(tmp_path, "HEAD", out=tmp_path)
    with pytest.raises((UserError, typer.Exit), match="There is no commit nosuch in this repository"):
        training.main(tmp_path, "nosuch")
