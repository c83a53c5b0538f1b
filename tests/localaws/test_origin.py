"""Labels by their context, forwarded addresses, and headers beyond what AWS WAF inspects: as it documents them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localaws.firewall import fields
from tests.localaws.test_statements import has, on, only, rate
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import KNOWN, STRANGER, URL, Inputs, here, rule


def labelled(key: str, scope: str = "LABEL") -> dict[str, Any]:
    return rule("labelled", 9, {"labelMatchStatement": {"scope": scope, "key": key}})


LABELS = {
    ("seen:a", "LABEL"): 403,
    ("a", "LABEL"): 403,
    ("see", "LABEL"): 200,
    ("seen:", "NAMESPACE"): 403,
    ("seen", "NAMESPACE"): 403,
    ("en:", "NAMESPACE"): 200,
    ("awswaf:000000000000:webacl:firewall:seen:a", "LABEL"): 403,
    ("awswaf:000000000000:webacl:firewall:", "NAMESPACE"): 403,
    ("awswaf:000000000000:webacl:other:seen:a", "LABEL"): 200,
}


@pytest.mark.parametrize(("key", "scope"), LABELS)
def test_a_label_is_found_by_name_namespace_or_in_full(tmp_path: Path, key: str, scope: str) -> None:
    marking = rule("marking", 0, has("a"), "count") | {"ruleLabels": [{"name": "seen:a"}]}
    with here(tmp_path, only(marking, labelled(key, scope))) as gateway:
        assert gateway.send(url=f"{URL}?a").status_code == LABELS[key, scope]
        assert gateway.send(url=f"{URL}?b").status_code == 200


def test_a_label_of_another_context_needs_its_full_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(graphs.TYPES, "own", "aws:wafv2/ruleGroup:RuleGroup")
    statement = {"ruleGroupReferenceStatement": {"arn": "arn:own"}}
    reference = {"name": "ours", "priority": 0, "statement": statement, "overrideAction": {"none": {}}}
    marking = rule("marking", 0, has("a"), "count") | {"ruleLabels": [{"name": "seen:a"}]}
    inside = rule("inside", 1, {"labelMatchStatement": {"scope": "LABEL", "key": "seen:a"}})

    def group(*rules: dict[str, Any]) -> hardened.Change:
        def change(inputs: Inputs) -> None:
            inputs["own"] = {"name": "house", "rules": list(rules)}

        return change

    full = "awswaf:000000000000:rulegroup:house:seen:a"
    for rules, key, status in (
        ((marking,), "seen:a", 200),
        ((marking,), full, 403),
        ((marking, inside), "other", 403),
    ):
        with here(tmp_path, group(*rules), only(reference, labelled(key))) as gateway:
            assert gateway.send(url=f"{URL}?a").status_code == status
            assert full in [item["name"] for item in gateway.log("waf.log")[-1]["labels"]]


FORWARDED = {
    ("FIRST", KNOWN): 403,
    ("FIRST", f"{KNOWN}, {STRANGER}"): 403,
    ("FIRST", f"{STRANGER}, {KNOWN}"): 200,
    ("LAST", f"{STRANGER}, {KNOWN}"): 403,
    ("LAST", f"{KNOWN}, {STRANGER}"): 200,
    ("ANY", f"{STRANGER}, nonsense, {KNOWN}"): 403,
    ("ANY", STRANGER): 200,
}


@pytest.mark.parametrize(("position", "claim"), FORWARDED)
def test_a_forwarded_address_is_looked_for_where_declared(tmp_path: Path, position: str, claim: str) -> None:
    config = {"headerName": "X-Forwarded-For", "fallbackBehavior": "NO_MATCH", "position": position}
    statement = {"ipSetReferenceStatement": {"arn": "arn:known", "ipSetForwardedIpConfig": config}}
    with here(tmp_path, only(rule("known", 0, statement))) as gateway:
        status = gateway.send(headers={"x-forwarded-for": claim}).status_code
        assert status == FORWARDED[position, claim]


@pytest.mark.parametrize(("fallback", "status"), [("MATCH", 403), ("NO_MATCH", 200)])
def test_no_address_in_the_header_falls_back_and_no_header_is_no_match(
    tmp_path: Path, fallback: str, status: int
) -> None:
    config = {"headerName": "X-Forwarded-For", "fallbackBehavior": fallback, "position": "FIRST"}
    statement = {"ipSetReferenceStatement": {"arn": "arn:known", "ipSetForwardedIpConfig": config}}
    counted = rate(1, aggregateKeyType="FORWARDED_IP", forwardedIpConfig=config)
    for tried in (rule("known", 0, statement), counted):
        with here(tmp_path, only(tried)) as gateway:
            assert gateway.send(headers={"x-forwarded-for": "nonsense"}).status_code == status
            assert [gateway.send().status_code for _ in range(3)] == [200] * 3


def test_a_rate_counts_by_the_first_forwarded_address(tmp_path: Path) -> None:
    config = {"headerName": "X-Forwarded-For", "fallbackBehavior": "NO_MATCH"}
    counted = rate(2, aggregateKeyType="FORWARDED_IP", forwardedIpConfig=config)
    with here(tmp_path, only(counted)) as gateway:
        claims = ["192.0.2.1, 10.0.0.1", "192.0.2.1, 10.0.0.2", "192.0.2.1", "192.0.2.2, 192.0.2.1"]
        seen = [gateway.send(headers={"x-forwarded-for": claim}).status_code for claim in claims]
    assert seen == [200, 200, 403, 200]


@pytest.mark.parametrize(("handling", "status"), [("MATCH", 403), ("NO_MATCH", 200), ("CONTINUE", 200)])
@pytest.mark.parametrize("part", ["headers", "cookies"])
def test_what_is_beyond_the_first_8_kb_of_headers_or_cookies_is_handled_as_declared(
    tmp_path: Path, part: str, handling: str, status: int
) -> None:
    options = {"matchScope": "ALL", "matchPattern": {"all": {}}, "oversizeHandling": handling}
    late = {"x-first": "a" * 8192, "x-last": "evil"}
    near: dict[str, str | None] = {"x-last": "evil"}
    if part == "cookies":
        late, near = {"cookie": f"a={'a' * 8192}; b=evil"}, {"cookie": "b=evil"}
    statement = has("evil", "CONTAINS", {part: options})
    with here(tmp_path, only(rule("evil", 0, statement))) as gateway:
        assert gateway.send(headers=late).status_code == status
        assert gateway.send(headers=near).status_code == 403


def test_no_more_than_200_headers_are_seen() -> None:
    options = {"matchScope": "KEY", "matchPattern": {"all": {}}, "oversizeHandling": "CONTINUE"}
    headers = [(f"h{number}", "") for number in range(300)]
    sighting = fields.Sighting("GET", "/", "", headers, "", 0, STRANGER)
    read = fields.reader({"headers": options}, [])
    assert len(read(sighting)) == 200


TRANSFORMED: dict[str, tuple[str, str, str]] = {
    "REPLACE_COMMENTS": ("a/*x*/b", "a b", "a/b"),
    "COMPRESS_WHITE_SPACE": ("a%20%20b", "a b", "ab"),
    "HTML_ENTITY_DECODE": ("%26lt%3B", "<", "lt"),
    "JS_DECODE": ("%5Cx41", "A", "x41"),
    "CMD_LINE": ("w%5Ehoami", "whoami", "who"),
    "BASE64_DECODE": ("ZXZpbA==", "evil", "ev"),
    "HEX_DECODE": ("6576696c", "evil", "6576"),
    "NORMALIZE_PATH": ("/a/../b", "/b", "/a"),
    "REMOVE_NULLS": ("a%00b", "ab", "a"),
    "MD5": ("a", "0cc175b9c0f1b6a831c399e269772661", "0cc"),
}


def unsigned(inputs: Inputs) -> None:
    inputs["post"].pop("authorization")


@pytest.mark.parametrize("name", TRANSFORMED)
def test_a_transformation_is_applied_before_the_field_is_looked_at(tmp_path: Path, name: str) -> None:
    sent, expected, other = TRANSFORMED[name]
    for text, status in ((expected, 403), (other, 200)):
        options = on(
            {"queryString": {}}, "URL_DECODE", name, searchString=text, positionalConstraint="EXACTLY"
        )
        with here(tmp_path, unsigned, only(rule("tried", 0, {"byteMatchStatement": options}))) as gateway:
            assert gateway.send(url=f"{URL}?{sent}", signed=False).status_code == status


def test_an_override_in_a_group_blocks_what_aws_counts_and_the_reverse(tmp_path: Path) -> None:
    lists = {"AWSManagedIPDDoSList": [STRANGER], "AWSManagedIPReputationList": [KNOWN]}
    options = {"vendorName": "AWS", "name": "AWSManagedRulesAmazonIpReputationList"}

    def group(**more: Any) -> hardened.Change:
        statement = {"managedRuleGroupStatement": options | more}
        return only({"name": "ips", "priority": 0, "statement": statement, "overrideAction": {"none": {}}})

    def actions(**chosen: str) -> dict[str, Any]:
        return {"ruleActionOverrides": [{"name": n, "actionToUse": {a: {}}} for n, a in chosen.items()]}

    with here(tmp_path, group(), listed=lists) as gateway:
        assert [gateway.send(address=ip).status_code for ip in (STRANGER, KNOWN)] == [200, 403]
    swapped = actions(AWSManagedIPDDoSList="block", AWSManagedIPReputationList="count")
    with here(tmp_path, group(**swapped), listed=lists) as gateway:
        assert [gateway.send(address=ip).status_code for ip in (STRANGER, KNOWN)] == [403, 200]
    with here(tmp_path, group(**actions(AWSManagedIPReputationList="allow")), listed=lists) as gateway:
        assert gateway.send(address=KNOWN).status_code == 200
        assert gateway.judged()[0] == "ALLOW"
