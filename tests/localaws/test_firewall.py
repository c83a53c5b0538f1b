"""The firewall does what the web ACL declares, and something else once it declares something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localaws.firewall.groups.catalogue import GROUPS
from model.contract import MAX_TRANSACTIONS
from tests.pulumi_preflight import graphs, hardened
from tests.pulumi_preflight.hardened import BODY, BROWSER, KNOWN, URL, Inputs, here, rule

CARD_NUMBER = "4111111111111111"


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
        assert gateway.judged()[::2] == ("BLOCK", expected)
        assert gateway.function.events == []


def test_every_group_has_a_rule_that_is_tried_or_says_why_not() -> None:
    tried = {expected for _, expected in ATTACKS.values()}
    for group in GROUPS.values():
        names = {rule.name for rule in group.rules}
        assert not names & set(group.not_imitated)
        assert names & tried or "Ip" in group.name


@pytest.mark.parametrize("category", ["grocery_net", "food_dining", "misc_pos"])
def test_ordinary_requests_pass(tmp_path: Path, category: str) -> None:
    body = json.dumps({"transactions": [graphs.LEGITIMATE | {"category": category}] * MAX_TRANSACTIONS})
    with here(tmp_path) as gateway:
        for text in (body, json.dumps(json.loads(body), indent=1)):
            assert (
                gateway.send(text.encode(), headers={"accept": "*/*", "cookie": "a=b; c=d"}).status_code
                == 200
            )
        assert gateway.judged() == ("ALLOW", "Default_Action", "")


AGENT: dict[str, Any] = {"headers": {"user-agent": "curl/8.5"}}
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
        overrides: list[dict[str, Any]] = [
            {"name": name, "actionToUse": {"count": {}}}
            for name in ("CategoryHttpLibrary", "SignalNonBrowserUserAgent")
        ]
        options = inputs["firewall"]["rules"][-1]["statement"]["managedRuleGroupStatement"]
        options["ruleActionOverrides"] = overrides

    def block_label(inputs: Inputs) -> None:
        label = "awswaf:managed:aws:bot-control:bot:category:http_library"
        statement = {"labelMatchStatement": {"scope": "LABEL", "key": label}}
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
        assert gateway.judged()[1] == "labelled"


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
