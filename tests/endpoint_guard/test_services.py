"""Services beside the scoring service: good stacks raise nothing, every fault is found, in preview and in update."""

from __future__ import annotations

import copy
import functools
from typing import Any, Final

import pytest
from endpoint_guard import profiles
from endpoint_guard.discovery import rules
from endpoint_guard.rule import Rule
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.endpoint_guard.compliant import GONE, Item, Ref
from tests.endpoint_guard.guard_process import LEVELS, Found, Pack
from tests.endpoint_guard.services.faults import AT, FAULTS, RULES, Fault
from tests.endpoint_guard.services.good import STACKS
from tests.endpoint_guard.test_pack_mutations import put

FORMS: Final = [False, True]
NAMED: Final = ["update", "preview"]
FAULTY: Final = [fault.id for fault in FAULTS]
EMPTY: Final[dict[type, list[Any]]] = {
    str: [""],
    bool: [False],
    int: [0],
    list: [[]],
    dict: [{}, []],
    Ref: [""],
}
"""What the provider gives back for a property of each type that nobody set."""
GIVEN: Final = {
    "query-results-encrypted-queries-configuration.resultConfiguration.encryptionConfiguration",
    "query-results-encrypted-tables-encryptionConfiguration",
    "cache-asks-who-cache-userGroupIds",
    "database-logged-db-enabledCloudwatchLogsExports",
    "distribution-behind-firewall-site-webAclId",
    "distribution-logged-site-loggingConfig",
    "distribution-root-object-site-defaultRootObject",
    "file-access-as-known-user-point-posixUser",
    "search-domain-private-search-vpcOptions",
    "state-machine-logged-steps-loggingConfiguration.logDestination",
    "warehouse-logged-namespace-logExports",
    "glue-encrypted-etl-securityConfiguration",
    "trail-to-log-group-trail-cloudWatchLogsGroupArn",
    "bucket-origin-identified-site-origins.0.originAccessControlId",
}
"""What only has to be given: a value that is not known yet is one."""

SHARED: Final = {"iam.identity", "iam.resource_policies", "s3.access", "ssm"}
"""Modules whose other rules have their faults elsewhere."""


def _with(fault: Fault, value: Any) -> list[Item]:
    items = copy.deepcopy(STACKS[fault.stack])
    [item] = [item for item in items if item.name == fault.resource]
    put(item.props, fault.path, value)
    return items


def _says(pack: Pack, fault: Fault, value: Any, preview: bool, *rules: str) -> list[Found]:
    pack.configure([fault.rule, *rules])
    return pack.judge(_with(fault, value), preview=preview)


@pytest.mark.parametrize("preview", FORMS, ids=NAMED)
@pytest.mark.parametrize("stack", STACKS)
def test_a_good_stack_raises_nothing(pack: Pack, stack: str, preview: bool) -> None:
    pack.configure({*RULES, "policy-names-own-accounts", "policy-well-formed", "not-evaluated"})

    found = pack.judge(STACKS[stack], preview=preview)

    assert [entry for entry in found if entry.rule != "not-evaluated"] == []
    assert [entry for entry in found if any(f"{rule} was" in entry.text for rule in RULES)] == []


@pytest.mark.parametrize("preview", FORMS, ids=NAMED)
@pytest.mark.parametrize("fault", FAULTS, ids=FAULTY)
def test_a_fault_is_found_at_its_place(pack: Pack, fault: Fault, preview: bool) -> None:
    found = _says(pack, fault, fault.value, preview)

    assert {(entry.rule, entry.resource) for entry in found} == {
        (fault.rule, AT.get(fault.resource, fault.resource))
    }
    assert {entry.level for entry in found} == {LEVELS["mandatory"]}, "the strict profile"


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.value is GONE], ids=lambda f: f.id)
def test_what_nobody_set_comes_back_empty_and_counts_as_not_set(pack: Pack, fault: Fault) -> None:
    [item] = [item for item in STACKS[fault.stack] if item.name == fault.resource]
    good = functools.reduce(_below, fault.path.split("."), item.props)
    for empty in EMPTY[type(good)]:
        assert _says(pack, fault, empty, False), empty


def _below(value: Any, step: str) -> Any:
    return value[int(step)] if isinstance(value, list) else value[step]


@pytest.mark.parametrize(
    "fault", list({(f.rule, f.resource, f.path): f for f in FAULTS}.values()), ids=lambda f: f.id
)
def test_what_is_not_known_yet_is_told_and_never_passed(pack: Pack, fault: Fault) -> None:
    found = _says(pack, fault, UNKNOWN_STRING_VALUE, True, "not-evaluated")

    told = {entry.rule for entry in found} & {"not-evaluated", fault.rule}
    if f"{fault.rule}-{fault.resource}-{fault.path}" in GIVEN:
        assert not told
    else:
        assert told


def test_a_password_from_the_settings_does_not_stand_in_the_program(pack: Pack) -> None:
    [fault] = [f for f in FAULTS if f.rule == "secret-not-in-program" and f.resource == "db"]
    assert _says(pack, fault, fault.value, False)

    pack.settings = {"scoring:password": fault.value}
    try:
        assert _says(pack, fault, fault.value, False) == []
    finally:
        pack.settings = {}


def test_house_style_is_advisory_in_the_profile_for_any_stack() -> None:
    level = {id: rule.level for id, rule in profiles.rules_of("aws").items()}

    assert level["store-under-own-key"] == level["database-in-zones"] == "advisory"
    assert level["database-encrypted"] == level["secret-not-in-program"] == "mandatory"


def test_every_rule_of_these_services_has_a_fault() -> None:
    modules = {
        rule.module.removeprefix("endpoint_guard.rules.") for rule in rules().values() if rule.id in RULES
    }

    def mine(rule: Rule) -> bool:
        return rule.module.removeprefix("endpoint_guard.rules.") in modules - SHARED

    assert {rule.id for rule in rules().values() if mine(rule)} - RULES == {"disks-encrypted-by-default"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_property_of_a_good_stack_is_one_of_the_provider(stack: str) -> None:
    from tests.endpoint_guard.services.provider import properties

    for item in STACKS[stack]:
        if item.type.startswith("aws:"):
            assert set(item.props) <= properties(item.type), item.name
