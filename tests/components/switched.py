"""Stacks with the settings on that no stack file has on: two evaluations for all tests of a process."""

from __future__ import annotations

import functools
from pathlib import Path

from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.harness import PROJECT, Form, declared, once, one

HOST, ZONE = "scores.example.com", "Z0123456789ABCDEFGHIJ"
SECRET, PREVIOUS = "5f1dd3f0aa6f4ab5b7a2c8d1e4f60718", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f0f0f-1111-2222-3333-444444444444"
AUTHORITIES = Path(__file__).with_name("authorities.pem")


def archive() -> Path:
    """The archive that the stacks serve: another model for a shadow, as far as the program can tell."""
    return PROJECT / str(one(declared("prod"), "BucketObjectv2", "model")["inputs"]["source"]["path"])


@functools.cache
def fronted(form: Form = "update") -> Graph:
    """prod behind a front door with Shield Advanced, with a shadow and a place for training jobs."""
    config = {
        "domainName": HOST,
        "hostedZoneId": ZONE,
        "frontDoor": "true",
        "originSecret": SECRET,
        "previousOriginSecret": PREVIOUS,
        "shieldAdvanced": "subscribe",
        "shadowModel": str(archive()),
        "shadowPercentage": "20",
        "shadowInstances": "3",
        "managedTraining": "true",
    }
    secrets = ("originSecret", "previousOriginSecret")
    preview = form == "preview"
    return once(
        f"fronted-{form}",
        lambda: evaluate("prod", config=config, secrets=secrets, preview=preview, project=PROJECT),
    )


@functools.cache
def named(form: Form = "update") -> Graph:
    """staging under a name of its own with a certificate that exists, for callers with certificates and tokens."""
    config = {
        "domainName": HOST,
        "certificateArn": CERTIFICATE,
        "truststore": str(AUTHORITIES),
        "authentication": "api-key-and-jwt",
        "imageTag": "1.9-1-cpu-py3",
    }
    preview = form == "preview"
    return once(f"named-{form}", lambda: evaluate("staging", config=config, preview=preview, project=PROJECT))
