"""A small hand-written stack and artifact for the local servers, and ways to bend them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from pulumi_preflight.graph import SIGNATURE, Graph

from model.artifact import archive as archives
from model.artifact import function_package
from model.artifact.source import served_code
from model.contract import RECIPE_FIELDS

ROOT = Path(__file__).resolve().parents[2]
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
FEATURES = ["amt", "seconds_since_previous"]
ENDPOINT = "scoring-prod"
VERSION = "boosted-0123456789ab"
CODE = served_code()
PACKAGE = function_package.FILES

LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "sourceIp": "$context.identity.sourceIp",
        "apiKeyId": "$context.identity.apiKeyId",
        "caller": "$context.identity.userArn",
        "httpMethod": "$context.httpMethod",
        "resourcePath": "$context.resourcePath",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "errorType": "$context.error.responseType",
        "wafResponse": "$context.wafResponseCode",
        "integrationError": "$context.integration.error",
    }
)

LEGITIMATE = {
    "amt": 12.5,
    "category": "grocery_pos",
    "time": "2026-03-02T14:05:00",
    "seconds_since_previous": 90000,
    "count_24h": 0,
    "sum_24h": 0,
    "max_24h": 0,
}
FRAUDULENT = LEGITIMATE | {"amt": 980.0}


@dataclass(frozen=True)
class Archive:
    """A small model archive and its digests."""

    path: Path
    sha256: str
    environment: dict[str, str] = field(default_factory=dict)


def network() -> bytes:
    """A model whose score is a logistic function of the amount: 500 dollars are 0.5."""
    weights = np.array([[0.01], [0.0]], dtype=np.float32)
    initial = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array([-5.0], dtype=np.float32), "bias"),
        numpy_helper.from_array(np.array(1.0, dtype=np.float32), "one"),
    ]
    nodes = [
        helper.make_node("Gemm", ["input", "weights", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["fraud"]),
        helper.make_node("Sub", ["one", "fraud"], ["normal"]),
        helper.make_node("Concat", ["normal", "fraud"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, len(FEATURES)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])],
        initial,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def card() -> bytes:
    """A card for `network()`."""
    content = {
        "version": VERSION,
        "fields": RECIPE_FIELDS["boosted"],
        "features": FEATURES,
        "rule": {
            "rule": "f1",
            "threshold": 0.5,
            "false_alarm": 10,
            "missed_fraud": 0,
            "decline": None,
        },
        "digests": {"model": archives.sha256(network())},
    }
    return json.dumps(content).encode()


def contents() -> dict[str, bytes]:
    """The archive's files."""
    return {"model.onnx": network(), "card.json": card()} | CODE


def archive(folder: Path) -> Archive:
    """`model.tar.gz` in `folder`, with the code that is in the working tree."""
    path = folder / "model.tar.gz"
    archives.pack(contents(), path)
    digests = {
        "MODEL_SHA256": archives.sha256(network()),
        "CARD_SHA256": archives.sha256(card()),
    }
    return Archive(path, archives.sha256_of(path), digests)


Change = Callable[[dict[str, Any]], None]


