"""A remote component whose plugin is a Python folder of the project is made by it, as the engine has it made."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight import pluginfile
from pulumi_preflight.__main__ import app
from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN, Graph
from typer.testing import CliRunner

from tests.harness import FORMS, Form, one, urns, write_environment
from tests.pulumi_preflight.sample_plugin import (
    LOG,
    LOG_SDK,
    NESTED,
    PACKAGES,
    STORE,
    run_site,
    write_plugin,
    write_site,
)
from tests.pulumi_preflight.sample_program import write_pack

CANARY = "planted-token-of-a-client-0123456789"
PROGRAM = f"""
topic = aws.sns.Topic("topic")
other = aws.sns.Topic("other")
tags = {{"Topic": other.arn, "Team": "x", "Secret": Output.secret("{CANARY}")}}
store = Store("one", topic.arn, tags=tags, token=Output.secret("{CANARY}"))
aws.ssm.Parameter("arn", type="String", value=store.arn)
aws.ssm.Parameter("key", type="String", value=store.key.apply(lambda key: key.arn))
pulumi.export("token", store.token)
"""
HERE = "urn:pulumi:dev::sample::"
INSIDE = f"{HERE}store:index:Store$"


def names(found: list[str]) -> list[str]:
    return sorted(urn.rpartition("::")[2] for urn in found)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_plugin_registers_is_recorded(tmp_path: Path, form: Form) -> None:
    graph = run_site(write_site(tmp_path, PROGRAM), form)
    assert graph.warnings == ()
    assert [urn for urn in urns(graph) if "store" in urn.lower()] == [
        "sample::pulumi:providers:store::default_0_1_0",
        "sample::store:index:Store$aws:apigateway/apiKey:ApiKey::one-client",
        "sample::store:index:Store$aws:kms/key:Key::one-key",
        "sample::store:index:Store$store:index:Part$aws:s3/bucket:Bucket::one-files",
        "sample::store:index:Store$store:index:Part::one-part",
        "sample::store:index:Store::one",
    ]
    component = one(graph, "Store")
    assert (component["custom"], component["provider"], component["parent"]) == (
        False,
        "",
        f"{HERE}pulumi:pulumi:Stack::sample-dev",
    )
    assert one(graph, "Key")["parent"] == component["urn"]
    assert one(graph, "Bucket")["parent"] == one(graph, "Part")["urn"]


@pytest.mark.parametrize("form", FORMS)
def test_inputs_and_outputs_keep_what_they_are(tmp_path: Path, form: Form) -> None:
    graph = run_site(write_site(tmp_path, PROGRAM), form)
    key, bucket, topic = one(graph, "Key"), one(graph, "Bucket"), one(graph, "Topic", "topic")
    other = one(graph, "Topic", "other")["outputs"]["arn"]
    secret = {SIGNATURE: SECRET, "value": CANARY}
    assert key["inputs"]["description"] == topic["outputs"]["arn"]
    assert bucket["inputs"]["tags"] == {"Topic": other, "Team": "x", "Secret": secret}
    assert one(graph, "ApiKey")["inputs"]["value"] == secret
    assert graph.exports["token"] == secret
    assert one(graph, "Store")["outputs"] == {"arn": bucket["outputs"]["arn"]}
    assert one(graph, "Parameter", "arn")["inputs"]["value"] == {
        SIGNATURE: SECRET,
        "value": bucket["outputs"]["arn"],
    }
    assert (topic["outputs"]["arn"] == UNKNOWN) == (form == "preview")


def test_relations_lead_into_the_component_and_out_of_it(tmp_path: Path) -> None:
    graph = run_site(write_site(tmp_path, PROGRAM))
    component, bucket = one(graph, "Store"), one(graph, "Bucket")
    assert names(component["dependencies"]) == ["other", "topic"]
    assert one(graph, "Key")["propertyDependencies"]["description"] == [one(graph, "Topic", "topic")["urn"]]
    assert names(bucket["propertyDependencies"]["tags"]) == ["other"]
    after = one(graph, "Parameter", "arn")["propertyDependencies"]["value"]
    assert names(after) == ["one", "one-files"]
    assert names(one(graph, "Parameter", "key")["propertyDependencies"]["value"]) == ["one", "one-key"]


def test_options_reach_the_children(tmp_path: Path) -> None:
    program = """
