"""Where a program runs: the environment Pulumi.yaml names, and the parts of an SDK that are loaded before it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pulumi_preflight import preload, stackfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.program import evaluate

from tests.harness import write_environment, write_project

PROGRAM = "import pulumi, sys\npulumi.export('prefix', sys.prefix)\n"


def with_environment(folder: Path, name: str) -> Path:
    project = write_project(folder, PROGRAM)
    runtime = f"{{name: python, options: {{virtualenv: {name}}}}}"
    (project / "Pulumi.yaml").write_text(f"name: sample\nruntime: {runtime}\n")
    return project


def test_the_environment_that_the_project_names_runs_the_program(tmp_path: Path) -> None:
    project = with_environment(tmp_path, "venv")
    write_environment(project / "venv")
    assert evaluate("dev", project=project).exports == {"prefix": str(project / "venv")}


@pytest.mark.parametrize(("made", "why"), [(False, "does not exist"), (True, "has no Pulumi SDK")])
def test_an_environment_that_cannot_be_used_is_named(tmp_path: Path, made: bool, why: str) -> None:
    project = with_environment(tmp_path, "venv")
    if made:
        (project / "venv/bin").mkdir(parents=True)
        (project / "venv/bin/python").symlink_to(sys.executable)
    settings = stackfile.load(project, "dev", {})
    assert settings.python is None
    assert settings.note.startswith(f"Pulumi.yaml names the virtual environment venv, which {why}: ")


@pytest.mark.parametrize("value", ["[a, {secure: v1:abc}]", "{user: a, password: {secure: v1:abc}}"])
def test_a_secure_value_within_another_is_never_handed_over_as_ciphertext(tmp_path: Path, value: str) -> None:
    project = write_project(tmp_path, PROGRAM, {"sample:database": value})
    with pytest.raises(UserError, match="sample:database has an encrypted value in it"):
        stackfile.load(project, "dev", {})
    settings = stackfile.load(project, "dev", {"database": '{"password": "x"}'})
    assert settings.values["sample:database"] == '{"password": "x"}'
    assert settings.secret_keys == {"sample:database"}


def test_the_parts_of_an_sdk_are_read_from_the_programs_text(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import pulumi\nimport pulumi_aws as aws\nfrom pulumi_random import RandomId\n"
        "from pulumi_aws import (\n    iam,\n    s3 as storage,\n)\naws.sqs.Queue('q')\n"
    )
    assert preload.modules(tmp_path / "__main__.py") == [
        "pulumi_aws",
        "pulumi_aws.iam",
        "pulumi_aws.s3",
        "pulumi_aws.sqs",
        "pulumi_random",
    ]
