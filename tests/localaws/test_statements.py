"""Statements, rates and groups of the firewall mean what they mean in AWS WAF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localaws.errors import ServerError
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import KNOWN, URL, Here, Inputs, here, managed, rule


def only(*rules: dict[str, Any], **acl: Any) -> hardened.Change:
    """A firewall of these rules."""
    return lambda inputs: inputs["firewall"].update(rules=list(rules), **acl)


def on(field: dict[str, Any], *steps: str, **options: Any) -> dict[str, Any]:
    transformations = [{"priority": place, "type": step} for place, step in enumerate(steps or ("NONE",))]
    return {"fieldToMatch": field, "textTransformations": transformations, **options}


def has(
    text: str, where: str = "CONTAINS", field: dict[str, Any] | None = None, *steps: str
) -> dict[str, Any]:
    options = on(field or {"queryString": {}}, *steps, searchString=text, positionalConstraint=where)
    return {"byteMatchStatement": options}


def test_rules_run_by_priority_and_an_allowing_one_ends_it(tmp_path: Path) -> None:
    rules = [
        rule("second", 2, has("a")),
        rule("first", 1, has("b"), "allow"),
        rule("zeroth", 0, has("a"), "count"),
    ]
    with here(tmp_path, only(*rules)) as gateway:
        assert gateway.send(url=f"{URL}?a").status_code == 403
        assert gateway.send(url=f"{URL}?ab").status_code == 200
        line = gateway.log("waf.log")[-1]
        assert line["terminatingRuleId"] == "first"
        assert [item["ruleId"] for item in line["nonTerminatingMatchingRules"]] == ["zeroth"]


def test_a_counting_rule_labels_for_those_after_it(tmp_path: Path) -> None:
    marking = rule("marking", 0, has("a"), "count") | {"ruleLabels": [{"name": "seen:a"}]}
    by_name = {"labelMatchStatement": {"scope": "LABEL", "key": "seen:a"}}
    by_space = {"labelMatchStatement": {"scope": "NAMESPACE", "key": "seen:"}}
    for statement in (by_name, by_space):
        with here(tmp_path, only(marking, rule("marked", 1, statement))) as gateway:
            assert gateway.send(url=f"{URL}?a").status_code == 403
            assert gateway.send(url=f"{URL}?b").status_code == 200


STATEMENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "and": ({"andStatement": {"statements": [has("a"), has("b")]}}, "ab", "a"),
    "or": ({"orStatement": {"statements": [has("a"), has("b")]}}, "b", "c"),
    "not": ({"notStatement": {"statement": has("a")}}, "b", "a"),
    "starts": (has("ab", "STARTS_WITH"), "abc", "cab"),
    "ends": (has("ab", "ENDS_WITH"), "cab", "abc"),
    "exactly": (has("ab", "EXACTLY"), "ab", "abc"),
    "word": (has("ab", "CONTAINS_WORD"), "x-ab-y", "xaby"),
    "lower": (has("ab", "CONTAINS", None, "LOWERCASE"), "AB", "A-B"),
    "decode": (has("<", "CONTAINS", None, "URL_DECODE"), "%3C", "%3D"),
    "argument": (has("x", "EXACTLY", {"singleQueryArgument": {"name": "k"}}), "a=b&k=x", "a=x"),
    "regex": ({"regexMatchStatement": on({"queryString": {}}, regexString="^a+$")}, "aaa", "aab"),
    "regex set": (
        {"regexPatternSetReferenceStatement": on({"queryString": {}}, arn="arn:patterns")}, "secret", "public"
    ),
    "size": ({"sizeConstraintStatement": on({"queryString": {}}, comparisonOperator="GE", size=3)}, "abc", "ab"),
    "scripts": ({"xssMatchStatement": on({"queryString": {}})}, "<script>", "script"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_matches_what_it_says(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    statement, matching, other = STATEMENTS[name]
    monkeypatch.setitem(graphs.TYPES, "patterns", "aws:wafv2/regexPatternSet:RegexPatternSet")

    def patterns(inputs: Inputs) -> None:
        inputs["patterns"] = {"regularExpressions": [{"regexString": "sec.et"}]}

    with here(tmp_path, patterns, only(rule("tried", 0, statement))) as gateway:
        assert gateway.send(url=f"{URL}?{matching}").status_code == 403
        assert gateway.send(url=f"{URL}?{other}").status_code == 200


@pytest.mark.parametrize(("handling", "status"), [("MATCH", 403), ("NO_MATCH", 400), ("CONTINUE", 400)])
def test_what_is_beyond_the_inspection_limit_is_handled_as_declared(
    tmp_path: Path, handling: str, status: int
) -> None:
    field = {"body": {"oversizeHandling": handling}}
    late = b" " * 16384 + b"evil"
    with here(tmp_path, only(rule("evil", 0, has("evil", "CONTAINS", field)))) as gateway:
        assert gateway.send(late).status_code == status
        assert gateway.send(b" " * 16380 + b"evil").status_code == 403
    larger = {"requestBodies": [{"apiGateway": {"defaultSizeInspectionLimit": "KB_32"}}]}
    with here(
        tmp_path, only(rule("evil", 0, has("evil", "CONTAINS", field)), associationConfig=larger)
    ) as gateway:
        assert gateway.send(late).status_code == 403


def rate(limit: int, **options: Any) -> dict[str, Any]:
    return rule("rate", 0, {"rateBasedStatement": {"limit": limit, "aggregateKeyType": "IP", **options}})


def statuses(gateway: Here, count: int, **options: Any) -> list[int]:
    return [gateway.send(b"", **options).status_code for _ in range(count)]


def test_a_rate_counts_an_address_over_its_window(tmp_path: Path) -> None:
    with here(tmp_path, only(rate(12, evaluationWindowSec=60))) as gateway:
        assert statuses(gateway, 15)[10:] == [429, 429, 403, 403, 403]
        assert gateway.judged()[1] == "rate"
        assert gateway.send(address="192.0.2.77", key="k-other").status_code == 200
        gateway.now[0] += 30
        assert statuses(gateway, 1) == [403]
        gateway.now[0] += 62
        assert gateway.send().status_code == 200


def test_claimed_addresses_do_not_split_the_count(tmp_path: Path) -> None:
    spoofed = [{"x-forwarded-for": f"192.0.2.{n}", "x-preflight-source-ip": f"192.0.2.{n}"} for n in range(4)]
    with here(tmp_path, only(rate(3))) as gateway:
        seen = [gateway.send(headers=headers).status_code for headers in spoofed]
        assert seen == [200, 200, 200, 403]
    forwarded = {"headerName": "X-Forwarded-For", "fallbackBehavior": "MATCH"}
    trusting = rate(3, aggregateKeyType="FORWARDED_IP", forwardedIpConfig=forwarded)
    with here(tmp_path, only(trusting)) as gateway:
        assert [gateway.send(headers=headers).status_code for headers in spoofed] == [200] * 4
    with here(tmp_path, only(rate(3)), trust_forwarded=True) as gateway:
        assert [gateway.send(headers=headers).status_code for headers in spoofed] == [200] * 4
        assert gateway.log("access.log")[-1]["sourceIp"] == "192.0.2.3"


def test_a_rate_counts_by_header_and_only_what_it_is_scoped_to(tmp_path: Path) -> None:
    key = [{"header": {"name": "x-api-key", "textTransformations": [hardened.NONE]}}]
    by_key = rate(2, aggregateKeyType="CUSTOM_KEYS", customKeys=key)
    with here(tmp_path, only(by_key)) as gateway:
        assert statuses(gateway, 3, address=KNOWN) == [400, 400, 403]
        assert statuses(gateway, 1, key="k-other") == [400]
        assert statuses(gateway, 5, key=None) == [403] * 5
        assert gateway.judged()[0] == "ALLOW"
    scoped = rate(2, aggregateKeyType="CONSTANT", scopeDownStatement=has("slow"))
    with here(tmp_path, only(scoped)) as gateway:
        assert statuses(gateway, 3, url=f"{URL}?slow") == [400, 400, 403]
        assert statuses(gateway, 3) == [400] * 3


def test_a_custom_response_takes_the_place_of_the_gateways(tmp_path: Path) -> None:
    custom = {
        "responseCode": 429,
        "customResponseBodyKey": "busy",
        "responseHeaders": [{"name": "retry-after", "value": "60"}],
    }
    bodies = [{"key": "busy", "content": '{"busy": true}', "contentType": "APPLICATION_JSON"}]
    blocking = rate(1) | {"action": {"block": {"customResponse": custom}}}
    with here(tmp_path, only(blocking, customResponseBodies=bodies)) as gateway:
        gateway.send()
        answer = gateway.send()
    assert (answer.status_code, answer.json()) == (429, {"busy": True})
    assert answer.headers["retry-after"] == "60"


def test_a_listed_address_is_refused_unless_it_is_known(tmp_path: Path) -> None:
    lists = {"HostingProviderIPList": ["192.0.2.0/24", "198.51.100.0/24"]}
    with here(tmp_path, listed=lists) as gateway:
        assert gateway.send().status_code == 403
        assert gateway.judged()[2] == "HostingProviderIPList"
        assert gateway.send(address=KNOWN).status_code == 200


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two statements in a not": ({"notStatement": {"statements": [has("a")]}}, "takes exactly one"),
    "snake case": ({"ip_set_reference_statement": {"arn": "arn:known"}}, "no such statement"),
    "unknown set": ({"ipSetReferenceStatement": {"arn": "arn:elsewhere"}}, "does not declare"),
    "bad pattern": (
        {"regexMatchStatement": on({"queryString": {}}, regexString="(")},
        "cannot be used here",
    ),
    "unknown field": (has("a", "EXACTLY", {"ja3Fingerprint": {}}), "ja3Fingerprint"),
    "unknown group": (managed("x", 0, "AWSManagedRulesPHPRuleSet")["statement"], "not imitated"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_aws_would_not_take_is_one_sentence(tmp_path: Path, name: str) -> None:
    statement, expected = WRONG[name]
    with pytest.raises(ServerError) as caught, here(tmp_path, only(rule("wrong", 0, statement))):
        pass
    assert expected in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_rule_that_only_aws_can_decide_never_matches_and_is_named(tmp_path: Path) -> None:
    statement = {"geoMatchStatement": {"countryCodes": ["DE"]}}
    with here(tmp_path, only(rule("country", 0, statement))) as gateway:
        assert gateway.gateway.acl is not None
        assert list(gateway.gateway.acl.undecided) == ["country"]
        assert gateway.send().status_code == 200


def test_a_declared_rule_group_runs_like_a_managed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(graphs.TYPES, "own", "aws:wafv2/ruleGroup:RuleGroup")
    statement = {"ruleGroupReferenceStatement": {"arn": "arn:own"}}
    reference = {"name": "ours", "priority": 0, "statement": statement, "overrideAction": {"none": {}}}

    def group(inputs: Inputs) -> None:
        inputs["own"] = {"rules": [rule("evil", 1, has("evil"))]}

    with here(tmp_path, group, only(reference)) as gateway:
        assert gateway.send(url=f"{URL}?evil").status_code == 403
        assert gateway.judged() == ("BLOCK", "ours", "evil")
