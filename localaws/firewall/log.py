"""The firewall's log, one JSON line for a request, in the shape of AWS WAF's and with its redactions."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localaws.firewall.acl import Verdict
from localaws.firewall.fields import Sighting

REDACTED = "REDACTED"


@dataclass(frozen=True)
class Redactions:
    """What the log hides: headers by name (value: substitute or hash), and whole parts of the request."""

    headers: Mapping[str, str] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()

    @staticmethod
    def of(logging: Mapping[str, Any], protection: Mapping[str, Any]) -> Redactions:
        """From a logging configuration's `redactedFields` and a web ACL's `dataProtectionConfig`."""
        headers: dict[str, str] = {}
        parts: set[str] = set()
        for item in protection.get("dataProtections") or ():
            kind, names = item["field"]["fieldType"], item["field"].get("fieldKeys") or ()
            if kind == "SINGLE_HEADER":
                headers |= {name.lower(): item["action"] for name in names}
            elif kind == "QUERY_STRING":
                parts.add("queryString")
        for item in logging.get("redactedFields") or ():
            for kind, options in item.items():
                if kind == "singleHeader":
                    headers[options["name"].lower()] = "SUBSTITUTION"
                elif options is not None:
                    parts.add(kind)
        return Redactions(headers, frozenset(parts))

    def part(self, kind: str, text: str) -> str:
        """`text`, or what is written in its place."""
        return REDACTED if kind in self.parts else text

    def header(self, name: str, value: str) -> dict[str, str]:
        """One header as the log has it."""
        action = self.headers.get(name)
        if action == "HASH":
            value = hashlib.sha256(value.encode("latin-1", "replace")).hexdigest()
        return {"name": name, "value": REDACTED if action == "SUBSTITUTION" else value}


def record(
    sighting: Sighting,
    verdict: Verdict,
    redactions: Redactions,
    *,
    acl: str,
    source: str,
    request_id: str,
    limit: int,
) -> dict[str, Any]:
    """The line for one request. `acl` is the ACL's ARN, `source` names account, API and stage."""
    blocked = not verdict.passed
    return {
        "timestamp": int(time.time() * 1000),
        "formatVersion": 1,
        "webaclId": acl,
        "terminatingRuleId": verdict.rule,
        "terminatingRuleType": verdict.kind,
        "action": verdict.action.upper(),
        "terminatingRuleMatchDetails": [],
        "httpSourceName": "APIGW",
        "httpSourceId": source,
        "ruleGroupList": _groups(verdict),
        "rateBasedRuleList": [{"rateBasedRuleName": verdict.rule}] if verdict.kind == "RATE_BASED" else [],
        "nonTerminatingMatchingRules": [
            {"ruleId": rule, "action": "COUNT", "ruleMatchDetails": []}
            for rule, inner in verdict.counted
            if not inner
        ],
        "requestHeadersInserted": None,
        "responseCodeSent": verdict.response.status if blocked and verdict.response else None,
        "httpRequest": {
            "clientIp": sighting.address,
            "country": "-",
            "headers": [redactions.header(name, value) for name, value in sighting.headers],
            "uri": redactions.part("uriPath", sighting.path),
            "args": redactions.part("queryString", sighting.query),
            "httpVersion": "HTTP/1.1",
            "httpMethod": redactions.part("method", sighting.method),
            "requestId": request_id,
        },
        "labels": [{"name": label} for label in verdict.labels],
        "requestBodySize": sighting.body_size,
        "requestBodySizeInspectedByWAF": min(sighting.body_size, limit),
    }


def _groups(verdict: Verdict) -> Sequence[Mapping[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for rule, inner in verdict.counted:
        if inner:
            entry = groups.setdefault(rule, {"ruleGroupId": rule, "terminatingRule": None})
            entry.setdefault("nonTerminatingMatchingRules", []).append({"ruleId": inner, "action": "COUNT"})
    if verdict.group:
        entry = groups.setdefault(verdict.rule, {})
        entry["ruleGroupId"] = verdict.group
        entry["terminatingRule"] = {"ruleId": verdict.group_rule, "action": verdict.action.upper()}
    return list(groups.values())
