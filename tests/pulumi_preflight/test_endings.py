"""How a program ends decides whether it is judged: as the engine takes it, never as a pass by accident."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from pulumi_preflight import program
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.harness import name_of, run_inline, write_project

FIRST = (
    "import os, sys, threading, time\nimport pulumi\nfirst = pulumi.ComponentResource('a:b:First', 'first')\n"
)


def run(folder: Path, then: str) -> Graph:
    return run_inline(folder, FIRST + textwrap.dedent(then))


@pytest.mark.parametrize(
    ("then", "place"),
    [
        ("sys.exit(0)", " in __main__.py, line 4"),
        ("sys.exit()", " in __main__.py, line 4"),
        ("first.urn.apply(lambda urn: os._exit(0))", ""),
    ],
)
def test_an_exit_with_0_is_judged_with_a_warning(tmp_path: Path, then: str, place: str) -> None:
    later = "" if not place else "\npulumi.ComponentResource('a:b:Later', 'later')"
    graph = run(tmp_path, then + later)
    assert [name_of(resource) for resource in graph.resources] == ["sample-dev", "first"]
    assert graph.warnings == (
        f'The program ended itself{place}, after it had declared a:b:First "first": what it would have declared later '
        "is not judged.",
    )


def test_a_program_that_ends_by_itself_has_no_warning(tmp_path: Path) -> None:
    assert run(tmp_path, "").warnings == ()


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        ("sys.exit(3)", r"exit code 3 in __main__.py, line 4, after it had declared a:b:First \"first\"\.$"),
        ("sys.exit('bye')", r"exit code 1 in __main__.py, line 4"),
        ("pulumi.Output.from_input(0).apply(lambda v: sys.exit(2))", r"exit code 2 in __main__.py, line 4"),
        ("os.kill(os.getpid(), 9)", r"was killed \(SIGKILL\)"),
        ("1 / 0", r"raised ZeroDivisionError in __main__.py, line 4: division by zero\."),
        (
            "pulumi.Output.from_input(0).apply(lambda n: 1 / n)",
            r"raised ZeroDivisionError in __main__.py, line 4",
        ),
        ("raise ValueError", r"raised ValueError in __main__.py, line 4\."),
        (
            "import not_there",
            r"needs the module not_there \(__main__.py, line 4\), which is not installed here",
        ),
        ("def f(:", r"raised SyntaxError in __main__.py, line 4"),
        ("pulumi.Config().require('size')", r"the configuration value sample:size is missing"),
    ],
)
def test_a_program_that_fails_is_not_judged(tmp_path: Path, then: str, sentence: str) -> None:
    with pytest.raises(NotJudgedError, match=sentence):
        run(tmp_path, then)


def test_a_thread_that_goes_on_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_GRACE_SECONDS", 0.5)
    with pytest.raises(NotJudgedError, match="a thread of it goes on"):
        run(tmp_path, "threading.Thread(target=time.sleep, args=(600,)).start()")


def test_an_interpreter_that_is_slow_to_end_is_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program has loaded can take long to be taken apart, as after a training on a busy machine."""
    monkeypatch.setattr(program, "_GRACE_SECONDS", 0.5)
    said: list[str] = []
    slow = """
import atexit, sys, time
class Slow:
    def __del__(self):
        time.sleep(5)
sys.kept = Slow()
atexit.register(print, "at the end")
"""
    evaluate("dev", project=write_project(tmp_path, slow), say=said.append)
    assert said == ["at the end"]


def test_an_output_that_never_resolves_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_IDLE_SECONDS", 2.0)
    never = """
        import asyncio
        pulumi.export("x", pulumi.Output.from_input(asyncio.get_event_loop().create_future()))
        """
    with pytest.raises(NotJudgedError, match="waits for an output that never resolves"):
        run(tmp_path, never)


def test_a_program_that_sleeps_or_spins_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_SLEEP_SECONDS", 2.0)
    with pytest.raises(NotJudgedError, match="has done nothing for"):
        run(tmp_path / "sleep", "time.sleep(600)")
    with pytest.raises(NotJudgedError, match="did not end within 4 seconds"):
        evaluate("dev", project=write_project(tmp_path / "spin", "while True: pass"), timeout=4)


def test_what_it_prints_is_said_without_secrets(tmp_path: Path) -> None:
    said: list[str] = []
    printing = "import pulumi\nprint('token', pulumi.Config().require('token'))\npulumi.log.warn('take care')"
    project = write_project(tmp_path, printing)
    evaluate("dev", project=project, config={"token": "canary-123"}, secrets=["token"], say=said.append)
    assert sorted(said) == ["take care", "token [secret]"]


def test_modules_are_loaded_afresh_each_time(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text("import pulumi\npulumi.ComponentResource('a:b:Part', 'part')\n")
    for _ in range(2):
        graph = run_inline(tmp_path, "import parts")
        assert [name_of(resource) for resource in graph.resources] == ["sample-dev", "part"]
