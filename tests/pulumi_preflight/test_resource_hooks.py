"""A program's resource hooks run as the real engine runs them (`tests/engine/test_hooks.py` compares the two)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight.__main__ import app
from pulumi_preflight.errors import NotJudgedError
from pulumi_preflight.graph import Graph
from typer.testing import CliRunner

from tests.harness import Form, one, run_inline

HEAD = """
import json
import pulumi
import pulumi_aws as aws
from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions, ResourceOptions

SEEN = []
ALWAYS = ResourceHookOptions(on_dry_run=True)


def note(label):
    def hook(args):
        with open("seen", "a") as file:
            bucket, made = (args.new_inputs or {}).get("bucket"), "arn" in (args.new_outputs or {})
            said = [label, args.name, args.type, args.id, bucket, made]
            file.write(json.dumps(said) + chr(10))
    return hook


def fail(args):
    raise ValueError("the gate is shut\\nand more")
"""


def seen(folder: Path) -> list[list[Any]]:
    file = folder / "seen"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def run(folder: Path, program: str, form: Form = "update") -> Graph:
    return run_inline(folder, HEAD + program, form=form)


BUCKET = """
bound = ResourceHookBinding(
    before_create=[ResourceHook("first", note("first"), ALWAYS), note("second")],
    after_create=[ResourceHook("third", note("third"), ALWAYS)],
    before_update=[ResourceHook("update", note("update"), ALWAYS)],
    after_delete=[ResourceHook("delete", note("delete"), ALWAYS)],
    on_error=[pulumi.ErrorHook("error", lambda args: True)],
)
aws.s3.Bucket("logs", opts=ResourceOptions(hooks=bound))
"""


def test_hooks_surround_a_creation(tmp_path: Path) -> None:
    graph = run(tmp_path, BUCKET)
    bucket = one(graph, "Bucket")
    name, type_ = bucket["inputs"]["bucket"], bucket["type"]
    assert seen(tmp_path) == [
        ["first", "logs", type_, "", name, False],
        ["second", "logs", type_, "", name, False],
        ["third", "logs", type_, bucket["id"], name, True],
    ]
    assert graph.warnings == ()


def test_a_preview_runs_the_hooks_that_are_for_it(tmp_path: Path) -> None:
    run(tmp_path, BUCKET, "preview")
    assert [(label, id_) for label, _, _, id_, _, _ in seen(tmp_path)] == [("first", ""), ("third", "")]


def test_a_component_is_created_when_it_registers_its_outputs(tmp_path: Path) -> None:
    program = """
class Store(pulumi.ComponentResource):
    def __init__(self, name, complete):
        hooks = ResourceHookBinding(before_create=[note("before")], after_create=[note("after")])
        super().__init__("a:b:Store", name, None, ResourceOptions(hooks=hooks))
        own = ResourceHookBinding(after_create=[note("bucket")])
        made = aws.s3.Bucket(name + "-files", opts=ResourceOptions(parent=self, hooks=own))
        if complete:
            self.register_outputs({"arn": made.arn})


Store("whole", True)
Store("open", False)
"""
    run(tmp_path, program)
    labels = [(label, name) for label, name, *_ in seen(tmp_path)]
    assert labels.index(("before", "whole")) < labels.index(("bucket", "whole-files"))
    assert labels.index(("bucket", "whole-files")) < labels.index(("after", "whole"))
    assert sorted(labels) == [
        ("after", "whole"),
        ("before", "open"),
        ("before", "whole"),
        ("bucket", "open-files"),
        ("bucket", "whole-files"),
    ]


def test_neither_an_imported_nor_a_read_resource_is_created(tmp_path: Path) -> None:
    program = """
bound = ResourceHookBinding(before_create=[note("before")], after_create=[note("after")])
aws.s3.Bucket("adopted", bucket="here", opts=ResourceOptions(hooks=bound, import_="here"))
aws.s3.Bucket.get("read", "there", opts=ResourceOptions(hooks=bound))
aws.Provider("own", region="eu-west-1", opts=ResourceOptions(hooks=bound))
"""
    run(tmp_path, program)
    assert [said[:2] for said in seen(tmp_path)] == [["before", "own"], ["after", "own"]]


@pytest.mark.parametrize("kind", ["before_create", "after_create"])
def test_a_hook_that_fails_ends_the_evaluation(tmp_path: Path, kind: str) -> None:
    program = f"""
aws.s3.Bucket("logs", opts=ResourceOptions(hooks=ResourceHookBinding({kind}=[ResourceHook("gate", fail)])))
"""
    sentence = (
        f'the {kind} hook "gate" of aws:s3/bucket:Bucket "logs" failed: the gate is shut; an update ends there; '
        "where it needs what only AWS creates, judge with --preview."
    )
    with pytest.raises(NotJudgedError) as raised:
        run(tmp_path, program)
    assert str(raised.value) == sentence
    assert run(tmp_path, program, "preview").warnings == ()


def test_a_hook_whose_failure_is_ignored_is_warned_about(tmp_path: Path) -> None:
    program = """
ignored = ResourceHook("gate", fail, ResourceHookOptions(ignore_errors=True))
aws.s3.Bucket("logs", opts=ResourceOptions(hooks=ResourceHookBinding(before_create=[ignored, note("next")])))
"""
    graph = run(tmp_path, program)
    assert graph.warnings == (
        'The before_create hook "gate" of aws:s3/bucket:Bucket "logs" failed: the gate is shut '
        "(its errors are ignored).",
    )
    assert [label for label, *_ in seen(tmp_path)] == ["next"]


def test_a_transform_can_bind_hooks(tmp_path: Path) -> None:
    program = """
def bind(args):
    args.opts.hooks = ResourceHookBinding(after_create=[ResourceHook("bound", note("bound"))])
    return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)


aws.s3.Bucket("logs", opts=ResourceOptions(transforms=[bind]))
"""
    run(tmp_path, program)
    assert [label for label, *_ in seen(tmp_path)] == ["bound"]


def test_a_transform_keeps_hooks(tmp_path: Path) -> None:
    program = """
def same(args):
    return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)


bound = ResourceHookBinding(after_create=[note("bound")])
aws.s3.Bucket("logs", opts=ResourceOptions(transforms=[same], hooks=bound))
"""
    run(tmp_path, program)
    assert [label for label, *_ in seen(tmp_path)] == ["bound"]


def test_a_hook_may_call_provider_functions(tmp_path: Path) -> None:
    program = """
async def ask(args):
    found = await aws.get_caller_identity_output().account_id.future()
    note(found)(args)


aws.s3.Bucket("logs", opts=ResourceOptions(hooks=ResourceHookBinding(before_create=[ResourceHook("ask", ask)])))
"""
    run(tmp_path, program)
    assert [label for label, *_ in seen(tmp_path)] == ["123456789012"]


def test_two_hooks_of_one_name_are_refused(tmp_path: Path) -> None:
    program = """
for _ in range(2):
    ResourceHook("twice", note("twice"))
aws.s3.Bucket("logs")
"""
    with pytest.raises(NotJudgedError, match="two hooks have the name twice"):
        run(tmp_path, program)


def test_the_commands_end_with_two_and_one_sentence(tmp_path: Path) -> None:
    program = 'aws.s3.Bucket("b", opts=ResourceOptions(hooks=ResourceHookBinding(before_create=[fail])))'
    run(tmp_path, program, "preview")
    ended = CliRunner().invoke(app, ["graph", "--stack", "dev", "-C", str(tmp_path)])
    assert ended.exit_code == 2
    assert "failed: the gate is shut" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
