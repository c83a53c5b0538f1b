"""The recorder: what it records, and that the SDK internals it leans on still have the shape it expects."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2
from pulumi_preflight import export
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import REFERENCE, SECRET, SIGNATURE, STACK_TYPE, UNKNOWN, Graph
from pulumi_preflight.outputvalues import OUTPUT
from pulumi_preflight.program import evaluate
from pulumi_preflight.provider import outputs

from tests.harness import Form, name_of, one, run_inline, write_project
from tests.pulumi_preflight.sample_program import CANARY, PROGRAM

SECRET_CANARY = {SIGNATURE: SECRET, "value": CANARY}


def sample(folder: Path, form: Form = "update") -> Graph:
    return run_inline(folder, PROGRAM, form=form, config={"apiKey": CANARY}, secrets=["apiKey"])


def test_urns_are_the_engines(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    head = "urn:pulumi:dev::sample::"
    assert {resource["urn"] for resource in graph.resources} >= {
        head + "pulumi:pulumi:Stack::sample-dev",
        head + "sample:index:Store::store",
        head + "sample:index:Store$aws:kms/key:Key::store-key",
        head + "aws:iam/role:Role::role",
        head + "pulumi:providers:aws::west",
    }


def test_options_are_kept(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    key, bucket = one(graph, "Key"), one(graph, "Bucket")
    assert key["protect"] is True
    assert key["retainOnDelete"] is True
    assert key["aliases"] == ["urn:pulumi:dev::sample::sample:index:Store$aws:kms/key:Key::old-key"]
    assert key["parent"] == one(graph, "Store")["urn"]
    assert bucket["protect"] is False
    assert bucket["ignoreChanges"] == ["tags"]
    assert bucket["deleteBeforeReplace"] is True
    assert bucket["customTimeouts"] == {"create": 5400, "update": 0, "delete": 0}


@pytest.mark.parametrize("form", ["update", "preview"])
def test_dependencies_are_by_property(tmp_path: Path, form: Form) -> None:
    graph = sample(tmp_path, form)
    encryption = one(graph, "BucketServerSideEncryptionConfiguration")
    key, bucket = one(graph, "Key")["urn"], one(graph, "Bucket")["urn"]
    assert encryption["propertyDependencies"] == {"bucket": [bucket], "rules": [key]}
    assert encryption["dependencies"] == sorted([bucket, key])


def test_an_update_knows_everything(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    assert UNKNOWN not in json.dumps(graph.resources)
    assert one(graph, "Key")["outputs"]["arn"].startswith("arn:aws:kms:eu-west-1:123456789012:key/")
    assert graph.exports["keyArn"] == one(graph, "Key")["outputs"]["arn"]
    assert one(graph, "Store")["outputs"] == {"keyArn": graph.exports["keyArn"]}
    assert graph.exports["account"] == outputs.ACCOUNT


def test_a_preview_knows_what_the_program_chose(tmp_path: Path) -> None:
    graph = sample(tmp_path, "preview")
    key, bucket = one(graph, "Key"), one(graph, "Bucket")
    assert key["id"] == key["outputs"]["arn"] == graph.exports["keyArn"] == UNKNOWN
    assert key["outputs"]["enableKeyRotation"] is True
    assert bucket["inputs"]["bucket"].startswith("store-bucket-")
    assert one(graph, "BucketServerSideEncryptionConfiguration")["inputs"]["bucket"] == UNKNOWN


def test_names_left_out_are_made_up_the_same_way_each_time(tmp_path: Path) -> None:
    first, again = sample(tmp_path / "a"), sample(tmp_path / "b")
    name = one(first, "Role")["inputs"]["name"]
    assert name.startswith("role-")
    assert len(name) == len("role-") + 7
    assert first.resources == again.resources


def test_secrets_stay_marked(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    assert one(graph, "ApiKey", "client")["inputs"]["value"] == SECRET_CANARY
    assert graph.exports["apiKey"] == SECRET_CANARY
    assert one(graph, "ApiKey", "made")["outputs"]["value"][SIGNATURE] == SECRET
    assert CANARY not in json.dumps(graph.to_export())
    assert CANARY not in repr(graph)


def test_each_resource_has_its_provider(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    default = next(r for r in graph.resources if name_of(r).startswith("default_"))
    assert default["type"] == "pulumi:providers:aws"
    assert default["inputs"]["region"] == "eu-west-1"
    assert default["inputs"]["version"] in {name_of(default).removeprefix("default_").replace("_", ".")}
    assert one(graph, "Role")["provider"] == f"{default['urn']}::{default['id']}"
    topic, west = one(graph, "Topic"), one(graph, "pulumi:providers:aws", "west")
    assert topic["provider"] == f"{west['urn']}::{west['id']}"
    assert topic["outputs"]["arn"].split(":")[3] == "us-west-2"
    assert topic["outputs"]["tagsAll"] == {"A": "b", "Team": "west"}


def test_order_puts_parents_and_dependencies_first(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    place = {resource["urn"]: number for number, resource in enumerate(graph.resources)}
    assert graph.resources[0]["type"] == STACK_TYPE
    for resource in graph.resources:
        needs = [*resource["dependencies"], resource["provider"].rpartition("::")[0], resource["parent"]]
        assert all(place[urn] < place[resource["urn"]] for urn in needs if urn)


def test_an_export_reads_back(tmp_path: Path) -> None:
    graph = sample(tmp_path)
    document = json.loads(json.dumps(graph.to_export(mask=False)))
    assert export.graph(document).resources == graph.resources
    masked = export.graph(graph.to_export())
    assert one(masked, "ApiKey", "client")["inputs"]["value"] == UNKNOWN
    assert (masked.project, masked.stack) == ("sample", "dev")


@pytest.mark.parametrize(
    "document",
    [{}, [], {"version": 3}, {"version": 3, "deployment": {"resources": []}}, {"version": 3, "deployment": 1},
     {"version": 2, "deployment": {"resources": [{"urn": "urn:pulumi:a::b::c::d", "type": "c"}]}},
     {"version": 3, "deployment": {"resources": [{"urn": "x", "type": "y"}]}}],
)  # fmt: skip
def test_what_is_no_export_is_refused(document: Any) -> None:
    with pytest.raises(UserError, match=r"state\.json"):
        export.graph(document, "state.json")


def test_unknown_provider_functions_are_named(tmp_path: Path) -> None:
    program = "import pulumi_aws as aws\naws.ec2.get_ami(owners=['self'])"
    with pytest.raises(UserError, match="aws:ec2/getAmi:getAmi"):
        run_inline(tmp_path, program)


def test_two_resources_of_one_name_are_refused(tmp_path: Path) -> None:
    program = "import pulumi_aws as aws\naws.sns.Topic('t')\naws.sns.Topic('t')"
    with pytest.raises(UserError, match="aws:sns/topic:Topic::t"):
        run_inline(tmp_path, program)


@pytest.mark.parametrize(
    ("stack_file", "sentence"),
    [
        ("config: [\n", "Pulumi.dev.yaml, line 2: this is not valid YAML"),
        ("config:\n  sample:token: {secure: AAABAE}\n", "sample:token is encrypted"),
        ("config: 3\n", "`config` must be a mapping"),
        ("- a\n", "must be a mapping"),
    ],
)
def test_mistakes_in_a_stack_file(tmp_path: Path, stack_file: str, sentence: str) -> None:
    project = write_project(tmp_path, "")
    (project / "Pulumi.dev.yaml").write_text(stack_file)
    with pytest.raises(UserError, match=sentence) as caught:
        evaluate("dev", project=project)
    assert "AAABAE" not in str(caught.value)


def test_an_encrypted_value_can_be_stood_in_for(tmp_path: Path) -> None:
    project = write_project(
        tmp_path, "import pulumi\npulumi.export('t', pulumi.Config().require_secret('token'))"
    )
    (project / "Pulumi.dev.yaml").write_text("config:\n  sample:token: {secure: AAABAE}\n")
    graph = evaluate("dev", project=project, config={"token": CANARY})
    assert graph.exports["t"] == SECRET_CANARY


def test_an_unknown_stack_is_named_with_the_known_ones(tmp_path: Path) -> None:
    project = write_project(tmp_path, "")
    with pytest.raises(UserError, match=r"no stack 'prd'.*known stacks: dev"):
        evaluate("prd", project=project)


def test_a_declared_key_without_value_is_missing(tmp_path: Path) -> None:
    project = write_project(tmp_path, "")
    (project / "Pulumi.yaml").write_text("name: sample\nconfig:\n  size: {type: integer}\n")
    with pytest.raises(UserError, match="missing configuration value sample:size"):
        evaluate("dev", project=project)


def test_config_reaches_the_program_as_the_cli_would_pass_it(tmp_path: Path) -> None:
    program = """
        import pulumi
        config = pulumi.Config()
        for key in ("flag", "number", "object", "fallback"):
            pulumi.export(key, config.get(key))
        pulumi.export("over", config.get_int("over"))
        """
    project = write_project(
        tmp_path, program, {"sample:flag": "true", "sample:number": 3, "sample:object": "{a: [1]}"}
    )
    (project / "Pulumi.yaml").write_text("name: sample\nconfig:\n  fallback: {default: x}\n  over: 1\n")
    graph = evaluate("dev", project=project, config={"over": "2"})
    assert graph.exports == {"flag": "true", "number": "3", "object": '{"a":[1]}', "fallback": "x", "over": 2}


def test_the_sdk_still_has_the_shape_the_recorder_expects() -> None:
    assert rpc.UNKNOWN == UNKNOWN
    assert rpc._special_sig_key == SIGNATURE
    assert rpc._special_secret_sig == SECRET
    assert rpc._special_resource_sig == REFERENCE
    assert rpc._special_output_value_sig == OUTPUT
    fields = {field.name for field in resource_pb2.RegisterResourceRequest.DESCRIPTOR.fields}
    assert fields >= {
        "type", "name", "parent", "custom", "object", "protect", "dependencies", "provider", "version",
        "propertyDependencies", "deleteBeforeReplace", "deleteBeforeReplaceDefined", "ignoreChanges",
        "additionalSecretOutputs", "aliases", "aliasURNs", "importId", "customTimeouts", "replaceOnChanges",
        "retainOnDelete", "deletedWith",
    }  # fmt: skip


def test_the_provider_sdk_still_says_what_only_aws_sets() -> None:
    import pulumi_aws  # noqa: F401

    known = outputs.shape("aws:kms/key:Key")
    assert known is not None
    assert known.computed.keys() == {"arn", "keyId", "tagsAll"}
    assert {"policy", "region", "tags", "enableKeyRotation"} <= known.inputs
    assert outputs.shape("other:index:Thing") is None


def test_existing_resources_are_read(tmp_path: Path) -> None:
    graph = run_inline(tmp_path, "import pulumi_aws as aws\naws.s3.Bucket.get('there', 'there-id')")
    bucket = one(graph, "Bucket")
    assert (bucket["id"], bucket["external"]) == ("there-id", True)


def test_runs_in_threads_do_not_mix(tmp_path: Path) -> None:
    program = "import pulumi\npulumi.export('n', pulumi.Config().require_int('n'))"

    def run(number: int) -> Any:
        return run_inline(tmp_path / str(number), program, config={"n": str(number)}).exports["n"]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(8))) == list(range(8))


def test_a_resource_is_in_the_account_of_its_provider(tmp_path: Path) -> None:
    program = """
import pulumi_aws as aws
there = aws.Provider("there", region="eu-west-1", allowed_account_ids=["210987654321"])
role = aws.iam.Role("role", assume_role_policy="{}", opts=pulumi.ResourceOptions(provider=there))
pulumi.export("account", aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=there)).account_id)
"""
    graph = run_inline(tmp_path, "import pulumi" + program)
    assert one(graph, "Role")["outputs"]["arn"].split(":")[4] == graph.exports["account"] == "210987654321"