def stack(built: Archive, change: Change | None = None) -> Graph:
    """A scoring stack in the shape of a stack export; `change` may bend the inputs, by logical name."""
    key = f"models/{built.sha256}/model.tar.gz"
    asset = {SIGNATURE: ASSET, "path": str(built.path)}
    environment = built.environment | {
        "SAGEMAKER_SERVING_MODULE": "inference:application()",
        "PYTHONPATH": "/opt/ml/model/code",
    }
    files = {name: {SIGNATURE: ASSET, "path": name} for name in PACKAGE}
    variables = {
        "ENDPOINT_NAME": ENDPOINT,
        "MODEL_VERSION": VERSION,
        "RECIPE": "boosted",
        "ENDPOINT_TIMEOUT_SECONDS": "3",
    }
    inputs: dict[str, Any] = {
        "artifact": {"key": key, "source": asset},
        "model": {"primaryContainer": {"modelDataUrl": f"s3://artifacts/{key}", "environment": environment}},
        "endpoint": {"name": ENDPOINT},
        "function": {
            "name": "scoring",
            "handler": "model.serving.handler.handle",
            "code": {SIGNATURE: ARCHIVE, "assets": files},
            "environment": {"variables": variables},
            "timeout": 5,
            "memorySize": 256,
        },
        "api": {"name": "scoring"},
        "score": {"restApi": "api-id", "parentId": "root-id", "pathPart": "score"},
        "post": {"resourceId": "score-id", "httpMethod": "POST", "apiKeyRequired": True},
        "integration": {"resourceId": "score-id", "httpMethod": "POST", "timeoutMilliseconds": 29000},
        "stage": {
            "restApi": "api-id",
            "stageName": "prod",
            "accessLogSettings": {"format": LOG_FORMAT, "destinationArn": "arn:log-group:access"},
        },
        "checkout": {"name": "checkout", "enabled": True},
        "retired": {"name": "retired", "enabled": False},
        "plan": {"apiStages": [{"apiId": "api-id", "stage": "prod"}]},
        "plan-checkout": {"keyId": "checkout-id", "keyType": "API_KEY", "usagePlanId": "plan-id"},
        "plan-retired": {"keyId": "retired-id", "keyType": "API_KEY", "usagePlanId": "plan-id"},
    }
    inputs = copy.deepcopy(inputs)
    if change:
        change(inputs)
    return Graph(
        "fraud-endpoint", "prod", False, [_resource(name, inputs[name]) for name in TYPES if name in inputs]
    )


TYPES = {
    "artifact": "aws:s3/bucketObjectv2:BucketObjectv2",
    "package": "aws:s3/bucketObjectv2:BucketObjectv2",
    "model": "aws:sagemaker/model:Model",
    "endpoint": "aws:sagemaker/endpoint:Endpoint",
    "function": "aws:lambda/function:Function",
    "api": "aws:apigateway/restApi:RestApi",
    "score": "aws:apigateway/resource:Resource",
    "post": "aws:apigateway/method:Method",
    "integration": "aws:apigateway/integration:Integration",
    "stage": "aws:apigateway/stage:Stage",
    "checkout": "aws:apigateway/apiKey:ApiKey",
    "retired": "aws:apigateway/apiKey:ApiKey",
    "other": "aws:apigateway/apiKey:ApiKey",
    "plan": "aws:apigateway/usagePlan:UsagePlan",
    "plan-checkout": "aws:apigateway/usagePlanKey:UsagePlanKey",
    "plan-retired": "aws:apigateway/usagePlanKey:UsagePlanKey",
    "plan-other": "aws:apigateway/usagePlanKey:UsagePlanKey",
    "schema": "aws:apigateway/model:Model",
    "validator": "aws:apigateway/requestValidator:RequestValidator",
    "settings": "aws:apigateway/methodSettings:MethodSettings",
    "throttled": "aws:apigateway/response:Response",
    "invalid-key": "aws:apigateway/response:Response",
    "default-4xx": "aws:apigateway/response:Response",
    "default-5xx": "aws:apigateway/response:Response",
    "authorizer": "aws:apigateway/authorizer:Authorizer",
    "pool": "aws:cognito/userPool:UserPool",
    "machine": "aws:cognito/userPoolClient:UserPoolClient",
    "known": "aws:wafv2/ipSet:IpSet",
    "firewall": "aws:wafv2/webAcl:WebAcl",
    "association": "aws:wafv2/webAclAssociation:WebAclAssociation",
    "firewall-log": "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "masking": "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
    "configuration": "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
}


def _resource(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:prod::fraud-endpoint::{TYPES[name]}::{name}",
        "type": TYPES[name],
        "custom": True,
        "id": f"{name}-id",
        "inputs": inputs,
        "outputs": inputs | {"arn": f"arn:{name}"},
        "parent": "",
        "provider": "",
        "dependencies": [],
        "propertyDependencies": {},
        "protect": False,
    }
