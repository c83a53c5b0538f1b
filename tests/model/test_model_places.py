"""Places that a command of the model is to write to: looked at before any work, and told as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.commands import cli
from model.commands.main import app
from model.errors import UserError

WRITERS = [
    ("card", "card.json", "--out", "file/x"),
    ("compare", "none", "none", "--out", "file/x"),
    ("drift-test", "none", "--out", "file/x"),
    ("evaluate", "--out", "file/x"),
    ("package", "--build-dir", "file/x"),
    ("sample", "file/x"),
    ("train", "--out", "file/x"),
]


@pytest.mark.parametrize("words", WRITERS, ids=[words[0] for words in WRITERS])
def test_a_place_below_a_file_is_told_before_any_work(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")

    with pytest.raises(UserError) as refused:
        app(words)(words, standalone_mode=False)

    below = tmp_path / "file"
    assert str(refused.value) == f"file/x cannot be written: {below} is not a folder; name another place."


def test_what_the_system_refuses_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "none" / "x"

    with pytest.raises(SystemExit, match="2"):
        cli.one_sentence(lambda: place.write_text(""))

    assert capsys.readouterr().err == f"error: {place} cannot be used: No such file or directory.\n"
