"""Other ways of saying the same thing are read alike, and innocent changes raise nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from endpoint_guard import types as t

from tests.endpoint_guard import compliant as c
from tests.endpoint_guard.compliant import Item, Ref
from tests.endpoint_guard.guard_process import Pack
from tests.endpoint_guard.test_pack_mutations import find, put

Change = Callable[[list[Item]], None]


def _aws_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _aws_case(entry) for key, entry in value.items()}
    return [_aws_case(entry) for entry in value] if isinstance(value, list) else value


def rules_as_json(items: list[Item]) -> None:
    acl = find(items, t.WEB_ACL, "acl")
    acl.props["ruleJson"] = json.dumps(_aws_case(acl.props.pop("rules")))


def rules_as_resources(items: list[Item]) -> None:
    acl = find(items, t.WEB_ACL, "acl")
    for number, rule in enumerate(acl.props.pop("rules")):
        items.append(Item(t.WEB_ACL_RULE, f"rule-{number}", {"webAclArn": Ref("acl", "arn"), **rule}))


def rules_in_a_group(items: list[Item]) -> None:
    acl = find(items, t.WEB_ACL, "acl")
    own, managed = acl.props["rules"][:2], acl.props["rules"][2:]
    reference = {"ruleGroupReferenceStatement": {"arn": Ref("group", "arn")}}
    outer = {"name": "own", "priority": 90, "overrideAction": {"none": {}}, "statement": reference}
    acl.props["rules"] = [*managed, {**outer, "visibilityConfig": dict(c.VISIBLE)}]
    items.append(Item(t.RULE_GROUP, "group", {"rules": own, "visibilityConfig": dict(c.VISIBLE)}))


def inline_role_policy(items: list[Item]) -> None:
    policy = find(items, t.ROLE_POLICY, "function-role")
    items.remove(policy)
    inline = [{"name": "own", "policy": policy.props["policy"]}]
    find(items, t.ROLE, "function-role").props["inlinePolicies"] = inline


def attached_policy(items: list[Item]) -> None:
    policy = find(items, t.ROLE_POLICY, "function-role")
    items.remove(policy)
    items.append(Item(t.POLICY, "attached", {"name": "attached", "policy": policy.props["policy"]}))
    link = {"role": Ref("function-role", "name"), "policyArn": Ref("attached", "arn")}
    items.append(Item(t.ROLE_ATTACHMENT, "link", link))


def separate_key_policy(items: list[Item]) -> None:
    text = find(items, t.KEY, "key").props.pop("policy")
    items.append(Item(t.KEY_POLICY, "policy", {"keyId": Ref("key"), "policy": text}))


def hidden_by_data_protection(items: list[Item]) -> None:
    acl = find(items, t.WEB_ACL, "acl").props
    hide = {"fieldType": "SINGLE_HEADER", "fieldKeys": ["X-API-KEY", "authorization"]}
    acl["dataProtectionConfig"] = {"dataProtections": [{"action": "HASH", "field": hide}]}
    acl["visibilityConfig"] = {**c.VISIBLE, "sampledRequestsEnabled": True}
    find(items, t.WEB_ACL_LOGGING, "acl-log").props.pop("redactedFields")


def single_statement(items: list[Item]) -> None:
    policy = find(items, t.ROLE_POLICY, "function-role").props
    content = json.loads(policy["policy"])
    policy["policy"] = json.dumps({**content, "Statement": content["Statement"][0]})


def sets(kind: str, name: str, path: str, value: Any) -> Change:
    def change(items: list[Item]) -> None:
        put(find(items, kind, name).props, path, value)

    change.__name__ = f"{name}.{path}"
    return change


def also(item: Item) -> Change:
    def change(items: list[Item]) -> None:
        items.append(item)

    change.__name__ = f"also-{item.name}"
    return change


MOCK = {"restApi": Ref("api"), "resourceId": Ref("path"), "httpMethod": "OPTIONS"}


def preflight_method(items: list[Item]) -> None:
    items.append(Item(t.METHOD, "options", {**MOCK, "authorization": "NONE"}))
    items.append(Item(t.INTEGRATION, "options", {**MOCK, "type": "MOCK", "passthroughBehavior": "NEVER"}))


INNOCENT = [
    rules_as_json,
    rules_as_resources,
    rules_in_a_group,
    inline_role_policy,
    attached_policy,
    separate_key_policy,
    hidden_by_data_protection,
    single_statement,
    preflight_method,
    sets(t.WEB_ACL, "acl", "description", "front door"),
    sets(t.STAGE, "stage", "tags", {"a": "b"}),
    sets(t.FUNCTION, "function", "memorySize", 512),
    sets(t.FUNCTION, "function", "environment.variables.RECIPE", "boosted"),
    sets(t.FUNCTION, "function", "runtime", "python3.14"),
    sets(t.USAGE_PLAN, "plan", "quotaSettings.period", "MONTH"),
    sets(t.USAGE_PLAN, "plan", "throttleSettings.rateLimit", 20.5),
    sets(t.LOG_GROUP, "access-log", "retentionInDays", 731),
    sets(t.ENDPOINT_CONFIG, "config", "productionVariants.0.initialInstanceCount", 3),
    sets(t.SCALING_TARGET, "scaling", "maxCapacity", 4),
    sets(t.KEY, "key", "rotationPeriodInDays", 180),
    sets(t.METHOD_SETTINGS, "settings", "settings.loggingLevel", "INFO"),
    sets(t.ALARM, "blocked", "threshold", 99),
    sets(t.REST_API, "api", "description", "scores"),
    sets(
        t.BUCKET_ENCRYPTION,
        "artifacts",
        "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm",
        "aws:kms:dsse",
    ),
    sets(t.WEB_ACL, "acl", "rules.1.statement.rateBasedStatement.limit", 500),
    also(Item("aws:cloudwatch/dashboard:Dashboard", "dashboard", {"dashboardBody": "{}"})),
    also(Item(t.KEY_ALIAS, "alias-of-key", {"targetKeyId": Ref("key"), "name": "alias/scoring"})),
    also(Item("fraud:serving:ScoringApi", "component", {"anything": "goes"})),
    also(
        Item(
            t.KEY,
            "signing-key",
            {"description": "signs", "customerMasterKeySpec": "ECC_NIST_P256", "policy": c.key_policy()},
            protect=True,
        )
    ),
]


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("change", INNOCENT, ids=[change.__name__ for change in INNOCENT])
def test_an_innocent_change_raises_nothing(pack: Pack, change: Change, preview: bool) -> None:
    items = c.program()
    change(items)
    pack.configure(set(pack.rules) - {"exemption-ledger", "resources-tagged", "unread-types"})

    assert pack.judge(items, preview=preview) == []


def _without_rate_rule(items: list[Item]) -> None:
    acl = find(items, t.WEB_ACL, "acl")
    acl.props["rules"].pop(1)


@pytest.mark.parametrize("shape", [rules_as_json, rules_as_resources])
def test_a_fault_is_found_in_every_shape_of_web_acl_rules(pack: Pack, shape: Change) -> None:
    items = c.program()
    _without_rate_rule(items)
    shape(items)
    pack.configure(["firewall-rate-rule"])

    assert [entry.resource for entry in pack.judge(items, preview=False)] == ["acl"]


@pytest.mark.parametrize("shape", [inline_role_policy, attached_policy])
def test_a_fault_is_found_in_every_shape_of_role_policies(pack: Pack, shape: Change) -> None:
    items = c.program()
    find(items, t.ROLE_POLICY, "function-role").props["policy"] = c.document(c.allow("*", "*"))
    shape(items)
    pack.configure(["iam-no-admin"])

    assert len(pack.judge(items, preview=False)) == 1


def _stage_by_literal_id(items: list[Item]) -> None:
    find(items, t.STAGE, "stage").props["restApi"] = "api-id"
    items.remove(find(items, t.WEB_ACL_ASSOCIATION, "link"))


def _self_rule_before_open_ssh(items: list[Item]) -> None:
    ingress = [{"self": True, "cidrBlocks": []}, {"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22, "toPort": 22}]
    find(items, t.SECURITY_GROUP, "model").props["ingress"] = ingress


def _late_wildcard_statement(items: list[Item]) -> None:
    conditioned = {"StringEquals": {"aws:PrincipalAccount": c.ACCOUNT}}
    first = c.allow(
        "s3:GetObject", "*", Principal={"AWS": "arn:aws:iam::123456789012:role/a"}, Condition=conditioned
    )
    second = c.allow("s3:GetObject", "*", Principal="*")
    find(items, t.BUCKET_POLICY, "logs").props["policy"] = c.bucket_policy("logs", first, second)


def _counted_log4j_rule(items: list[Item]) -> None:
    override = [{"name": "Log4JRCE_HEADER", "actionToUse": {"count": {}}}]
    path = "rules.3.statement.managedRuleGroupStatement.ruleActionOverrides"
    put(find(items, t.WEB_ACL, "acl").props, path, override)


def _signing_in_warn_mode(items: list[Item]) -> None:
    find(items, t.CODE_SIGNING, "signing").props["policies"] = {"untrustedArtifactOnDeployment": "Warn"}


def _ok_action_alone(items: list[Item]) -> None:
    alarm = find(items, t.ALARM, "blocked").props
    alarm["okActions"] = alarm.pop("alarmActions")


HOLES = [
    ("stage-behind-firewall", _stage_by_literal_id, "stage"),
    ("no-open-ingress", _self_rule_before_open_ssh, "model"),
    ("bucket-policy-not-public", _late_wildcard_statement, "logs"),
    ("firewall-nothing-counted", _counted_log4j_rule, "acl"),
    ("code-signing-enforced", _signing_in_warn_mode, "signing"),
    ("alarm-acts", _ok_action_alone, "blocked"),
]


@pytest.mark.parametrize(("rule", "change", "resource"), HOLES, ids=[rule for rule, _, _ in HOLES])
def test_a_hole_of_other_tools_is_closed(pack: Pack, rule: str, change: Change, resource: str) -> None:
    items = c.program()
    change(items)
    pack.configure([rule])

    assert {entry.resource for entry in pack.judge(items, preview=False)} == {resource}