west = aws.Provider("west", region="us-west-2")
outer = pulumi.ComponentResource("a:b:Outer", "outer", None, ResourceOptions(providers=[west]))
first = aws.sns.Topic("first")
Store("one", "x", ResourceOptions(parent=outer, protect=True, depends_on=[first], aliases=[pulumi.Alias(name="old")]))
"""
    graph = run_site(write_site(tmp_path, program))
    key = one(graph, "Key")
    assert key["urn"] == f"{HERE}a:b:Outer$store:index:Store$aws:kms/key:Key::one-key"
    assert key["provider"].startswith(f"{HERE}pulumi:providers:aws::west::")
    assert ":us-west-2:" in key["outputs"]["arn"]
    assert key["protect"]
    assert names(one(graph, "Store")["dependencies"]) == ["first"]
    assert one(graph, "Store")["aliases"] == [f"{HERE}a:b:Outer$store:index:Store::old"]


def test_transforms_apply_to_what_is_in_a_component(tmp_path: Path) -> None:
    program = """
def everywhere(args):
    if args.type_ == "aws:kms/key:Key":
        args.props["enableKeyRotation"] = True
    return pulumi.ResourceTransformResult(args.props, args.opts)


def own(args):
    if args.type_ == "aws:s3/bucket:Bucket":
        args.props["forceDestroy"] = True
    if args.type_ == "store:index:Store":
        args.props["label"] = args.props["label"] + "!"
    return pulumi.ResourceTransformResult(args.props, args.opts)


pulumi.runtime.register_resource_transform(everywhere)
Store("one", "x", ResourceOptions(transforms=[own]))
Store("two", "x")
"""
    graph = run_site(write_site(tmp_path, program))
    assert [one(graph, "Key", name)["inputs"]["enableKeyRotation"] for name in ("one-key", "two-key")] == [
        True
    ] * 2
    buckets = [one(graph, "Bucket", name) for name in ("one-files", "two-files")]
    assert [bucket["inputs"].get("forceDestroy") for bucket in buckets] == [True, False]
    # Once when it is asked for, and once more when its plugin registers it.
    assert one(graph, "Store", "one")["inputs"]["label"] == "x!!"
    assert one(graph, "Key", "one-key")["inputs"]["description"] == "x!"


def test_hooks_run_when_the_plugin_registers_the_component(tmp_path: Path) -> None:
    program = """
def note(label):
    def hook(args):
        with open("seen", "a") as file:
            file.write(f"{label} {args.name}\\n")
    return hook


hooks = pulumi.ResourceHookBinding(before_create=[note("before")], after_create=[note("after")])
Store("one", "x", ResourceOptions(hooks=hooks))
"""
    run_site(write_site(tmp_path, program))
    assert (tmp_path / "seen").read_text() == "before one\nafter one\n"


def test_a_component_of_one_plugin_may_hold_those_of_another(tmp_path: Path) -> None:
    site = write_site(tmp_path, 'Store("one", "x")', {"store": NESTED, "log": LOG})
    (site / "store" / "PulumiPlugin.yaml").write_text("runtime: {name: python}\npackages: {log: ./log}\n")
    graph = run_site(site)
    group = one(graph, "LogGroup")
    assert group["urn"] == f"{INSIDE}log:index:Log$aws:cloudwatch/logGroup:LogGroup::one-log-group"
    assert group["inputs"]["retentionInDays"] == 7
    assert one(graph, "pulumi:providers:log")["urn"] == f"{HERE}pulumi:providers:log::default"


def test_a_provider_of_ones_own_makes_components_and_answers_methods(tmp_path: Path) -> None:
    program = (
        LOG_SDK
        + """
