"""What the components declare, read from the recorded graph of the three stacks."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pulumi_preflight.graph import Graph, Resource

from model.contract import MAX_BODY_BYTES, RECIPE_FIELDS, request_schema
from tests.harness import STACKS, declared, name_of, one

GUARDED = ("staging", "prod")


def of_type(graph: Graph, kind: str) -> list[Resource]:
    return [r for r in graph.resources if r["type"].rpartition(":")[2] == kind]


def inputs(graph: Graph, kind: str, name: str | None = None) -> dict[str, Any]:
    return dict(one(graph, kind, name)["inputs"])


def statements(document: str) -> list[dict[str, Any]]:
    return list(json.loads(document)["Statement"])


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


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_is_invoked_by_one_route_whose_arn_alone_names_the_account(stack: str) -> None:
    [permission] = of_type(declared(stack), "Permission")
    assert "sourceAccount" not in permission["inputs"]
    assert permission["inputs"]["sourceArn"].endswith(f"/{stack}/POST/score")
    assert ":123456789012:" in permission["inputs"]["sourceArn"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_reads_one_endpoint_and_writes_one_log(stack: str) -> None:
    graph = declared(stack)
    granted = statements(inputs(graph, "RolePolicy", "function")["policy"])
    (score,) = [s for s in granted if "sagemaker:InvokeEndpoint" in s["Action"]]
    assert score["Resource"].endswith(f":endpoint/fraud-{stack}-endpoint")
    function = inputs(graph, "Function")
    assert function["tracingConfig"]["mode"] == "Active"
    assert int(function["environment"]["variables"]["ENDPOINT_TIMEOUT_SECONDS"]) < function["timeout"] < 29
    assert ("codeSigningConfigArn" in function) is (stack in GUARDED)
    assert ("vpcConfig" in function) is (stack in GUARDED)


@pytest.mark.parametrize("stack", STACKS)
def test_a_request_needs_a_key_a_schema_and_where_asked_a_signature(stack: str) -> None:
    graph = declared(stack)
    method = inputs(graph, "Method")
    assert method["apiKeyRequired"] is True
    assert method["authorization"] == ("AWS_IAM" if stack in GUARDED else "NONE")
    assert list(method["requestModels"]) == ["$default"]
    (schema,) = [r["inputs"]["schema"] for r in graph.resources if r["type"] == "aws:apigateway/model:Model"]
    assert json.loads(schema) == request_schema(RECIPE_FIELDS["boosted"])


@pytest.mark.parametrize("stack", STACKS)
def test_each_client_has_a_key_a_plan_a_rate_and_a_quota(stack: str) -> None:
    graph = declared(stack)
    plans, keys = of_type(graph, "UsagePlan"), of_type(graph, "ApiKey")
    assert len(plans) == len(keys) == len(of_type(graph, "UsagePlanKey")) == (2 if stack == "prod" else 1)
    for plan in plans:
        assert plan["inputs"]["throttleSettings"]["rateLimit"] > 0
        assert plan["inputs"]["quotaSettings"]["period"] == "DAY"
        assert "stage" in json.dumps(plan["propertyDependencies"]["apiStages"]).lower()
    assert all("value" not in key["inputs"] for key in keys)


def test_changing_what_shapes_the_api_redeploys_it_and_changing_tags_does_not() -> None:
    from pulumi_preflight.program import evaluate

    def trigger(**config: str) -> str:
        return str(inputs(evaluate("dev", config=config), "Deployment")["triggers"]["digest"])

    usual = trigger()
    assert trigger(owner="someone else") == usual
    assert trigger(authentication="api-key-and-iam") != usual


@pytest.mark.parametrize("stack", STACKS)
def test_the_firewall_orders_its_rules_and_hides_the_key(stack: str) -> None:
    graph = declared(stack)
    acl = inputs(graph, "WebAcl")
    priorities = [rule["priority"] for rule in acl["rules"]]
    assert priorities == sorted(set(priorities))
    size = acl["rules"][0]["statement"]["sizeConstraintStatement"]
    assert (size["size"], size["fieldToMatch"]["body"]["oversizeHandling"]) == (MAX_BODY_BYTES, "MATCH")
    hidden = inputs(graph, "WebAclLoggingConfiguration")["redactedFields"]
    assert [h["singleHeader"]["name"] for h in hidden if "singleHeader" in h] == [
        "x-api-key",
        "authorization",
    ]
    assert [list(h) for h in hidden if "singleHeader" not in h] == [["queryString"], ["uriPath"]]
    (stage,) = one(graph, "WebAclAssociation")["propertyDependencies"]["resourceArn"]
    assert "aws:apigateway/stage:Stage" in stage
    counted = "count" in json.dumps(acl["rules"])
    assert counted is (stack == "dev")


def test_the_private_network_has_no_way_out_but_its_endpoints() -> None:
    graph = declared("prod")
    kinds = {r["type"] for r in graph.resources}
    assert not [k for k in kinds if re.search(r"internetGateway|natGateway|/eip:|ec2/route:", k, re.I)]
    assert len({s["inputs"]["availabilityZone"] for s in of_type(graph, "Subnet")}) == 2
    for rule in of_type(graph, "SecurityGroupEgressRule") + of_type(graph, "SecurityGroupIngressRule"):
        assert rule["inputs"]["fromPort"] == rule["inputs"]["toPort"] == 443
        assert "cidrIpv4" not in rule["inputs"]
    for endpoint in of_type(graph, "VpcEndpoint"):
        for statement in statements(endpoint["inputs"]["policy"]):
            assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    closed = inputs(graph, "DefaultSecurityGroup")
    assert closed["ingress"] == closed["egress"] == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_tells_the_topic(stack: str) -> None:
    graph = declared(stack)
    alarms = of_type(graph, "MetricAlarm")
    assert len(alarms) >= 20
    for alarm in alarms:
        (topic,) = alarm["propertyDependencies"]["alarmActions"]
        assert "aws:sns/topic:Topic" in topic


def test_key_values_leave_the_program_only_as_secrets() -> None:
    exports = declared("prod").exports
    assert set(exports) == {
        "url",
        "keyIds",
        "keyValues",
        "callerPolicy",
        "endpointName",
        "modelVersion",
        "trainingData",
        "artifactUrl",
        "function",
        "tokens",
        "training",
        "dashboardUrl",
    }
    secret = "4dabf18193072939515e22adb298388d"
    for name, value in exports.items():
        assert (secret in json.dumps(value)) is (name == "keyValues"), name


def test_the_address_that_alarms_reach_is_a_secret() -> None:
    subscription = one(declared("prod"), "TopicSubscription")
    assert "4dabf18193072939515e22adb298388d" in json.dumps(subscription["inputs"]["endpoint"])


@pytest.mark.parametrize("stack", STACKS)
def test_a_model_of_sample_data_is_named_as_one(stack: str) -> None:
    graph = declared(stack)
    data = graph.exports["trainingData"]
    assert data["kind"] == "sample"
    assert re.fullmatch("[0-9a-f]{64}", data["digest"])
    assert str(graph.exports["modelVersion"]).startswith("sample-boosted-")
    container = inputs(graph, "Model", "model")["primaryContainer"]
    assert container["environment"]["TRAINING_DATA"] == f"sample:{data['digest']}"
