"""The firewall does what the web ACL declares, and something else once it declares something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.server.errors import ServerError
from preflight.server.firewall.groups.catalogue import GROUPS
from tests.preflight import graphs, hardened
from tests.preflight.hardened import BODY, BROWSER, KNOWN, URL, Here, Inputs, here, managed, rule

CARD_NUMBER = "4111111111111111"


def judged(gateway: Here) -> tuple[str, str, str]:
    """Action, rule and rule within a group of the last request."""
    line = gateway.log("waf.log")[-1]
    inner = [
        group["terminatingRule"]["ruleId"] for group in line["ruleGroupList"] if group["terminatingRule"]
    ]
    return line["action"], line["terminatingRuleId"], "".join(inner)


def json_body(value: str) -> bytes:
    return json.dumps({"transactions": [{"category": value}]}).encode()


ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "no agent": ({"headers": {"user-agent": None}}, "NoUserAgent_HEADER"),
    "scanner": ({"headers": {"user-agent": f"{BROWSER} sqlmap/1.8"}}, "UserAgent_BadBots_HEADER"),
    "long query": ({"url": f"{URL}?a={'b' * 2100}"}, "SizeRestrictions_QUERYSTRING"),
    "long path": ({"url": f"{URL}/{'b' * 1100}"}, "SizeRestrictions_URIPATH"),
    "long cookie": ({"headers": {"cookie": f"a={'b' * 10240}"}}, "SizeRestrictions_Cookie_HEADER"),
    "metadata": ({"body": json_body("http://169.254.169.254/latest")}, "EC2MetaDataSSRF_BODY"),
    "traversal": ({"body": json_body("../../etc/passwd")}, "GenericLFI_BODY"),
    "encoded traversal": ({"url": f"{URL}?f=%2e%2e%2f%2e%2e%2fx"}, "GenericLFI_QUERYARGUMENTS"),
    "extension": ({"url": "http://api.local/prod/score.bak"}, "RestrictedExtensions_URIPATH"),
    "remote file": ({"url": f"{URL}?f=http://192.0.2.1/x"}, "GenericRFI_QUERYARGUMENTS"),
    "script": ({"body": json_body("<script>alert(1)</script>")}, "CrossSiteScripting_BODY"),
    "escaped script": ({"body": json_body("x").replace(b"x", b"\\u003cscript\\u003e")}, "CrossSiteScripting_BODY"),
    "handler": ({"url": f"{URL}?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"}, "CrossSiteScripting_QUERYARGUMENTS"),
    "log4j": ({"body": json_body("${jndi:ldap://x/a}")}, "Log4JRCE_BODY"),
    "hidden log4j": ({"headers": {"referer": "${${lower:j}ndi:ldap://x/a}"}}, "Log4JRCE_HEADER"),
    "java": ({"body": b"\xac\xed\x00\x05sr"}, "JavaDeserializationRCE_BODY"),
    "propfind": ({"method": "PROPFIND"}, "PROPFIND_METHOD"),
    "repository": ({"url": "http://api.local/prod/.git/config"}, "ExploitablePaths_URIPATH"),
    "passwords": ({"headers": {"x-file": "/etc/passwd"}}, "LFI_HEADER"),
    "union": ({"body": json_body("1 UNION SELECT password FROM users")}, "SQLi_BODY"),
    "commented union": ({"body": json_body("1 UNION/**/SELECT 1")}, "SQLi_BODY"),
    "tautology": ({"url": f"{URL}?id=1'%20OR%20'1'='1"}, "SQLi_QUERYARGUMENTS"),
    "stacked": ({"body": json_body("x'; DROP TABLE users;--")}, "SQLi_BODY"),
    "library": ({"headers": {"user-agent": "python-requests/2.32"}}, "CategoryHttpLibrary"),
    "curl": ({"headers": {"user-agent": "curl/8.5"}}, "CategoryHttpLibrary"),
    "unknown program": ({"headers": {"user-agent": "checkout/1.0"}}, "SignalNonBrowserUserAgent"),
    "headless": ({"headers": {"user-agent": f"{BROWSER} HeadlessChrome/120"}}, "SignalAutomatedBrowser"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_by_the_rule_made_for_it(tmp_path: Path, name: str) -> None:
    request, expected = ATTACKS[name]
    with here(tmp_path) as gateway:
        answer = gateway.send(**request)
        assert (answer.status_code, answer.json()["message"]) == (403, "refused")
        assert judged(gateway)[::2] == ("BLOCK", expected)
        assert gateway.function.events == []


def test_every_group_has_a_rule_that_is_tried_or_says_why_not() -> None:
    tried = {expected for _, expected in ATTACKS.values()}
    for group in GROUPS.values():
        names = {rule.name for rule in group.rules}
        assert not names & set(group.not_imitated)
        assert names & tried or "Ip" in group.name


@pytest.mark.parametrize("category", ["grocery_net", "food_dining", "misc_pos"])
def test_ordinary_requests_pass(tmp_path: Path, category: str) -> None:
    body = json.dumps({"transactions": [graphs.LEGITIMATE | {"category": category}] * 25})
    with here(tmp_path) as gateway:
        for text in (body, json.dumps(json.loads(body), indent=1)):
            assert (
                gateway.send(text.encode(), headers={"accept": "*/*", "cookie": "a=b; c=d"}).status_code
                == 200
            )
        assert judged(gateway) == ("ALLOW", "Default_Action", "")


AGENT = {"headers": {"user-agent": "curl/8.5"}}
WITHOUT: dict[str, tuple[dict[str, Any], Any]] = {
    "association": (AGENT, lambda inputs: inputs.pop("association")),
    "another stage": (AGENT, lambda inputs: inputs["association"].update(resourceArn="arn:other")),
    "the group": (AGENT, lambda inputs: inputs["firewall"]["rules"].pop()),
    "blocking": (AGENT, lambda inputs: inputs["firewall"]["rules"][-1].update(overrideAction={"count": {}})),
    "known callers": (AGENT, lambda inputs: inputs["known"].update(addresses=["192.0.2.0/24"])),
    "body size": ({"body": BODY + b" " * 8192}, lambda inputs: del_rules(inputs, "body-size", "common")),
}


def del_rules(inputs: Inputs, *names: str) -> None:
    rules = inputs["firewall"]["rules"]
    rules[:] = [item for item in rules if item["name"] not in names]


@pytest.mark.parametrize("name", WITHOUT)
def test_without_the_control_the_request_passes(tmp_path: Path, name: str) -> None:
    request, change = WITHOUT[name]
    with here(tmp_path) as gateway:
        assert gateway.send(**request).status_code == 403
    with here(tmp_path, change) as gateway:
        assert gateway.send(**request).status_code == 200


def test_a_known_caller_may_be_a_program(tmp_path: Path) -> None:
    with here(tmp_path) as gateway:
        assert gateway.send(**AGENT, address=KNOWN).status_code == 200


def test_overridden_rules_count_and_label_and_the_next_may_block(tmp_path: Path) -> None:
    def count(inputs: Inputs) -> None:
        overrides = [
            {"name": name, "actionToUse": {"count": {}}}
            for name in ("CategoryHttpLibrary", "SignalNonBrowserUserAgent")
        ]
        options = inputs["firewall"]["rules"][-1]["statement"]["managedRuleGroupStatement"]
        options["ruleActionOverrides"] = overrides

    def block_label(inputs: Inputs) -> None:
        statement = {"labelMatchStatement": {"scope": "LABEL", "key": "bot:category:http_library"}}
        inputs["firewall"]["rules"].append(rule("labelled", 99, statement))

    with here(tmp_path, count) as gateway:
        assert gateway.send(**AGENT).status_code == 200
        line = gateway.log("waf.log")[-1]
        assert [item["ruleId"] for item in line["ruleGroupList"][0]["nonTerminatingMatchingRules"]] == [
            "CategoryHttpLibrary",
            "SignalNonBrowserUserAgent",
        ]
        assert {"name": "awswaf:managed:aws:bot-control:bot:category:http_library"} in line["labels"]
    with here(tmp_path, count, block_label) as gateway:
        assert gateway.send(**AGENT).status_code == 403
        assert judged(gateway)[1] == "labelled"


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
        assert judged(gateway)[1] == "rate"
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
        assert judged(gateway)[0] == "ALLOW"
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
        assert judged(gateway)[2] == "HostingProviderIPList"
        assert gateway.send(address=KNOWN).status_code == 200


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two statements in a not": ({"notStatement": {"statements": [has("a")]}}, "takes exactly one"),
    "snake case": ({"ip_set_reference_statement": {"arn": "arn:known"}}, "no such statement"),
    "unknown set": ({"ipSetReferenceStatement": {"arn": "arn:elsewhere"}}, "does not declare"),
    "bad pattern": (
        {"regexMatchStatement": on({"queryString": {}}, regexString="(")},
        "no regular expression",
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


def test_the_log_hides_what_is_declared_and_masks_cards_where_a_policy_says_so(tmp_path: Path) -> None:
    def mask(inputs: Inputs) -> None:
        identifier = "arn:aws:dataprotection::aws:data-identifier/CreditCardNumber"
        statement = {"DataIdentifier": [identifier], "Operation": {"Deidentify": {"MaskConfig": {}}}}
        document = json.dumps({"Statement": [statement]})
        inputs["masking"] = {"logGroupName": "aws-waf-logs-x", "policyDocument": document}

    def hide_query(inputs: Inputs) -> None:
        inputs["firewall-log"]["redactedFields"].append({"queryString": {}})

    def hash_agent(inputs: Inputs) -> None:
        field = {"fieldType": "SINGLE_HEADER", "fieldKeys": ["user-agent"]}
        inputs["firewall"]["dataProtectionConfig"] = {"dataProtections": [{"field": field, "action": "HASH"}]}

    def logged(folder: Path, *changes: hardened.Change) -> str:
        folder.mkdir()
        with here(folder, *changes) as gateway:
            gateway.send(url=f"{URL}?card={CARD_NUMBER}", headers={"referer": CARD_NUMBER})
            return (folder / "waf.log").read_text()

    plain = logged(tmp_path / "plain")
    assert plain.count(CARD_NUMBER) == 2
    assert "k-checkout" not in plain
    assert hardened.CREDENTIALS.access_key_id not in plain
    assert BROWSER in plain
    assert logged(tmp_path / "query", hide_query).count(CARD_NUMBER) == 1
    assert CARD_NUMBER not in logged(tmp_path / "masked", mask)
    assert BROWSER not in logged(tmp_path / "hashed", hash_agent)
    silent = tmp_path / "silent"
    silent.mkdir()
    with here(silent, lambda inputs: inputs.pop("firewall-log")) as gateway:
        gateway.send()
        assert not (silent / "waf.log").exists()


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
        assert judged(gateway) == ("BLOCK", "ours", "evil")