tool = pulumi.ProviderResource("log", "tool", {"size": 3})
log = Log("log", 3, ResourceOptions(provider=tool))
pulumi.export("said", log.said("hi").apply(lambda answer: answer["text"]))
pulumi.export("group", log.group)
"""
    )
    packages = "plugins:\n  providers:\n    - {name: log, path: plugins/log}\n"
    graph = run_site(write_site(tmp_path, program, {"plugins/log": LOG}, packages))
    assert one(graph, "LogGroup")["inputs"]["retentionInDays"] == 3
    assert [item["urn"] for item in graph.resources if item["type"] == "pulumi:providers:log"] == [
        f"{HERE}pulumi:providers:log::tool"
    ]
    assert graph.exports["said"] == "said hi"
    assert graph.exports["group"]["urn"] == one(graph, "LogGroup")["urn"]


def test_an_installed_distribution_needs_no_main_file(tmp_path: Path) -> None:
    site = write_site(tmp_path, 'Store("one", "x")', {"store": ""})
    (site / "store" / "__main__.py").unlink()
    (site / "store" / "pyproject.toml").write_text('[project]\nname = "store"\n')
    (site / "store" / "store.py").write_text(STORE)  # on the import path, as if it were installed
    assert one(run_site(site), "Key")["urn"] == f"{INSIDE}aws:kms/key:Key::one-key"


def test_what_a_plugin_prints_and_logs_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    run_site(write_site(tmp_path, 'Store("one", "x")'), said=said)
    assert sorted(said) == ["made by the plugin: one", "sample dev open"]


def test_a_virtual_environment_that_is_not_there_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path, 'Store("one", "x")', {})
    write_plugin(site / "store", STORE, "runtime: {name: python, options: {virtualenv: none}}\n")
    said: list[str] = []
    assert one(run_site(site, said=said), "Key")
    assert (
        "warning: store/PulumiPlugin.yaml names the virtual environment none, which does not exist: the plugin runs in "
        "the environment of this command instead."
    ) in said


OWN = "runtime: {name: python, options: {virtualenv: own}}\n"


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("venv", "runtime: python\n"),
        (".venv", "runtime: {name: python, options: {toolchain: uv}}\n"),
        ("own", OWN),
    ],
)
def test_a_plugin_runs_in_its_own_environment(tmp_path: Path, folder: str, file: str) -> None:
    plugin = write_plugin(tmp_path / "store", STORE, file)
    (project,) = pluginfile.declared(tmp_path, {"packages": {"store": "./store"}})
    assert (pluginfile.launch(project).python, pluginfile.launch(project).note == "") == (None, file != OWN)
    write_environment(plugin / folder)
    assert pluginfile.launch(project).python == plugin / folder / "bin/python"
    assert pluginfile.launch(project).note == ""


@pytest.mark.parametrize("whose", ["store/venv", "venv"], ids=["plugin", "project"])
def test_a_plugin_without_an_environment_runs_in_that_of_the_program(tmp_path: Path, whose: str) -> None:
    tells = STORE.replace(
        "import pulumi\n", "import sys\nimport pulumi\nprint(sys.prefix, file=sys.stderr)\n", 1
    )
    site = write_site(tmp_path, 'Store("one", "x")', {"store": tells})
    runtime = "runtime: {name: python, options: {virtualenv: venv}}\n"
    (site / "Pulumi.yaml").write_text(f"name: sample\n{runtime}{PACKAGES}")
    write_environment(site / "venv")
    own = write_environment(site / whose) if whose != "venv" else site / whose
    said: list[str] = []
    assert one(run_site(site, said=said), "Key")
    assert str(own) in said


def test_a_fault_in_a_component_is_found_there(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", 'Store("one", "x")')
    pack = write_pack(tmp_path / "pack")
    arguments = ["check", "-s", "dev", "-C", str(site), "--policy-pack", str(pack), "-f", "json"]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    broken = {(finding["rule"], finding["urn"]) for finding in report["findings"]}
    assert {
        ("key-rotation", f"{INSIDE}aws:kms/key:Key::one-key"),
        ("encrypted", f"{INSIDE}store:index:Part$aws:s3/bucket:Bucket::one-files"),
    } <= broken
    assert report["warnings"] == []
    assert "made by the plugin: one" in ended.stderr


def test_no_plugin_outlives_an_evaluation(tmp_path: Path) -> None:
    told = 'if __name__ == "__main__":\n    import os\n    open("pid", "w").write(str(os.getpid()))\n'
    site = write_site(
        tmp_path, 'Store("one", "x")', {"store": STORE.replace('if __name__ == "__main__":\n', told)}
    )
    graph: Graph = run_site(site)
    assert one(graph, "Key")
    with pytest.raises(ProcessLookupError):
        os.kill(int((site / "pid").read_text()), 0)
