"""Answers to the provider functions a program may call while it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_preflight.errors import UserError
from pulumi_preflight.provider.outputs import ACCOUNT, digest

Answer = dict[str, Any]
Arguments = Mapping[str, Any]

IMAGE_ACCOUNT = "683313688378"
"""The account that owns SageMaker's scikit-learn images in us-east-1."""


def answer(token: str, arguments: Arguments, region: str) -> Answer:
    """What AWS would answer to the provider function `token`.

    Raises UserError naming the function when there is no answer for it here.
    """
    function = _FUNCTIONS.get(token)
    if function is None:
        raise UserError(
            f"the program calls the provider function {token}, which cannot be answered without AWS: "
            "make its result a setting, or add it to preflight/functions.py."
        )
    return function(arguments, region)


def _caller(arguments: Arguments, region: str) -> Answer:
    arn = f"arn:aws:iam::{ACCOUNT}:user/preflight"
    return {"accountId": ACCOUNT, "arn": arn, "id": ACCOUNT, "userId": "AIDAPREFLIGHT0000000"}


def _region(arguments: Arguments, region: str) -> Answer:
    name = arguments.get("region") or arguments.get("name") or region
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def _partition(arguments: Arguments, region: str) -> Answer:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
        "region": region,
    }


def _zones(arguments: Arguments, region: str) -> Answer:
    letters = "abc"
    return {
        "id": region,
        "region": region,
        "names": [region + letter for letter in letters],
        "zoneIds": [f"{digest(region)[:4]}-az{number + 1}" for number in range(len(letters))],
        "groupNames": [region],
        "state": "available",
    }


def _prefix_list(arguments: Arguments, region: str) -> Answer:
    name = arguments.get("name") or f"com.amazonaws.{region}.s3"
    id_ = arguments.get("id") or arguments.get("prefixListId") or "pl-" + digest(str(name))[:8]
    common = {
        "id": id_,
        "prefixListId": id_,
        "name": name,
        "region": region,
        "cidrBlocks": ["203.0.113.0/24"],
    }
    return common | {
        "arn": f"arn:aws:ec2:{region}:aws:prefix-list/{id_}",
        "addressFamily": "IPv4",
        "entries": [{"cidr": "203.0.113.0/24", "description": ""}],
        "maxEntries": 1,
        "ownerId": "AWS",
        "version": 1,
        "tags": {},
    }


def _session(arguments: Arguments, region: str) -> Answer:
    arn = str(arguments.get("arn", ""))
    return {"id": arn, "arn": arn, "issuerArn": arn, "issuerId": "", "issuerName": "", "sessionName": ""}


def _ip_ranges(arguments: Arguments, region: str) -> Answer:
    return {
        "id": "1",
        "cidrBlocks": ["203.0.113.0/24"],
        "ipv6CidrBlocks": ["2001:db8::/32"],
        "createDate": "2026-01-01-00-00-00",
        "syncToken": 1,
        "services": list(arguments.get("services", [])),
        "regions": list(arguments.get("regions", [])),
    }


def _image(arguments: Arguments, region: str) -> Answer:
    repository, tag = arguments.get("repositoryName", ""), arguments.get("imageTag") or "1"
    suffix = arguments.get("dnsSuffix") or "amazonaws.com"
    path = f"{IMAGE_ACCOUNT}.dkr.ecr.{region}.{suffix}/{repository}:{tag}"
    return {
        "id": IMAGE_ACCOUNT,
        "registryId": IMAGE_ACCOUNT,
        "registryPath": path,
        "repositoryName": repository,
        "region": region,
    }


_FUNCTIONS: Mapping[str, Callable[[Arguments, str], Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getIpRanges:getIpRanges": _ip_ranges,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": _prefix_list,
    "aws:iam/getSessionContext:getSessionContext": _session,
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": _image,
}
