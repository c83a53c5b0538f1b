"""What the Pulumi SDK calls the resource types and properties of the Terraform provider."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import pulumi
from pulumi import _types
from pulumi.runtime import rpc

# A Pulumi module whose types have other prefixes in Terraform than the module's name, in the order to try.
_PREFIXES: Mapping[str, Sequence[str]] = {
    "ec2": ("ec2", "vpc", ""),
    "vpc": ("vpc", ""),
    "cfg": ("config",),
    "rds": ("rds", "db"),
    "elb": ("elb",),
    "alb": ("alb", "lb"),
    "elasticloadbalancing": ("elb",),
    "elasticloadbalancingv2": ("lb",),
    "ec2transitgateway": ("ec2transitgateway",),
    "ec2clientvpn": ("ec2clientvpn",),
    "kinesis": ("kinesis", ""),
    "mq": ("mq",),
    "msk": ("msk",),
    "ssm": ("ssm",),
    "s3": ("s3bucket", "s3"),
    "s3tables": ("s3tables",),
    "resourcegroups": ("resourcegroups",),
    "autoscaling": ("autoscaling", ""),
    "servicecatalog": ("servicecatalog",),
    "sfn": ("sfn",),
    "ses": ("ses",),
    "waf": ("waf",),
    "directoryservice": ("directoryservice",),
    "directconnect": ("dx",),
    "docdb": ("docdb",),
    "dms": ("dms",),
    "appautoscaling": ("appautoscaling",),
    "acmpca": ("acmpca",),
    "costexplorer": ("ce",),
    "cognito": ("cognito",),
    "globalaccelerator": ("globalaccelerator",),
    "opensearch": ("opensearch",),
    "storagegateway": ("storagegateway",),
    "transfer": ("transfer",),
    "workspaces": ("workspaces",),
    "lightsail": ("lightsail",),
    "emr": ("emr",),
    "ebs": ("ebs", ""),
    "ecr": ("ecr",),
    "networkmanager": ("networkmanager",),
    "route53": ("route53",),
}
_TYPES: Mapping[str, str] = {
    "aws:s3/bucketObject:BucketObject": "aws_s3_bucket_object",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "aws_s3_bucket_replication_configuration",
    "aws:s3/inventory:Inventory": "aws_s3_bucket_inventory",
    "aws:apigateway/response:Response": "aws_api_gateway_gateway_response",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:ec2/securityGroupAssociation:SecurityGroupAssociation": "aws_vpc_endpoint_security_group_association",
    "aws:iam/sshKey:SshKey": "aws_iam_user_ssh_key",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/cluster:Cluster": "aws_rds_cluster",
    "aws:sns/dataProtectionPolicy:DataProtectionPolicy": "aws_sns_topic_data_protection_policy",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:alb/loadBalancer:LoadBalancer": "aws_alb",
    "aws:elb/loadBalancer:LoadBalancer": "aws_elb",
    "aws:cloudwatch/eventRule:EventRule": "aws_cloudwatch_event_rule",
}
_PROPERTIES: Mapping[tuple[str, str], str] = {
    ("aws_lambda_function", "code"): "filename",
    ("aws_lambda_layer_version", "code"): "filename",
    ("aws_api_gateway_base_path_mapping", "restApi"): "api_id",
}


@dataclass(frozen=True)
class SdkType:
    """A resource type: its properties with their Python types, and which the SDK demands or takes."""

    token: str
    properties: Mapping[str, Any]
    inputs: frozenset[str]
    required: frozenset[str]


def sdk_types() -> Iterable[SdkType]:
    """Every resource type of the installed pulumi_aws."""
    importlib.import_module("pulumi_aws")
    for modules in rpc._RESOURCE_MODULES.values():
        for module in modules:
            info = module.mod_info  # type: ignore[attr-defined]
            package = importlib.import_module(info["fqn"])
            for token, name in info["classes"].items():
                yield _sdk_type(token, getattr(package, name), getattr(package, f"{name}Args", None))


def _sdk_type(token: str, cls: type, arguments: type | None) -> SdkType:
    names = _types.resource_py_to_pulumi_names(cls)
    parameters = set(inspect.signature(cls._internal_init).parameters)  # type: ignore[attr-defined]
    signature = inspect.signature(arguments.__init__) if arguments else None  # type: ignore[misc]
    demanded = {
        key
        for key, p in (signature.parameters.items() if signature else ())
        if p.default is inspect.Parameter.empty
    }
    return SdkType(
        token,
        {name: _types.resource_types(cls)[name] for name in names.values()},
        frozenset(name for py, name in names.items() if py in parameters),
        frozenset(name for py, name in names.items() if py in demanded),
    )


def kind_of(type_: Any) -> tuple[str, Mapping[str, Any]]:
    """The kind of a property (text, number, bool, list, map, object, asset) and the properties of its members."""
    origin = get_origin(type_)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return "list", kind_of(get_args(type_)[0])[1]
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return "map", {}
    if isinstance(type_, type) and _types.is_output_type(type_):
        return "object", _types.output_type_types(type_)
    if {pulumi.Asset, pulumi.Archive} & {type_, *get_args(type_)}:
        return "asset", {}
    return {bool: "bool", int: "number", float: "number"}.get(type_, "text"), {}


def flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class TypeNames:
    """Finds the Terraform type of a token."""

    def __init__(self, types: Iterable[str]) -> None:
        self._flat = {flat(name.removeprefix("aws_")): name for name in types}

    def find(self, token: str) -> str | None:
        if token in _TYPES:
            return _TYPES[token]
        _, module, name = token.split(":")
        module = module.split("/")[0]
        name = name.removesuffix("V2") if module == "s3" else name
        for prefix in dict.fromkeys((*_PREFIXES.get(module, ()), module, "")):
            known = self._flat.get(flat(prefix) + flat(name))
            if known:
                return known
        return None


def property_names(tf_type: str, wanted: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Pulumi name to Terraform name, for as many of `wanted` as are found in `names`; each used once."""
    found: dict[str, str] = {}
    left = list(names)
    tail = tf_type.rsplit("_", 1)[-1]
    ways = (
        lambda key, name: _PROPERTIES.get((tf_type, key)) == name,
        lambda key, name: flat(name) == flat(key),
        lambda key, name: flat(name) in _numbers(flat(key)) or flat(key) in _numbers(flat(name)),
        lambda key, name: flat(name) in (flat(key) + end for end in ("id", "arn", "name")),
        lambda key, name: key == "name" and name == f"{tail}_name",
    )
    for way in ways:
        for key in wanted:
            if key in found:
                continue
            match = next((name for name in left if way(key, name)), None)
            if match:
                found[key] = match
                left.remove(match)
    return found


def _numbers(word: str) -> set[str]:
    """The other number of a word, as the bridge may have spelt it."""
    out = {word + "s", word + "es"}
    for end, other in (("y", "ies"), ("ies", "y"), ("es", ""), ("s", ""), ("ia", "ium"), ("ices", "ex")):
        if word.endswith(end):
            out.add(word[: -len(end)] + other)
    return out
