"""Mutants of the program as a whole."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t
from pulumi_preflight.graph import UNKNOWN

from tests.endpoint_guard.mutants.change import (
    GONE,
    Mutant,
    Stack,
    add,
    mutant,
    option,
    put,
    without,
)

GROUP = t.LOG_GROUP, "score"
OWN_KEY = "encrypted-with-own-key"


def two_unknowns(stack: Stack) -> None:
    """One log group's key cannot be told, the next one's is missing."""
    put(t.LOG_GROUP, "access", "kmsKeyId", UNKNOWN)(stack)
    put(*GROUP, "kmsKeyId", GONE)(stack)


def untagged(stack: Stack) -> None:
    for side in ("inputs", "outputs"):
        for key in ("tags", "tagsAll"):
            stack.find(t.FUNCTION, "score")[side].pop(key, None)


def provider(stack: Stack, **properties: Any) -> None:
    for found in stack.every(t.PROVIDER):
        for side in ("inputs", "outputs"):
            for key, value in properties.items():
                found[side].pop(key, None)
                if value is not GONE:
                    found[side][key] = value


PROGRAM: list[Mutant] = [
    mutant("TAG-001", "no tags", "resources-tagged", untagged),
    mutant(
        "PUL-G01",
        "changes of a policy are ignored",
        "no-ignored-changes",
        option(t.BUCKET_POLICY, "artifacts", ignoreChanges=["policy"]),
    ),
    mutant(
        "PUL-G01",
        "every change is ignored",
        "no-ignored-changes",
        option(t.STAGE, "api", ignoreChanges=["*"]),
    ),
    mutant(
        "SM-G11",
        "a model of sample data for an account that exists",
        "model-not-sample",
        lambda stack: provider(stack, allowedAccountIds='["999988887777"]'),
    ),
    mutant(
        "PUL-G02",
        "any account may be deployed to",
        "provider-pinned",
        lambda stack: provider(stack, allowedAccountIds=GONE),
    ),
    mutant(
        "PUL-G02",
        "a region that is not allowed",
        "provider-pinned",
        lambda stack: provider(stack, region="ap-south-1"),
        settings={"provider-pinned": {"regions": ["us-east-1"]}},
    ),
    mutant(
        "PUL-G03",
        "a bucket of another package",
        "only-readable-resources",
        add("aws-native:s3:Bucket", "other", {"bucketName": "other"}),
    ),
    mutant(
        "PUL-G03",
        "a dynamic resource",
        "only-readable-resources",
        add("pulumi-python:dynamic:Resource", "other", {}),
    ),
    mutant(
        "PUL-G04",
        "inline versioning of a bucket",
        "no-legacy-buckets",
        put(t.BUCKET, "artifacts", "versioning", {"enabled": True}),
    ),
    mutant(
        "PUL-G04",
        "an old type",
        "no-legacy-buckets",
        add("aws:s3/bucketV2:BucketV2", "other", {"bucket": "other"}),
    ),
    mutant("PUL-G05", "what cannot be told is reported", "not-evaluated", two_unknowns, at="access"),
    mutant("PUL-G05", "what cannot be told hides nothing", OWN_KEY, two_unknowns, at="score"),
    mutant("PUL-G06", "no alarm at all", "required-components", without(t.ALARM)),
    mutant("PUL-G06", "no API key at all", "required-components", without(t.API_KEY)),
    mutant(
        "PUL-G07",
        "the endpoint is not protected",
        "stateful-protected",
        option(t.ENDPOINT, "model", protect=False),
    ),
]
