"""Resource graph -> the web ACL in front of the stage, what its rules refer to, and how its log is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_preflight.graph import Graph, Resource, reveal

from localaws import tokens
from localaws.errors import ServerError
from localaws.firewall.acl import DeclaredGroup, Source
from localaws.firewall.log import Redactions


@dataclass(frozen=True)
class Firewall:
    """The ACL that is associated with the stage; `log_group` is empty when nothing is logged."""

    arn: str
    source: Source
    redactions: Redactions
    log_group: str


def read_firewall(graph: Graph, stage_arn: str, account: str) -> Firewall | None:
    """The firewall that callers of the stage with this ARN meet, or None. Raises ServerError."""
    associated = {
        item["inputs"].get("webAclArn")
        for item in graph.by_type(tokens.ASSOCIATION)
        if stage_arn and item["inputs"].get("resourceArn") == stage_arn
    }
    # Callers of a distribution meet its web ACL; the stage's own one adds that nobody else gets in.
    fronting = {item["inputs"].get("webAclId") for item in graph.by_type(tokens.DISTRIBUTION)}
    acls = [
        item
        for arns in (fronting, associated)
        for item in graph.by_type(tokens.WEB_ACL)
        if _arn(item) in arns
    ]
    if not acls:
        return None
    acl: Resource = reveal(acls[0])
    if graph.by_type(tokens.WEB_ACL_RULE):
        raise ServerError("Rules declared apart from their web ACL are not imitated: declare them within it.")
    logging: Mapping[str, Any] = next(
        (
            item["inputs"]
            for item in graph.by_type(tokens.FIREWALL_LOGGING)
            if item["inputs"].get("resourceArn") == _arn(acl)
        ),
        {},
    )
    sets = {_arn(item): item["inputs"].get("addresses") or () for item in graph.by_type(tokens.IP_SET)} | {
        _arn(item): [pattern["regexString"] for pattern in item["inputs"].get("regularExpressions") or ()]
        for item in graph.by_type(tokens.REGEX_SET)
    }
    groups = {
        _arn(item): DeclaredGroup(
            str(item["inputs"].get("name") or item["urn"].rpartition("::")[2]),
            sorted(item["inputs"].get("rules") or (), key=lambda rule: int(rule["priority"])),
        )
        for item in graph.by_type(tokens.RULE_GROUP)
    }
    destinations = logging.get("logDestinationConfigs") or [""]
    return Firewall(
        _arn(acl),
        Source(acl["inputs"], account, sets, groups),
        Redactions.of(logging, acl["inputs"].get("dataProtectionConfig") or {}),
        str(destinations[0]).rpartition(":log-group:")[2],
    )


def masked_identifiers(graph: Graph) -> dict[str, Sequence[str]]:
    """By log group: the kinds of data that its data protection policy masks."""
    found: dict[str, Sequence[str]] = {}
    for item in graph.by_type(tokens.LOG_PROTECTION):
        document = json.loads(item["inputs"].get("policyDocument") or "{}")
        found[str(item["inputs"].get("logGroupName"))] = [
            str(identifier).rpartition("/")[2]
            for statement in document.get("Statement", ())
            if "Deidentify" in statement.get("Operation", {})
            for identifier in statement.get("DataIdentifier", ())
        ]
    return found


def _arn(resource: Resource) -> str:
    return str(resource["outputs"].get("arn") or resource["id"])
