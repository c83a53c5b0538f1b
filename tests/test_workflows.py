"""The workflows: pinned, with few rights, and nothing with rights for a fork."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from attacks.probes import ALL
from attacks.runner import select
from tests.harness import PROJECT, declared

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((PROJECT / ".github" / "actions").glob("*/action.yml"))
OWN = "github.event.pull_request.head.repo.full_name == github.repository"


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(path.read_text())["jobs"])


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.stem)
def test_every_foreign_action_is_pinned_to_a_commit_with_its_version(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    for action, note in used:
        if not action.startswith("./"):
            assert re.search(r"@[0-9a-f]{40}$", action), action
            assert re.search(r"# v\d+\.\d+\.\d+$", note), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_says_its_rights_and_its_time(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"], name
        assert "write-all" not in str(job["permissions"])
        assert job["timeout-minutes"] <= 180


def test_what_has_rights_does_not_run_for_a_fork() -> None:
    for name, job in jobs(PROJECT / ".github" / "workflows" / "check.yml").items():
        if any(right == "write" for right in job["permissions"].values()):
            assert OWN in job["if"], name


def test_the_job_that_writes_runs_no_code_of_the_pull_request() -> None:
    report = jobs(PROJECT / ".github" / "workflows" / "check.yml")["report"]
    assert not any("checkout" in step.get("uses", "") for step in report["steps"])


def test_what_decides_whether_a_job_runs_is_a_variable_of_the_repository() -> None:
    """GitHub gives a job its environment's variables when it starts on a runner: a condition has none of them yet."""
    for path in WORKFLOWS:
        content = yaml.safe_load(path.read_text())
        early = [str(content.get("env")), *(str(job.get("if")) for job in content["jobs"].values())]
        assert set(re.findall(r"vars\.(\w+)", " ".join(early))) <= {"STATE_BACKEND"}, path.name


def test_every_variable_and_secret_is_in_the_instructions() -> None:
    used = {name for path in WORKFLOWS for name in re.findall(r"(?:vars|secrets)\.(\w+)", path.read_text())}
    page = (PROJECT / "docs" / "pipelines.md").read_text()
    assert used == set(re.findall(r"`([A-Z_]{4,})`", page)) - {"PULUMI_BACKEND_URL"}


def test_a_new_artifact_is_compared_by_whoever_may_decrypt_the_served_one() -> None:
    steps = jobs(PROJECT / ".github" / "workflows" / "deploy.yml")["up"]["steps"]
    runs = [str(step.get("run", "")) for step in steps]
    (comparing,) = (place for place, run in enumerate(runs) if "model compare" in run)
    assert comparing < next(place for place, run in enumerate(runs) if "pulumi up" in run)
    (urn,) = re.findall(r'endswith\("(.+?)"\)', runs[comparing])
    found = [item for item in declared("prod").resources if item["urn"].endswith(urn)]
    assert [str(item["inputs"]["source"]["path"]).rpartition("/")[2] for item in found] == ["model.tar.gz"]


def test_a_few_probes_of_keys_are_sent_and_none_that_guesses() -> None:
    text = (PROJECT / ".github" / "workflows" / "deploy.yml").read_text()
    (pattern,) = re.findall(r'--only "(.+?)"', text)
    chosen = [probe.name for probe in select(ALL, pattern)]
    assert chosen == ["key-missing", "key-wrong", "key-elsewhere", "key-not-enough"]


def test_an_update_follows_a_preview_and_waits_for_its_environment() -> None:
    deploy = jobs(PROJECT / ".github" / "workflows" / "deploy.yml")
    assert deploy["up"]["needs"] == "preview"
    assert deploy["up"]["environment"] == "${{ inputs.stack }}"
    commands = " ".join(step.get("run", "") for step in deploy["up"]["steps"])
    assert (
        commands.index("pulumi up") < commands.index("preflight smoke") < commands.index("preflight attack")
    )
