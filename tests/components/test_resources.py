"""What keeps data and grants rights, read from the recorded graph of the three stacks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.components.recorded import GUARDED, inputs, of_type, statements
from tests.harness import STACKS, declared, name_of, one


@pytest.mark.parametrize("stack", STACKS)
def test_every_taggable_resource_carries_the_stack_tags(stack: str) -> None:
    graph = declared(stack)
    for resource in graph.resources:
        tags = resource["inputs"].get("tags")
        if tags is not None and resource["type"].startswith("aws:"):
            assert tags["Environment"] == stack, name_of(resource)
            assert tags["DataClassification"] == "confidential"
    tagged = sum("tags" in r["inputs"] for r in graph.resources)
    assert tagged >= 30


FREE_FORM = {"tags", "tagsAll", "variables", "environment", "triggers", "dimensions", "requestParameters"}


def snake_case(value: Any) -> list[str]:
    """Property names that the SDK did not know and passed on as they were written."""
    if isinstance(value, list):
        return [name for item in value for name in snake_case(item)]
    if not isinstance(value, dict):
        return []
    own = [name for name in value if "_" in name and not name.startswith("_")]
    return own + [name for key, item in value.items() if key not in FREE_FORM for name in snake_case(item)]


@pytest.mark.parametrize("stack", STACKS)
def test_every_property_is_one_that_the_provider_knows(stack: str) -> None:
    """A misspelt key in a nested dictionary passes the SDK without a word, untranslated."""
    for resource in declared(stack).resources:
        if resource["type"].startswith("aws:"):
            assert snake_case(resource["inputs"]) == [], resource["urn"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_aws_resource_belongs_to_a_component(stack: str) -> None:
    graph = declared(stack)
    for resource in graph.resources:
        if resource["type"].startswith("aws:"):
            assert "fraud:" in resource["parent"], resource["urn"]


@pytest.mark.parametrize("stack", STACKS)
def test_what_holds_data_is_protected_where_the_settings_ask_for_it(stack: str) -> None:
    graph = declared(stack)
    for kind in ("Key", "Bucket", "LogGroup", "Endpoint"):
        for resource in of_type(graph, kind):
            assert bool(resource.get("protect")) is (stack in GUARDED), resource["urn"]
    for bucket in of_type(graph, "Bucket"):
        assert bucket["inputs"]["forceDestroy"] is (stack == "dev")


@pytest.mark.parametrize("stack", STACKS)
def test_every_log_group_has_the_key_and_a_retention(stack: str) -> None:
    graph = declared(stack)
    groups = of_type(graph, "LogGroup")
    assert len(groups) == (6 if stack in GUARDED else 5)
    for group in groups:
        assert group["inputs"]["retentionInDays"] == (365 if stack in GUARDED else 30)
        (key,) = group["propertyDependencies"]["kmsKeyId"]
        assert key.endswith("::data")


def test_administrators_cannot_decrypt_and_workloads_are_named() -> None:
    policy = statements(inputs(declared("prod"), "Key")["policy"])
    by_sid = {s["Sid"]: s for s in policy}
    assert not [a for a in by_sid["Administration"]["Action"] if "crypt" in a or "DataKey" in a or "*" in a]
    assert by_sid["ModelRole"]["Principal"]["AWS"].endswith(":role/fraud-prod-model")
    assert by_sid["FunctionRole"]["Action"] == ["kms:Decrypt"]
    for statement in policy:
        if statement["Sid"] != "Administration":
            assert statement["Condition"], statement["Sid"]


def test_the_key_policy_is_known_before_anything_exists() -> None:
    """An unknown ARN anywhere would make the whole document unreadable at the first preview."""
    for kind in ("Key", "RolePolicy", "BucketPolicy", "VpcEndpoint", "TopicPolicy", "LogResourcePolicy"):
        for resource in of_type(declared("prod", "preview"), kind):
            assert statements(
                resource["inputs"]["policy" if kind != "LogResourcePolicy" else "policyDocument"]
            )


@pytest.mark.parametrize("stack", STACKS)
def test_every_statement_of_a_resource_policy_names_a_principal(stack: str) -> None:
    """AWS refuses a resource policy without one as malformed; emulators do not."""
    policies = {
        "Key": "policy",
        "BucketPolicy": "policy",
        "TopicPolicy": "policy",
        "VpcEndpoint": "policy",
        "LogResourcePolicy": "policyDocument",
    }
    for kind, name in policies.items():
        for resource in of_type(declared(stack), kind):
            for statement in statements(resource["inputs"][name]):
                assert "Principal" in statement, f"{resource['urn']} {statement['Sid']}"


@pytest.mark.parametrize("stack", STACKS)
def test_no_statement_of_a_role_names_a_principal(stack: str) -> None:
    """IAM refuses an identity policy with one as malformed; emulators do not."""
    for resource in of_type(declared(stack), "RolePolicy"):
        for statement in statements(resource["inputs"]["policy"]):
            assert "Principal" not in statement, f"{resource['urn']} {statement['Sid']}"


@pytest.mark.parametrize("stack", GUARDED)
def test_an_upload_that_names_no_key_gets_the_buckets_own(stack: str) -> None:
    """A negated condition also matches a header that is absent, and a service that uploads may send none."""
    for name in ("artifacts", "capture", "packages"):
        by_sid = {s["Sid"]: s for s in statements(inputs(declared(stack), "BucketPolicy", name)["policy"])}
        for sid in ("KmsOnly", "AccountKeyOnly"):
            condition = dict(by_sid[sid]["Condition"])
            (header,) = condition.pop("Null")
            assert [list(entries) for entries in condition.values()] == [[header]]


@pytest.mark.parametrize("stack", STACKS)
def test_buckets_are_private_versioned_encrypted_and_tls_only(stack: str) -> None:
    graph = declared(stack)
    buckets = {name_of(b) for b in of_type(graph, "Bucket")}
    assert buckets == {"artifacts", "access-logs"} | ({"capture", "packages"} if stack in GUARDED else set())
    for name in buckets:
        block = inputs(graph, "BucketPublicAccessBlock", name)
        assert all(block[k] for k in block if k != "bucket")
        assert inputs(graph, "BucketVersioning", name)["versioningConfiguration"]["status"] == "Enabled"
        sids = {s["Sid"] for s in statements(inputs(graph, "BucketPolicy", name)["policy"])}
        assert {"TlsOnly", "ModernTls"} <= sids
    for name in buckets - {"access-logs"}:
        (rule,) = inputs(graph, "BucketServerSideEncryptionConfiguration", name)["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
        assert one(graph, "BucketLogging", name)


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_this_program_uploads_is_locked(stack: str) -> None:
    """S3 takes no upload without a checksum into a bucket with a default retention; services may send none."""
    graph = declared(stack)
    assert [name_of(r) for r in of_type(graph, "BucketObjectLockConfiguration")] == ["artifacts"]
    for uploaded in of_type(graph, "BucketObjectv2"):
        assert uploaded["inputs"]["checksumAlgorithm"] == "SHA256"


def test_the_artifact_is_stored_and_served_under_its_own_digest() -> None:
    graph = declared("prod")
    uploaded = inputs(graph, "BucketObjectv2", "model")
    digest = uploaded["sourceHash"]
    assert uploaded["key"] == f"models/{digest}/model.tar.gz"
    (model,) = [r for r in graph.resources if r["type"] == "aws:sagemaker/model:Model"]
    container = model["inputs"]["primaryContainer"]
    assert container["modelDataUrl"].endswith(f"/models/{digest}/model.tar.gz")
    assert re.fullmatch(r"[0-9a-f]{64}", container["environment"]["MODEL_SHA256"])
    assert container["environment"]["SAGEMAKER_SERVING_MODULE"] == "inference:application()"
    assert not {"SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"} & set(container["environment"])
    assert model["inputs"]["enableNetworkIsolation"] is True


def test_model_and_configuration_are_not_named_by_us_but_the_endpoint_is() -> None:
    graph = declared("prod", "preview")
    (model,) = [r for r in graph.resources if r["type"] == "aws:sagemaker/model:Model"]
    assert re.fullmatch(r"model-[0-9a-f]{7}", model["inputs"]["name"])
    assert inputs(graph, "Endpoint")["name"] == "fraud-prod-endpoint"


@pytest.mark.parametrize(
    ("stack", "kind"), [("dev", "ALL_AT_ONCE"), ("staging", "CANARY"), ("prod", "CANARY")]
)
def test_a_new_model_is_taken_back_by_alarms(stack: str, kind: str) -> None:
    config = inputs(declared(stack), "Endpoint")["deploymentConfig"]
    assert config["blueGreenUpdatePolicy"]["trafficRoutingConfiguration"]["type"] == kind
    assert len(config["autoRollbackConfiguration"]["alarms"]) == 2


def test_flow_logs_and_the_model_may_find_the_streams_they_write_to() -> None:
    for name in ("flow-logs", "model"):
        granted = statements(inputs(declared("prod"), "RolePolicy", name)["policy"])
        [found] = [s for s in granted if s["Action"] == ["logs:DescribeLogStreams"]]
        [written] = [s for s in granted if "logs:PutLogEvents" in s["Action"]]
        group = found["Resource"][0]
        assert found["Resource"] == [group, f"{group}:*"]
        assert written["Resource"] == [f"{group}:log-stream:*"]
    flow = statements(inputs(declared("prod"), "RolePolicy", "flow-logs")["policy"])
    assert {action for s in flow for action in s["Action"]} == {
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    }
