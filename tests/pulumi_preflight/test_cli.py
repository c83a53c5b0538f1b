"""The commands as a user runs them: exit codes, one sentence for a mistake, no half-written file, no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi_preflight.reports import FORMATS
from typer.testing import CliRunner

from preflight.__main__ import app
from tests.harness import PROJECT, write_project
from tests.pulumi_preflight.sample_program import CANARY, PACK, PROGRAM, write_pack

RUN = CliRunner()
KNOWN = PACK.replace("arn", "enableKeyRotation").replace('"value"', '"stageKeys"')
"""The sample pack, with which the sample program is judged in a preview as well, and which leaks nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    write_pack(folder / "pack", KNOWN)
    project = write_project(folder / "project", PROGRAM, {"aws:region": "eu-west-1", "sample:apiKey": CANARY})
    (project / "Pulumi.yaml").write_text("name: sample\nconfig:\n  apiKey: {type: string, secret: true}\n")
    write_project(
        folder / "broken", PROGRAM.replace("rotation=True", "rotation=False"), {"sample:apiKey": CANARY}
    )
    return folder


def run(folder: Path, *words: str, project: str = "project", pack: str = "pack") -> tuple[int, str, str]:
    command, *rest = words
    words = (command, "--cwd", str(folder / project), *rest)
    if command == "check":
        words += ("--policy-pack", str(folder / pack))
    result = RUN.invoke(app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_graph_is_a_stack_export_without_the_secret(folder: Path, tmp_path: Path) -> None:
    code, out, _ = run(folder, "graph", "--stack", "dev", "-o", str(tmp_path / "new" / "graph.json"))
    assert (code, out) == (0, "")
    text = (tmp_path / "new" / "graph.json").read_text()
    assert json.loads(text)["version"] == 3
    assert CANARY not in text
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "graph.json"]


def test_preview_and_update_differ(folder: Path) -> None:
    _, update, _ = run(folder, "graph", "--stack", "dev")
    _, preview, _ = run(folder, "graph", "--stack", "dev", "--preview")
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert unknown not in update
    assert unknown in preview


def test_a_clean_stack_ends_with_0(folder: Path) -> None:
    code, out, _ = run(folder, "check", "--stack", "dev")
    assert code == 0
    assert "passed: dev (preview, update)" in out.replace("\n", " ")


def test_a_broken_rule_ends_with_1_and_names_the_resource(folder: Path) -> None:
    code, out, _ = run(folder, "check", "--stack", "dev", project="broken")
    assert code == 1
    assert "key-rotation" in out
    assert "store-key" in out
    assert "Set enable_key_rotation." in out


@pytest.mark.parametrize("format_", FORMATS)
def test_no_report_shows_the_secret(folder: Path, tmp_path: Path, format_: str) -> None:
    target = tmp_path / "report"
    leaky = folder / f"leaky-{format_}"
    write_pack(leaky, PACK)
    code, out, err = run(
        folder, "check", "--stack", "dev", "--update", "-f", format_, "-o", str(target), pack=leaky.name
    )
    assert code == 0
    text = target.read_text()
    assert "leak" in text
    assert CANARY not in text + out + err


def test_a_state_file_is_judged(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    run(folder, "graph", "--stack", "dev", "-o", str(state), project="broken")
    code, out, _ = run(folder, "check", "--file", str(state), "-f", "json")
    assert code == 1
    document = json.loads(out)
    assert document["forms"] == ["update"]
    assert [f["rule"] for f in document["findings"] if f["blocking"]] == ["key-rotation"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check",), "name either a stack"),
        (("check", "--stack", "dev", "--file", "x"), "name either a stack"),
        (("check", "--file", "missing.json"), "missing.json does not exist"),
        (("check", "--file", "missing.json", "--preview"), "--file judges what was deployed"),
        (("check", "--stack", "prd"), "no stack 'prd'"),
        (("check", "--stack", "dev", "--levels", "no.json"), "levels file no.json does not exist"),
        (("check", "--stack", "dev", "-c", "novalue"), "--config number 1 must have the form key=value"),
        (
            ("graph", "--stack", "dev", "-o", "/proc/none/graph.json"),
            "/proc/none/graph.json cannot be written",
        ),
        (("serve", "--stack", "prd"), "no stack 'prd'"),
    ],
)
def test_mistakes_are_one_sentence_and_2(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(folder, *words)
    assert code == 2
    assert sentence in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert out == ""


def test_a_secret_given_on_the_command_line_is_not_told(folder: Path) -> None:
    _, out, err = run(folder, "graph", "--stack", "dev", "-c", "apiKey=planted-on-the-line", "-c", "x")
    assert "planted" not in out + err


def test_the_module_runs_as_a_command() -> None:
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "preflight", "--help"],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip
    assert done.returncode == 0
    for command in ("graph", "check", "serve"):
        assert command in done.stdout
