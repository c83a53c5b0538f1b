"""The paths that a command is given: every one is looked at before a program runs, and told as what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_preflight import files
from typer.testing import CliRunner

from preflight.__main__ import app
from tests.harness import PROJECT

RUN = CliRunner()
NOT_RUN = "raise SystemExit('the program ran')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose program tells that it ran."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(NOT_RUN)
    return folder


def refused(*words: str | Path) -> str:
    """The one sentence that a command ends with."""
    result = RUN.invoke(app, list(map(str, words)))
    assert result.exit_code == 2, result.output
    assert "the program ran" not in result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["graph", "check", "cost", "deployer", "serve", "attack"])
@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_project_that_is_no_folder_is_told_as_such(tmp_path: Path, command: str, kind: str) -> None:
    named = tmp_path / "named"
    if kind == "file":
        named.write_text("")
    assert refused(command, "--stack", "dev", "-C", named) == f"error: --cwd {named} is not a folder."


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "report"


def a_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


PLACES: list[Callable[[Path], Path]] = [
    below_a_file,
    a_folder,
    lambda folder: Path("/proc/report"),  # where not even root may create a file
    lambda folder: folder / ("x" * 300),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "words",
    [
        ("graph", "-s", "dev", "-o", "{}"),
        ("graph", "-s", "dev", "--write-answers", "--answers", "{}"),
        ("check", "-s", "dev", "-o", "{}"),
        ("check", "-s", "dev", "--also", "json={}"),
        ("attack", "-s", "dev", "-o", "{}"),
        ("attack", "-s", "dev", "--also", "json={}"),
        ("deployer", "-s", "dev", "-o", "{}"),
        ("serve", "-s", "dev", "--keys-file", "{}"),
        ("serve", "-s", "dev", "--log-dir", "{}"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_before_the_program_runs(
    project: Path, tmp_path: Path, place: Callable[[Path], Path], words: tuple[str, ...]
) -> None:
    target = place(tmp_path)
    if "--log-dir" in words and place is a_folder:
        return  # a folder is what it asks for
    line = refused(*(word.format(target) for word in words), "-C", project)
    assert line.startswith("error: "), line
    assert str(target) in line or f"/{target.name} cannot be used: File name too long" in line
    assert f"{target}/" not in line, "a name that nobody gave"
    if place is below_a_file:
        assert line.endswith("is a file, not a folder; name another place.")


def test_an_empty_name_is_a_folder(project: Path) -> None:
    assert (
        refused("graph", "-s", "dev", "-o", "", "-C", project) == "error: . is a folder: name a file in it."
    )


def test_options_that_contradict_each_other_are_told_before_the_program_runs(project: Path) -> None:
    asked = ("attack", "-s", "dev", "-C", project)
    line = refused(*asked, "--log-dir", project)
    assert line == "error: a stack served here brings its own keys, credentials and logs: leave yours out."
    line = refused(*asked, "http://127.0.0.1:1/dev/score", "--log-dir", project / "none")
    assert line.endswith("none is not a folder: name the one that the server's logs go to.")


def test_a_report_does_not_replace_what_is_read(project: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    other = tmp_path / "link.json"
    other.symlink_to(state)
    for target in (state, other, tmp_path / "." / "new" / ".." / "state.json"):
        line = refused("check", "--file", state, "-f", "json", "-o", target, "-C", project)
        assert line == f"error: {target} is read by this command: name another file to write to."
        assert state.read_text() == "{}"
    line = refused("check", "-s", "dev", "--levels", state, "--also", f"json={state}", "-C", project)
    assert "is read by this command" in line
    assert state.read_text() == "{}"


def test_nothing_is_removed_when_one_target_of_two_is_refused(project: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("{}")
    refused("check", "-s", "dev", "-o", old, "--also", "json=/proc/report", "-C", project)
    assert old.is_file()


def test_a_link_is_written_through(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    files.withdraw([link])
    assert link.is_symlink()
    assert not real.exists()
    real.write_text("old")
    files.write("new", link)
    assert (link.is_symlink(), real.read_text()) == (True, "new")


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


ODD: list[Callable[[Path], Path]] = [_pipe, lambda _: Path("/dev/zero"), lambda folder: folder]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "words",
    [
        ("check", "--file", "{}", "--policy-pack", str(PROJECT / "policies")),
        ("check", "--events", "{}"),
        ("check", "-s", "dev", "--levels", "{}", "--policy-pack", str(PROJECT / "policies")),
        ("check", "-s", "dev", "--exemptions", "{}"),
        ("check", "-s", "dev", "--baseline", "{}"),
        ("check", "-s", "dev", "--answers", "{}"),
        ("graph", "-s", "dev", "--answers", "{}"),
        ("cost", "-s", "dev", "--against", "{}"),
        ("score", "http://127.0.0.1:1/dev/score", "--api-key-file", "{}"),
        ("smoke", "{}"),
        ("rollout", "{}"),
        ("attack", "http://127.0.0.1:1/dev/score", "--api-key-file", "{}"),
        ("attack", "http://127.0.0.1:1/dev/score", "--credentials-file", "{}"),
        ("attack", "http://127.0.0.1:1/dev/score", "--tokens-file", "{}"),
    ],
)
def test_an_input_that_is_no_regular_file_is_refused_at_once(
    project: Path, tmp_path: Path, odd: Callable[[Path], Path], words: tuple[str, ...]
) -> None:
    named = odd(tmp_path)
    if "--against" in words and named.is_dir():
        return  # a branch may have the name of a folder
    where = () if words[0] in ("score", "smoke", "rollout") else ("-C", str(project))
    line = refused(*(word.format(named) for word in words), *where)
    assert str(named) in line
    assert "is not a regular file" in line


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml", "preflight.answers.yaml"])
def test_a_pipe_in_the_place_of_a_project_file_is_refused(project: Path, name: str) -> None:
    (project / name).unlink(missing_ok=True)
    os.mkfifo(project / name)
    line = refused("graph", "-s", "dev", "-C", project)
    assert name in line
    assert "is not a regular file" in line


def test_what_is_piped_in_is_read(tmp_path: Path) -> None:
    """A process substitution, and a named pipe whose writer waits for its reader."""
    pipe = _pipe(tmp_path)
    for script in (
        'exec "$0" -c "$1" <(sleep 0.3; printf ab)',
        f'printf ab >{pipe} & exec "$0" -c "$1" {pipe}',
        'printf ab | "$0" -c "$1" /dev/stdin',
    ):
        code = "import sys; from pathlib import Path; from pulumi_preflight import files\n"
        code += "print(files.read_bytes(Path(sys.argv[1])).decode())"
        done = subprocess.run(
            ["/bin/bash", "-c", script, sys.executable, code],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert done.stdout == "ab\n"


def test_a_pipe_that_nobody_writes_to_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is not a regular file"):
        files.read_bytes(_pipe(tmp_path))
