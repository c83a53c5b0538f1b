"""The names that the provider gives to resources that a program leaves unnamed.

Source: pulumi-aws names each type that takes a `name` (up to 255 characters, `-`, seven hexadecimal digits);
the exceptions below are its own, each for a limit of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_preflight.provider.plausible import digest
from pulumi_preflight.provider.schema import schema

_DIGITS = 7


@dataclass(frozen=True)
class Naming:
    """How a type is named: property, longest name, what stands before it, and whether it is in lower case."""

    key: str = "name"
    longest: int = 255
    before: str = ""
    lower: bool = False
    separator: str = "-"
    random: bool = True


_NAMINGS: Mapping[str, Naming] = {
    "aws:s3/bucket:Bucket": Naming("bucket", 63, lower=True),
    "aws:s3/bucketV2:BucketV2": Naming("bucket", 63, lower=True),
    "aws:s3/bucketObject:BucketObject": Naming("key", random=False),
    "aws:s3/bucketObjectv2:BucketObjectv2": Naming("key", random=False),
    "aws:kms/alias:Alias": Naming(before="alias/"),
    "aws:iam/role:Role": Naming(longest=64),
    "aws:lambda/function:Function": Naming(longest=64),
    "aws:lb/loadBalancer:LoadBalancer": Naming(longest=32),
    "aws:lb/targetGroup:TargetGroup": Naming(longest=32),
    "aws:alb/loadBalancer:LoadBalancer": Naming(longest=32),
    "aws:alb/targetGroup:TargetGroup": Naming(longest=32),
    "aws:sqs/queue:Queue": Naming(longest=80),
    "aws:sagemaker/model:Model": Naming(longest=63),
    "aws:sagemaker/endpoint:Endpoint": Naming(longest=63),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Naming(longest=63),
    "aws:signer/signingProfile:SigningProfile": Naming(longest=64, separator="_"),
}
# Types whose `name` the service itself gives, or which go without one.
_UNNAMED = frozenset({"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"})


def automatic_name(
    token: str, name: str, inputs: Mapping[str, Any], seed: str, old: Mapping[str, Any]
) -> tuple[str, str] | None:
    """The property and the value that the provider fills in, or None when there is nothing to fill in.

    `seed` decides the digits; `old` holds the automatic names that the resource already has, which stay.
    """
    known, naming = schema(token), _NAMINGS.get(token, Naming())
    item = known.properties.get(naming.key) if known else None
    if item is None or not item.settable or token in _UNNAMED or naming.key in inputs:
        return None
    if f"{naming.key}Prefix" in inputs:
        return None
    if isinstance(old.get(naming.key), str):
        return naming.key, old[naming.key]
    if not naming.random:
        return naming.key, naming.before + name
    end = naming.separator + digest(seed)[:_DIGITS]
    fifo = ".fifo" if inputs.get("fifoQueue") is True or inputs.get("fifoTopic") is True else ""
    start = (naming.before + name)[: naming.longest - len(end) - len(fifo)]
    value = start + end + fifo
    return naming.key, value.lower() if naming.lower else value
