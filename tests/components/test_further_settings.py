"""Settings that no stack file changes, in the graph of dev with them and without them: one evaluation for all."""

from __future__ import annotations

import functools
import json
from typing import Any

from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.components.recorded import inputs, of_type, statements
from tests.harness import PROJECT, declared, once

DEPLOYER = "arn:aws:iam::123456789012:role/pipeline"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DIGEST = f"sha256:{'a1' * 32}"
SETTINGS = {
    "apiRate": "60",
    "apiBurst": "120",
    "privateNetwork": "true",
    "networkCidr": "10.99.0.0/24",
    "interfaceEndpoints": '["sagemaker.runtime", "logs"]',
    "imageDigest": DIGEST,
    "ownsApiGatewayAccount": "false",
    "deployer": DEPLOYER,
    "permissionsBoundary": BOUNDARY,
    "objectLockDays": "2",
    "codeSigning": "true",
}


@functools.cache
def changed() -> Graph:
    return once("further-update", lambda: evaluate("dev", config=SETTINGS, project=PROJECT))


def throttle(graph: Graph) -> tuple[Any, Any]:
    settings = inputs(graph, "MethodSettings")["settings"]
    return settings["throttlingRateLimit"], settings["throttlingBurstLimit"]


def test_all_clients_together_are_limited_as_set() -> None:
    assert throttle(declared("dev")) == (50, 100)
    assert throttle(changed()) == (60, 120)


def test_the_private_network_is_where_it_is_set() -> None:
    assert of_type(declared("dev"), "Vpc") == []
    assert inputs(changed(), "Vpc")["cidrBlock"] == "10.99.0.0/24"
    endpoints = {
        r["inputs"]["serviceName"].rpartition("us-east-1.")[2] for r in of_type(changed(), "VpcEndpoint")
    }
    assert endpoints == {"sagemaker.runtime", "logs", "s3"}


def test_the_image_is_named_by_its_digest_where_one_is_set() -> None:
    images = [inputs(g, "Model", "model")["primaryContainer"]["image"] for g in (declared("dev"), changed())]
    assert images[0].endswith(":1.9-0-cpu-py3")
    assert images[1].endswith(f"@{DIGEST}")


def test_the_logging_role_of_the_account_belongs_to_one_stack() -> None:
    assert len(of_type(declared("dev"), "Account")) == 1
    assert of_type(changed(), "Account") == []


def protected(graph: Graph) -> list[dict[str, Any]]:
    """On which condition writing into a bucket of artifacts or packages is refused."""
    documents = [r["inputs"]["policy"] for r in of_type(graph, "BucketPolicy")]
    return [s["Condition"] for text in documents for s in statements(text) if s["Sid"] == "WriteProtected"]


def test_the_named_deployer_alone_writes_artifacts_and_uses_the_key() -> None:
    assert [set(condition) for condition in protected(declared("dev"))] == [{"ArnEquals"}]
    assert protected(changed()) == [{"ArnNotEquals": {"aws:PrincipalArn": DEPLOYER}}] * 2
    for graph, named in ((declared("dev"), False), (changed(), True)):
        (use,) = [s for s in statements(inputs(graph, "Key")["policy"]) if s["Sid"] == "Deployment"]
        assert (DEPLOYER in json.dumps(use)) is named


def test_every_role_has_the_boundary() -> None:
    boundaries = [
        {r["inputs"].get("permissionsBoundary") for r in of_type(graph, "Role")}
        for graph in (declared("dev"), changed())
    ]
    assert boundaries == [{None}, {BOUNDARY}]


def test_artifacts_are_locked_as_long_as_set() -> None:
    days = [
        inputs(graph, "BucketObjectLockConfiguration", "artifacts")["rule"]["defaultRetention"]["days"]
        for graph in (declared("dev"), changed())
    ]
    assert days == [1, 2]


def test_the_package_is_signed_where_that_is_set() -> None:
    assert of_type(declared("dev"), "SigningJob") == []
    assert len(of_type(changed(), "SigningJob")) == 1
    assert inputs(changed(), "Function")["codeSigningConfigArn"]
