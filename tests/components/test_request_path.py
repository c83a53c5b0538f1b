"""What a request meets, what watches it and what leaves the program, read from the recorded graph of the stacks."""

from __future__ import annotations

import json
import re

import pytest

from model.contract import MAX_BODY_BYTES, RECIPE_FIELDS, request_schema
from tests.components.recorded import GUARDED, inputs, of_type, statements
from tests.harness import STACKS, declared, one


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
