"""The command line of the pack, and the pack as an executable file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from endpoint_guard import VERSION, command, starter
from endpoint_guard.discovery import rules

from tests.endpoint_guard.guard_process import started

PACKAGE = Path(__file__).resolve().parents[2] / "packages" / "endpoint-guard"


def test_list_shows_the_rules_of_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "required-components" not in shown

    assert command.main(["list", "--profile", "scoring-endpoint"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(rules())


def test_explain_says_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", "log-retention"]) == 0

    shown = capsys.readouterr().out
    for part in (
        "Why:",
        "Remedy:",
        "minDays",
        "aws:cloudwatch/logGroup:LogGroup",
        "PCI DSS 4.0: ",
        "profiles:",
    ):
        assert part in shown


def test_explain_suggests_the_rule_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", "log-retentoin"]) == 2
    assert "did you mean log-retention?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "good", "bad", "part"),
    [
        ("check-levels", '{"all": "advisory"}', '{"nothing": "advisory"}', "line 1: nothing is not a rule"),
        ("check-exemptions", "[]", "- rule: x", "line 1: resource is missing"),
    ],
)
def test_a_file_is_checked(
    name: str, good: str, bad: str, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text(good)
    assert command.main([name, str(file)]) == 0

    file.write_text(bad)
    assert command.main([name, str(file)]) == 1
    assert part in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"), [("check-levels", "{"), ("check-exemptions", "- rule: nothing")]
)
def test_a_mistake_names_the_file_as_it_was_given(
    name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / folder / "dev" for folder in ("a", "b")]
    for file in files:
        file.parent.mkdir()
        file.write_text(content)
    assert command.main([name, *map(str, files)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert {line.partition(",")[0] for line in told} == set(map(str, files))


@pytest.mark.parametrize("name", ["check-levels", "check-exemptions"])
def test_a_file_without_an_end_is_not_waited_for(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert command.main([name, str(path)]) == 1
        assert "it is not a regular file" in capsys.readouterr().err


def test_what_is_piped_in_is_checked() -> None:
    script = (
        f"exec {sys.executable} -m endpoint_guard.command check-levels <(sleep 0.2; echo '{{\"nope\": 1}}')"
    )
    done = subprocess.run(
        ["/bin/bash", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "nope is not a rule" in done.stderr) == (1, True)


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "endpoint_guard.command", "list"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, b"")


def test_init_writes_a_pack_that_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "pack"
    assert command.main(["init", str(folder), "--profile", "pci"]) == 0
    assert "pulumi preview --policy-pack" in capsys.readouterr().out

    assert command.main(["check-levels", *map(str, (folder / "levels").iterdir())]) == 0
    assert command.main(["check-exemptions", str(folder / "exemptions.yaml")]) == 0
    with started(folder) as pack:
        assert "log-retention" in pack.rules
    assert command.main(["init", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_init_says_why_a_folder_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for place, why in (
        (file / "pack", f"{file} is a file, not a folder"),
        (file / "new" / "pack", f"{file} is a file, not a folder"),
        (Path("/proc/pack"), "No such file or directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        assert command.main(["init", str(place)]) == 2
        assert capsys.readouterr().err == f"error: {place} cannot be written: {why}; name another place.\n"
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "endpoint-guard==0.3.0"),
        (
            {"url": "file:///clone/packages/endpoint-guard", "dir_info": {}},
            "endpoint-guard @ file:///clone/packages/endpoint-guard",
        ),
        (
            {
                "url": "https://git.example.com/owner/name",
                "vcs_info": {"vcs": "git", "commit_id": "1a2b"},
                "subdirectory": "packages/endpoint-guard",
            },
            "endpoint-guard @ git+https://git.example.com/owner/name@1a2b#subdirectory=packages/endpoint-guard",
        ),
    ],
)
def test_init_asks_for_the_package_where_it_came_from(
    origin: dict[str, object] | None, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        version = "0.3.0"

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return json.dumps(origin) if origin else None

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed())
    starter.write(tmp_path, "aws")
    *notes, requirement = (tmp_path / "requirements.txt").read_text().splitlines()
    assert requirement == line
    assert bool(notes) == ("file:" in line)


def executable(environment: dict[str, str], tmp_path: Path, chatty: bool = False) -> subprocess.Popen[bytes]:
    """The executable, started as the engine starts it; `chatty`: a library prints when it is imported."""
    code = "import sys; from endpoint_guard import executable; sys.exit(executable.main())"
    if chatty:
        (tmp_path / "hpack.py").write_text(
            "import os; print('hello'); os.system('echo more')\nraise ImportError"
        )
    variables = {**os.environ, **environment, "PYTHONPATH": str(tmp_path)}
    variables.pop("PYTHONUNBUFFERED", None)
    command_line = [sys.executable, "-c", code, "127.0.0.1:1"]
    return subprocess.Popen(
        command_line, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )


def test_the_executable_prints_its_port_and_nothing_else(tmp_path: Path) -> None:
    with executable({}, tmp_path) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        rest = process.stdout.read()

    assert line.strip().isdigit()
    assert rest == b""


def test_what_a_library_prints_goes_to_standard_error(tmp_path: Path) -> None:
    with executable({}, tmp_path, chatty=True) as process:
        out, err = process.communicate()

    assert out == b""
    assert b"hello" in err
    assert b"more" in err


def test_the_executable_ends_at_once_when_the_engine_interrupts_it(tmp_path: Path) -> None:
    with executable({}, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (-signal.SIGINT, b"")


def test_the_executable_loads_nothing_that_takes_long() -> None:
    code = "import sys\nfrom endpoint_guard import build, description, servicer\nimport endpoint_guard.wire.server\n"
    code += "made = build.guard(); servicer.Servicer(description.info(made, 'aws'), made)\n"
    code += "print(sorted({'pulumi', 'pulumi_policy', 'grpc', 'yaml', 'asyncio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"ENDPOINT_GUARD_PROFILE": "none"}, "none is not a profile"),
        ({"ENDPOINT_GUARD_LEVELS": "gone.json"}, "names gone.json, which is not a file"),
        ({"ENDPOINT_GUARD_EXEMPTIONS": "gone.yaml"}, "names gone.yaml, which is not a file"),
    ],
)
def test_a_mistake_in_the_environment_is_a_sentence(
    environment: dict[str, str], part: str, tmp_path: Path
) -> None:
    with executable(environment, tmp_path) as process:
        out, err = process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert part in err.decode()
    assert len(err.decode().splitlines()) == 1


def test_levels_of_the_environment_are_in_force_from_the_start(tmp_path: Path) -> None:
    levels = tmp_path / "levels.json"
    levels.write_text(json.dumps({"log-retention": {"minDays": 7}}))
    folder = tmp_path / "pack"
    command.main(["init", str(folder)])
    main = "from pathlib import Path\nfrom endpoint_guard.pack import pack\nfrom pulumi_policy import PolicyPack\n"
    (folder / "__main__.py").write_text(main + f"PolicyPack(**pack(levels=Path({str(levels)!r})))\n")

    with started(folder) as pack:
        entry = pack.info.initialConfig["log-retention"]
        assert entry.properties["minDays"] == 7
        assert entry.enforcementLevel == 1


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["version"] == VERSION
