"""What programs of other people do: references, transforms, other stacks, read resources, answers of AWS."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi_preflight import answers
from pulumi_preflight.errors import NotJudgedError, UserError
from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN, Graph
from pulumi_preflight.program import evaluate
from pulumi_preflight.provider import placeholders
from pulumi_preflight.provider.outputs import Shape

from tests.harness import FORMS, Form, name_of, one, run_inline, write_project

HEAD = "import pulumi\nimport pulumi_aws as aws\n"


def test_a_resource_can_be_an_argument(tmp_path: Path) -> None:
    program = """
        role = aws.iam.Role("role", assume_role_policy="{}")
        aws.iam.RolePolicyAttachment("attached", role=role, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        """
    graph = run_inline(tmp_path, HEAD + "\n".join(line.strip() for line in program.splitlines()))
    role, attached = one(graph, "Role"), one(graph, "RolePolicyAttachment")
    assert attached["inputs"]["role"] == role["id"]
    assert attached["propertyDependencies"]["role"] == [role["urn"]]


def test_a_component_keeps_references_in_its_outputs(tmp_path: Path) -> None:
    program = """
class Store(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("a:b:Store", "store")
        self.register_outputs({"bucket": aws.s3.Bucket("logs")})


Store()
"""
    graph = run_inline(tmp_path, HEAD + program)
    assert one(graph, "Store")["outputs"]["bucket"]["id"] == one(graph, "Bucket")["id"]


TRANSFORMS = """
def tag(args):
    return pulumi.ResourceTransformResult(props={**args.props, "tags": {"Owner": args.name}}, opts=args.opts)


def protect(args):
    args.opts.protect = True
    return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)


class Store(pulumi.ComponentResource):
    def __init__(self, opts):
        super().__init__("a:b:Store", "store", None, opts)
        aws.s3.Bucket("inner", opts=pulumi.ResourceOptions(parent=self))


pulumi.runtime.register_resource_transform(tag)
Store(pulumi.ResourceOptions(transforms=[protect]))
aws.s3.Bucket("outer")
"""


def test_transforms_run_as_the_engine_runs_them(tmp_path: Path) -> None:
    graph = run_inline(tmp_path, HEAD + TRANSFORMS)
    inner, outer = one(graph, "Bucket", "inner"), one(graph, "Bucket", "outer")
    assert (inner["protect"], outer["protect"]) == (True, False)
    assert (inner["inputs"]["tags"], outer["inputs"]["tags"]) == ({"Owner": "inner"}, {"Owner": "outer"})


@pytest.mark.parametrize("form", FORMS)
def test_a_transform_leaves_what_it_does_not_touch(tmp_path: Path, form: Form) -> None:
    program = """
topic = aws.sns.Topic("topic")


def named(args):
    args.props["forceDestroy"] = True
    return pulumi.ResourceTransformResult(args.props, args.opts)


tags = {"Plain": "x", "Topic": topic.arn, "Secret": pulumi.Output.secret("planted")}
aws.s3.Bucket("files", tags=tags, opts=pulumi.ResourceOptions(transforms=[named]))
"""
    graph = run_inline(tmp_path, HEAD + program, form=form)
    bucket, topic = one(graph, "Bucket"), one(graph, "Topic")
    assert bucket["inputs"]["tags"] == {
        "Plain": "x",
        "Topic": topic["outputs"]["arn"],
        "Secret": {SIGNATURE: SECRET, "value": "planted"},
    }
    assert bucket["propertyDependencies"] == {"forceDestroy": [], "tags": [topic["urn"]]}


def test_a_transform_that_fails_is_not_judged(tmp_path: Path) -> None:
    program = HEAD + "pulumi.runtime.register_resource_transform(lambda args: 1 / 0)\naws.s3.Bucket('b')"
    with pytest.raises(UserError, match="a transform of the program failed for b: division by zero"):
        run_inline(tmp_path, program)


def test_transforms_of_calls_run(tmp_path: Path) -> None:
    program = """
def abroad(args):
    return pulumi.InvokeTransformResult(args={**args.args, "region": "eu-north-1"}, opts=args.opts)


pulumi.runtime.register_invoke_transform(abroad)
pulumi.export("region", aws.get_region_output().region)
"""
    assert run_inline(tmp_path, HEAD + program).exports["region"] == "eu-north-1"


def test_what_is_read_has_the_name_it_is_read_by(tmp_path: Path) -> None:
    program = """
pulumi.export("bucket", aws.s3.Bucket.get("shared", "corp-shared-bucket").bucket)
pulumi.export("role", aws.iam.Role.get("role", "corp-role").arn)
aws.sns.Topic("alarms")
"""
    graph = run_inline(tmp_path, HEAD + program)
    assert graph.exports["bucket"] == "corp-shared-bucket"
    assert graph.exports["role"] == "arn:aws:iam::123456789012:role/corp-role"
    assert len(graph.by_type("pulumi:providers:aws")) == 1


@pytest.mark.parametrize("line", ["main: 5", "main: [infra]", "stackConfigDir: {a: b}"])
def test_a_path_that_is_no_text_is_told(tmp_path: Path, line: str) -> None:
    project = write_project(tmp_path, "")
    (project / "Pulumi.yaml").write_text(f"name: sample\nruntime: python\n{line}\n")
    with pytest.raises(
        UserError, match=rf"^Pulumi\.yaml: {line.partition(':')[0]} must be a path as text\.$"
    ):
        evaluate("dev", preview=False, project=project)


def test_main_names_the_program(tmp_path: Path) -> None:
    project = write_project(tmp_path, "raise SystemExit(4)")
    (project / "Pulumi.yaml").write_text("name: sample\nruntime: python\nmain: infra\n")
    (project / "infra").mkdir()
    (project / "infra" / "beside.py").write_text("NAME = 'beside'\n")
    (project / "infra" / "__main__.py").write_text(
        "import os, pulumi, beside\npulumi.ComponentResource('a:b:C', beside.NAME)\n"
        "pulumi.export('cwd', os.path.basename(os.getcwd()))"
    )
    graph = evaluate("dev", project=project)
    assert [name_of(resource) for resource in graph.resources] == ["sample-dev", "beside"]
    assert graph.exports["cwd"] == "infra"


def test_a_stack_without_configuration_needs_no_file(tmp_path: Path) -> None:
    project = write_project(tmp_path, "import pulumi\npulumi.export('stack', pulumi.get_stack())")
    (project / "Pulumi.dev.yaml").unlink()
    assert evaluate("any", project=project).exports["stack"] == "any"


def test_another_language_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path, "")
    (project / "Pulumi.yaml").write_text("name: sample\nruntime: nodejs\n")
    with pytest.raises(UserError, match="written for nodejs"):
        evaluate("dev", project=project)


ASKING = """
image = aws.ec2.get_ami(owners=["amazon"], most_recent=True)
network = pulumi.StackReference("acme/network/prod")
pulumi.export("image", image.id)
pulumi.export("vpc", network.get_output("vpcId"))
"""


def test_unanswered_questions_are_named_and_drafted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"aws:ec2/getAmi:getAmi, which only AWS can answer.*--write-answers"):
        run_inline(tmp_path, HEAD + ASKING)
    draft = answers.read(None, tmp_path, drafting=True)
    evaluate("dev", project=tmp_path, answers=draft)
    text = (
        draft.draft()
        .replace("vpc-0123456789abcdef0", "vpc-1")
        .replace("id: ami-0123456789abcdef0", "id: ami-2")
    )
    (tmp_path / answers.NAME).write_text(text)
    graph = evaluate("dev", project=tmp_path)
    assert (graph.exports["image"], graph.exports["vpc"]) == ("ami-2", "vpc-1")
    assert "acme/network/prod, aws:ec2/getAmi:getAmi" in graph.warnings[0]


def test_the_answer_with_the_most_arguments_counts(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text(
        "functions:\n"
        "- {token: aws:ec2/getAmi:getAmi, result: {id: ami-any}}\n"
        "- {token: aws:ec2/getAmi:getAmi, arguments: {nameRegex: arm}, result: {id: ami-arm}}\n"
    )
    known = answers.read(tmp_path / "answers.yaml", tmp_path)
    assert [
        (known.function("aws:ec2/getAmi:getAmi", arguments) or {})["id"]
        for arguments in ({}, {"nameRegex": "arm"})
    ] == ["ami-any", "ami-arm"]


@pytest.mark.parametrize("key", ["stackConfigDir", "config"])
def test_stack_files_in_a_folder_of_their_own(tmp_path: Path, key: str) -> None:
    project = write_project(tmp_path, "import pulumi\npulumi.export('size', pulumi.Config().require('size'))")
    (project / "Pulumi.yaml").write_text(f"name: sample\nruntime: python\n{key}: ./stacks\n")
    (project / "stacks").mkdir()
    (project / "stacks" / "Pulumi.live.yaml").write_text("config: {sample:size: small}")
    assert evaluate("live", project=project).exports["size"] == "small"
    with pytest.raises(UserError, match="known stacks: live"):
        evaluate("other", project=project)


def test_outputs_of_another_stack_are_drafted_from_every_file(tmp_path: Path) -> None:
    project = write_project(tmp_path, "import pulumi\nimport network.parts\n")
    (project / "network").mkdir()
    (project / "network" / "parts.py").write_text(
        "import pulumi\nref = pulumi.StackReference('acme/network/prod')\n"
        "pulumi.export('zone', ref.outputs['zoneId'])\npulumi.export('vpc', ref.require_output('vpcId'))\n"
    )
    draft = answers.read(None, project, drafting=True)
    graph = evaluate("dev", project=project, answers=draft)
    assert set(graph.exports) == {"zone", "vpc"}


def test_the_reason_is_told_and_not_what_the_sdk_was_busy_with(tmp_path: Path) -> None:
    program = """
network = aws.ec2.Vpc("network", cidr_block=pulumi.Output.from_input(1).apply(lambda one: {"far": object()}))
aws.ec2.Subnet("near", vpc_id=network.id)
"""
    with pytest.raises(
        NotJudgedError, match="resource 'network', input 'cidr_block': unexpected input of type object"
    ):
        run_inline(tmp_path, HEAD + program)


def test_a_bucket_that_is_a_website_has_an_address(tmp_path: Path) -> None:
    program = """
site = aws.s3.Bucket("site", website={"index_document": "index.html"})
pulumi.export("address", pulumi.Output.concat("http://", site.website_endpoint))
"""
    assert ".s3-website-eu-west-1." in run_inline(tmp_path, HEAD + program).exports["address"]


@pytest.mark.parametrize(
    "text",
    [
        "functions: 3",
        "- a",
        "stacks: {a: 1}",
        "functions: [{token: a}]",
        "other: 1",
        "a: [",
        "functions: [1]",
    ],
)
def test_a_broken_answers_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(UserError, match=r"a\.yaml"):
        answers.read(tmp_path / "a.yaml", tmp_path)


def test_a_remote_component_is_not_passed_over(tmp_path: Path) -> None:
    program = """
class Remote(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("far:index:Away", "away", {"size": 1}, None, True)


Remote()
"""
    with pytest.raises(UserError, match=r'far:index:Away "away" is made by a plugin.*--allow-unseen'):
        run_inline(tmp_path, HEAD + program)
    graph: Graph = evaluate("dev", project=tmp_path, allow_unseen=True)
    assert graph.warnings == ('What the remote components declare is not judged: far:index:Away "away".',)


class _Layout(enum.Enum):
    PRIVATE = "Private"


@pulumi.output_type
class _Subnets(dict[str, Any]):
    layout: _Layout
    topic: aws.sns.Topic | None


def test_a_remote_component_hands_out_what_its_sdk_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = {
        "vpcId": str,
        "zone": str | None,
        "subnetIds": Sequence[str],
        "gateways": Sequence[aws.sqs.Queue],
        "subnets": Sequence[_Subnets],
    }
    known = Shape(frozenset({"gateways", "zone", "spread"}), {}, declared)
    monkeypatch.setattr(placeholders, "shape", lambda type_: known)
    given = {"gateways": {"strategy": "None"}, "zone": "a", "spread": 3}
    made = placeholders.component("far:index:Net", given, lambda name, type_: f"{name} {type_}")
    assert made == {
        "vpcId": "vpc-0123456789abcdef0",
        "zone": "a",
        "subnetIds": made["subnetIds"],
        "gateways": ["gateways aws:sqs/queue:Queue"],
        "subnets": [{"layout": "Private", "topic": "topic aws:sns/topic:Topic"}],
    }
    assert len(set(made["subnetIds"])) == 6
    assert all(re.fullmatch(r"subnet-[0-9a-f]{17}", one) for one in made["subnetIds"])


DYNAMIC = """
    import pulumi, pulumi_aws as aws
    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    class Provider(ResourceProvider):
        def create(self, props):
            raise AssertionError("nothing is created here")

    class Token(Resource):
        token: pulumi.Output[str]
        size: pulumi.Output[int]

        def __init__(self, name):
            super().__init__(Provider(), name, {"length": 3, "token": None, "size": None})

    made = Token("made")
    aws.s3.Bucket("b", bucket=made.token.apply(str.lower), tags={"size": made.size.apply(lambda size: str(size + 1))})
"""


def test_what_a_dynamic_provider_returns_is_made_up(tmp_path: Path) -> None:
    graph = run_inline(tmp_path, DYNAMIC)
    bucket = one(graph, "Bucket")["inputs"]
    assert (bucket["bucket"], bucket["tags"]) == ("made-token", {"size": "2"})
    assert graph.warnings == ("Dynamic providers do not run here: what their resources return is made up.",)
    assert one(run_inline(tmp_path, DYNAMIC, form="preview"), "Bucket")["inputs"]["bucket"] == UNKNOWN


def test_a_stack_is_named_as_the_cli_takes_it(tmp_path: Path) -> None:
    project = write_project(tmp_path, HEAD + 'aws.s3.Bucket("b")', {"aws:region": "eu-west-1"})
    plain = evaluate("dev", preview=True, project=project)
    name = plain.project
    assert evaluate(f"acme/{name}/dev", preview=True, project=project).resources == plain.resources


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        ("", "is not the name of a stack"),
        ("../dev", "is not the name of a stack"),
        ("a/b/c/d", "is not the name of a stack"),
        ("d e v", "is not the name of a stack"),
        ("acme/other/dev", "is of the project other"),
    ],
)
def test_a_name_that_no_stack_has_is_refused(tmp_path: Path, stack: str, sentence: str) -> None:
    project = write_project(tmp_path, HEAD, {"aws:region": "eu-west-1"})
    with pytest.raises(UserError, match=sentence):
        evaluate(stack, preview=True, project=project)
