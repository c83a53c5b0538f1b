"""Which resource hooks run, with what, and what a failure ends: on the real engine as in an evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.errors import NotJudgedError

from tests.engine.cli import Cli
from tests.engine.workspace import Workspace
from tests.harness import Form, run_inline

PROGRAM = """
import json
import pulumi
import pulumi_aws as aws
from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions, ResourceOptions


def note(label):
    def hook(args):
        inputs = {key: value for key, value in (args.new_inputs or {}).items() if key in ("bucket", "size", "region")}
        told = [label, args.name, args.type, args.id, inputs, "arn" in (args.new_outputs or {})]
        with open("seen", "a") as file:
            file.write(json.dumps(told) + chr(10))
    return hook


def fail(args):
    raise ValueError("the gate is shut")


def bound(*extra):
    return ResourceHookBinding(
        before_create=[ResourceHook(f"first{len(extra)}", note("first"), ResourceHookOptions(on_dry_run=True)), *extra],
        after_create=[note("second")],
        before_update=[note("update")],
        after_delete=[],
    )


class Store(pulumi.ComponentResource):
    def __init__(self, name, complete):
        own = ResourceHookBinding(before_create=[note("before")], after_create=[note("after")])
        super().__init__("a:b:Store", name, {"size": 1}, ResourceOptions(hooks=own))
        if complete:
            self.register_outputs({"arn": "here"})


Store("whole", True)
Store("open", False)
provider = aws.Provider("own", region="eu-west-1", skip_credentials_validation=True,
    opts=ResourceOptions(hooks=ResourceHookBinding(after_create=[note("provider")])))
"""
BUCKET = """
opts = ResourceOptions(hooks=bound(EXTRA), provider=provider)
aws.s3.Bucket("logs", bucket="logs-of-hooks", opts=opts)
"""


@pytest.fixture
def site(cli: Cli, aws: int, python: Path | None, tmp_path: Path) -> Workspace:
    """An empty folder with a backend and a stack to come."""
    (tmp_path / ".backend").mkdir()
    return Workspace(cli, tmp_path, "dev", aws, python)


def _seen(folder: Path) -> list[list[Any]]:
    file = folder / "seen"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return sorted(json.loads(line) for line in lines)


def _without_ids(seen: list[list[Any]]) -> list[list[Any]]:
    return [[*told[:3], bool(told[3]), *told[4:]] for told in seen]


@pytest.mark.parametrize("form", ["preview", "update"])
def test_the_same_hooks_are_told_the_same(site: Workspace, form: Form) -> None:
    run_inline(site.folder, PROGRAM + BUCKET.replace("EXTRA", ""), form=form)
    offline = _seen(site.folder)
    site.pulumi("stack", "init", "dev")
    ended = site.run(*(("preview",) if form == "preview" else ("up", "--skip-preview")))
    assert ended.code == 0, ended.out + ended.err
    online = _seen(site.folder)
    assert _without_ids(offline) == _without_ids(online)
    assert len(online) == (1 if form == "preview" else 6)


@pytest.mark.parametrize(
    ("hooks", "ends"),
    [
        ("before_create=[fail]", True),
        ("after_create=[fail]", True),
        ('before_create=[ResourceHook("x", fail, ResourceHookOptions(ignore_errors=True))]', False),
        ('after_create=[ResourceHook("x", fail, ResourceHookOptions(ignore_errors=True))]', False),
        ("before_update=[fail]", False),
    ],
)
def test_a_failure_ends_both_or_neither(site: Workspace, hooks: str, ends: bool) -> None:
    bucket = f'aws.s3.Bucket("logs", opts=ResourceOptions(hooks=ResourceHookBinding({hooks})))\n'
    if ends:
        with pytest.raises(NotJudgedError, match="the gate is shut"):
            run_inline(site.folder, PROGRAM + bucket)
    else:
        assert len(run_inline(site.folder, PROGRAM + bucket).warnings) == ("ignore" in hooks)
    site.pulumi("stack", "init", "dev")
    ended = site.run("up", "--skip-preview")
    assert bool(ended.code) == ends, ended.out + ended.err
    assert ("the gate is shut" in ended.out) == (ends or "ignore" in hooks)
