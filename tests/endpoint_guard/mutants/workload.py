"""Mutants of the model, its endpoint and the function."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Mutant,
    Ref,
    Stack,
    mutant,
    put,
    unlinked,
    without,
)

CONFIG = t.ENDPOINT_CONFIG, "model"
ENDPOINT = t.ENDPOINT, "model"
MODEL = t.MODEL, "model"
OBJECT = t.BUCKET_OBJECT, "model"
VARIANT = "productionVariants.0"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER_DIGEST = "ab" * 32
URL = f"s3://fraud-prod-artifacts-{ACCOUNT}-us-east-1/models"


def _second_variant(stack: Stack) -> None:
    for side in ("inputs", "outputs"):
        variants = stack.find(*CONFIG)[side]["productionVariants"]
        variants.append({**variants[0], "variantName": "second"})


OWN_KEY = "encrypted-with-own-key"
WIRED = "endpoint-wired-to-stack"
CAPTURE = "capture-on-and-kept"
KINDS = "endpoint-kinds"
PINNED = "model-artifact-pinned"
IN_VPC = "workload-in-vpc"

SERVING: list[Mutant] = [
    mutant("SM-001", "volumes without the stack's key", OWN_KEY, put(*CONFIG, "kmsKeyArn", GONE)),
    mutant(
        "SM-002", "one instance", "endpoint-instances", put(*CONFIG, f"{VARIANT}.initialInstanceCount", 1)
    ),
    mutant(
        "SM-003",
        "the container reaches the network",
        "model-isolated",
        put(*MODEL, "enableNetworkIsolation", False),
    ),
    mutant("SM-004", "the model runs outside the network", IN_VPC, put(*MODEL, "vpcConfig", GONE)),
    mutant(
        "SM-004",
        "the model runs in somebody else's network",
        IN_VPC,
        put(*MODEL, "vpcConfig", {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}),
    ),
    mutant("SM-G01", "nothing is captured", CAPTURE, put(*CONFIG, "dataCaptureConfig.enableCapture", False)),
    mutant(
        "SM-G01",
        "only requests are captured",
        CAPTURE,
        put(*CONFIG, "dataCaptureConfig.captureOptions", [{"captureMode": "Input"}]),
    ),
    mutant(
        "SM-G01",
        "captured into somebody else's bucket",
        CAPTURE,
        put(*CONFIG, "dataCaptureConfig.destinationS3Uri", "s3://somebody-else/a"),
    ),
    mutant("SM-G01", "captured without a key", OWN_KEY, put(*CONFIG, "dataCaptureConfig.kmsKeyId", GONE)),
    mutant(
        "SM-G02",
        "an image of another registry",
        "model-image-trusted",
        put(*MODEL, "primaryContainer.image", "999999999999.dkr.ecr.us-east-1.amazonaws.com/model:1.0"),
    ),
    mutant(
        "SM-G02",
        "whatever image is the latest",
        "model-image-versioned",
        put(
            *MODEL,
            "primaryContainer.image",
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:latest",
        ),
    ),
    mutant(
        "SM-G03",
        "an artifact of another bucket",
        PINNED,
        put(
            *MODEL, "primaryContainer.modelDataUrl", f"s3://somebody-else/models/{OTHER_DIGEST}/model.tar.gz"
        ),
    ),
    mutant(
        "SM-G03",
        "an artifact without a digest in its address",
        PINNED,
        put(*MODEL, "primaryContainer.modelDataUrl", f"{URL}/model.tar.gz"),
    ),
    mutant(
        "SM-G03",
        "an artifact that was never uploaded",
        PINNED,
        put(*MODEL, "primaryContainer.modelDataUrl", f"{URL}/{OTHER_DIGEST}/model.tar.gz"),
    ),
    mutant(
        "SM-G03",
        "another content than the digest says",
        "artifact-upload-pinned",
        put(*OBJECT, "sourceHash", OTHER_DIGEST),
    ),
    mutant(
        "SM-G03",
        "an upload without a checksum",
        "artifact-upload-pinned",
        put(*OBJECT, "checksumAlgorithm", GONE),
    ),
    mutant(
        "SM-G04",
        "a shell in the container",
        "endpoint-no-shell",
        put(*CONFIG, f"{VARIANT}.enableSsmAccess", True),
    ),
    mutant(
        "SM-G05",
        "core dumps without a key",
        "endpoint-dumps-encrypted",
        put(*CONFIG, f"{VARIANT}.coreDumpConfig", {"destinationS3Uri": "s3://somebody-else/dumps"}),
    ),
    mutant(
        "SM-G05",
        "core dumps outside the stack",
        "endpoint-dumps-encrypted",
        put(
            *CONFIG,
            f"{VARIANT}.coreDumpConfig",
            {"destinationS3Uri": "s3://somebody-else/dumps", "kmsKeyId": Ref(t.KEY, "data", "arn")},
        ),
    ),
    mutant("SM-G06", "no roll-out plan", "rollout-guarded", put(*ENDPOINT, "deploymentConfig", GONE)),
    mutant(
        "SM-G06",
        "all traffic at once",
        "rollout-guarded",
        put(
            *ENDPOINT,
            "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.type",
            "ALL_AT_ONCE",
        ),
    ),
    mutant(
        "SM-G06",
        "no way back",
        "rollout-guarded",
        put(*ENDPOINT, "deploymentConfig.autoRollbackConfiguration", GONE),
    ),
    mutant("SM-G06", "the model has a fixed name", "endpoint-parts-not-named", put(*MODEL, "name", "model")),
    mutant("SM-G07", "no scaling target", "scaling-bounded", without(t.SCALING_TARGET, "model")),
    mutant(
        "SM-G07",
        "a ceiling that is none",
        "scaling-bounded",
        put(t.SCALING_TARGET, "model", "maxCapacity", 500),
    ),
    mutant("SM-G07", "a second variant without a target", "scaling-bounded", _second_variant),
    mutant(
        "SM-G08",
        "a secret in the container",
        "container-env-no-secrets",
        put(*MODEL, "primaryContainer.environment.TOKEN_VALUE", SECRET),
    ),
    mutant(
        "SM-G09",
        "a configuration outside the stack",
        WIRED,
        put(*ENDPOINT, "endpointConfigName", "somebody-elses"),
    ),
    mutant(
        "SM-G09",
        "a model outside the stack",
        WIRED,
        unlinked(*CONFIG, f"{VARIANT}.modelName", "somebody-elses"),
    ),
    mutant(
        "SM-G10",
        "a serverless variant",
        KINDS,
        put(*CONFIG, f"{VARIANT}.serverlessConfig", {"maxConcurrency": 5, "memorySizeInMb": 1024}),
    ),
    mutant(
        "SM-G10", "many models behind one name", KINDS, put(*MODEL, "primaryContainer.mode", "MultiModel")
    ),
    mutant(
        "SM-G10",
        "a model from elsewhere as a shadow",
        WIRED,
        put(*CONFIG, "shadowProductionVariants", [{"modelName": "shadow", "variantName": "shadow"}]),
    ),
]
