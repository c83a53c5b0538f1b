"""Provider functions whose result needs no AWS: pure ones exactly, and facts about a made-up account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_preflight.errors import UserError
from pulumi_preflight.provider import policy_document
from pulumi_preflight.provider.outputs import ACCOUNT, REGION
from pulumi_preflight.provider.plausible import digest

Answer = dict[str, Any]
Arguments = Mapping[str, Any]

IMAGE_ACCOUNT = "683313688378"
"""The account that owns SageMaker's scikit-learn images in us-east-1."""


@dataclass(frozen=True)
class Call:
    """The arguments of a call, and what the provider that takes it is set to."""

    arguments: Arguments
    region: str = REGION
    account: str = ACCOUNT
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """The partition of the region."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def dns_suffix(self) -> str:
        """The last part of AWS's host names there."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"


def answer(token: str, call: Call) -> Answer | None:
    """What AWS would answer to the provider function `token`, or None when only AWS can.

    Raises UserError for arguments that the provider would refuse.
    """
    function = _FUNCTIONS.get(token)
    return None if function is None else function(call)


def _partition(call: Call) -> Answer:
    suffix = call.dns_suffix
    return {
        "id": call.partition,
        "partition": call.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
        "region": call.region,
    }


def _arn(call: Call) -> Answer:
    arn = str(call.arguments.get("arn", ""))
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise UserError("the program parses an ARN that is not one: it must have the form arn:p:s:r:a:name.")
    _, partition, service, region, account, resource = parts
    return {
        "id": arn, "arn": arn, "partition": partition, "service": service, "region": region, "account": account,
        "resource": resource,
    }  # fmt: skip


def _service(call: Call) -> Answer:
    given = call.arguments
    name, region, prefix = (
        given.get("serviceId"),
        given.get("region") or call.region,
        given.get("reverseDnsPrefix"),
    )
    reverse = str(given.get("reverseDnsName") or "")
    if given.get("dnsName"):
        reverse = ".".join(reversed(str(given["dnsName"]).split(".")))
    if reverse:
        parts = reverse.split(".")
        prefix, region, name = ".".join(parts[:-2]), parts[-2], parts[-1]
    prefix = prefix or ".".join(reversed(call.dns_suffix.split(".")))
    reverse = f"{prefix}.{region}.{name}".lower()
    return {
        "id": reverse, "serviceId": name, "region": region, "partition": call.partition, "supported": True,
        "reverseDnsPrefix": prefix, "reverseDnsName": reverse, "dnsName": ".".join(reversed(reverse.split("."))),
    }  # fmt: skip


def _principal(call: Call) -> Answer:
    name, region = str(call.arguments.get("serviceName", "")), call.arguments.get("region") or call.region
    # Since 2023 the principals of almost all services end alike in every partition.
    return {
        "id": f"{name}.{region}.amazonaws.com", "name": f"{name}.amazonaws.com", "serviceName": name,
        "suffix": "amazonaws.com", "region": region,
    }  # fmt: skip


def _default_tags(call: Call) -> Answer:
    return {"id": call.partition, "tags": dict(call.default_tags)}


def _document(call: Call) -> Answer:
    return policy_document.answer(call.arguments)


_ELB_ACCOUNTS = {
    "us-east-1": "127311923021", "us-east-2": "033677994240", "us-west-1": "027434742980",
    "us-west-2": "797873946194", "ca-central-1": "985666609251", "eu-central-1": "054676820928",
    "eu-west-1": "156460612806", "eu-west-2": "652711504416", "eu-west-3": "009996457667",
    "eu-north-1": "897822967062", "ap-northeast-1": "582318560864", "ap-northeast-2": "600734575887",
    "ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-south-1": "718504428378",
    "sa-east-1": "507241528517",
}  # fmt: skip
"""docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html"""


def _elb_account(call: Call) -> Answer | None:
    region = call.arguments.get("region") or call.region
    account = _ELB_ACCOUNTS.get(region)
    if account is None:
        return None
    return {"id": account, "arn": f"arn:{call.partition}:iam::{account}:root", "region": region}


def _billing_account(call: Call) -> Answer:
    return {"id": "386209384616", "arn": f"arn:{call.partition}:iam::386209384616:root"}


def _caller(call: Call) -> Answer:
    arn = f"arn:{call.partition}:iam::{call.account}:user/preflight"
    return {"accountId": call.account, "arn": arn, "id": call.account, "userId": "AIDAPREFLIGHT0000000"}


def _region(call: Call) -> Answer:
    endpoint = str(call.arguments.get("endpoint") or "")
    found = endpoint.split(".")[1] if endpoint.count(".") > 2 else ""
    name = call.arguments.get("region") or call.arguments.get("name") or found or call.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.{call.dns_suffix}",
    }


def _zones(call: Call) -> Answer:
    region = call.region
    letters = "abc"
    return {
        "id": region,
        "region": region,
        "names": [region + letter for letter in letters],
        "zoneIds": [f"{digest(region)[:4]}-az{number + 1}" for number in range(len(letters))],
        "groupNames": [region],
        "state": "available",
    }


def _prefix_list(call: Call) -> Answer:
    arguments, region = call.arguments, call.region
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


def _session(call: Call) -> Answer:
    """An assumed role's session is traced back to its role by name alone; a role's path is known to AWS only."""
    arn = str(call.arguments.get("arn", ""))
    kind, _, rest = arn.partition(":assumed-role/")
    if not rest:
        return {"id": arn, "arn": arn, "issuerArn": arn, "issuerId": "", "issuerName": "", "sessionName": ""}
    role, _, session = rest.partition("/")
    issuer = f"{kind.replace(':sts:', ':iam:')}:role/{role}"
    return {
        "id": arn, "arn": arn, "issuerArn": issuer, "issuerId": "AROAPREFLIGHT0000000", "issuerName": role,
        "sessionName": session,
    }  # fmt: skip


def _ip_ranges(call: Call) -> Answer:
    arguments = call.arguments
    return {
        "id": "1",
        "cidrBlocks": ["203.0.113.0/24"],
        "ipv6CidrBlocks": ["2001:db8::/32"],
        "createDate": "2026-01-01-00-00-00",
        "syncToken": 1,
        "services": list(arguments.get("services", [])),
        "regions": list(arguments.get("regions", [])),
    }


def _image(call: Call) -> Answer:
    arguments, region = call.arguments, call.region
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


_FUNCTIONS: Mapping[str, Callable[[Call], Answer | None]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getArn:getArn": _arn,
    "aws:index/getService:getService": _service,
    "aws:index/getServicePrincipal:getServicePrincipal": _principal,
    "aws:index/getDefaultTags:getDefaultTags": _default_tags,
    "aws:index/getBillingServiceAccount:getBillingServiceAccount": _billing_account,
    "aws:elb/getServiceAccount:getServiceAccount": _elb_account,
    "aws:iam/getPolicyDocument:getPolicyDocument": _document,
    "aws:index/getIpRanges:getIpRanges": _ip_ranges,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": _prefix_list,
    "aws:iam/getSessionContext:getSessionContext": _session,
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": _image,
}
