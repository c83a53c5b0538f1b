"""Small stacks of services beside the scoring service: each raises nothing, and no rule of theirs guesses."""

from __future__ import annotations

import functools
from typing import Any, Final

import pytest
from endpoint_guard import profiles
from endpoint_guard.discovery import rules
from endpoint_guard.rule import Verdict
from pulumi_preflight.graph import UNKNOWN
from pulumi_preflight.provider.schema import schema

from tests.endpoint_guard.items import Ref
from tests.endpoint_guard.mutants.change import Stack, unlinked
from tests.endpoint_guard.mutants.quick import quick
from tests.endpoint_guard.mutants.services.catalogue import FAULTS, STACKS, kind
from tests.endpoint_guard.mutants.services.parts import Fault
from tests.harness import FORMS, Form

RULES: Final = sorted({fault.rule for fault in FAULTS})
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
    ("query-results-encrypted", "configuration.resultConfiguration.encryptionConfiguration"),
    ("query-results-encrypted", "encryptionConfiguration"),
    ("cache-asks-who", "userGroupIds"),
    ("token-scopes-asked", "jwtConfiguration.audiences"),
    ("database-logged", "enabledCloudwatchLogsExports"),
    ("distribution-behind-firewall", "webAclId"),
    ("distribution-logged", "loggingConfig"),
    ("distribution-root-object", "defaultRootObject"),
    ("file-access-as-known-user", "posixUser"),
    ("search-domain-private", "vpcOptions"),
    ("state-machine-logged", "loggingConfiguration.logDestination"),
    ("warehouse-logged", "logExports"),
    ("glue-encrypted", "securityConfiguration"),
    ("trail-to-log-group", "cloudWatchLogsGroupArn"),
    ("bucket-origin-identified", "origins.0.originAccessControlId"),
    ("secret-has-policy", "policy"),
    ("clusters-configured", "securityConfiguration"),
    ("clusters-logged", "logUri"),
    ("flink-logged", "cloudwatchLoggingOptions"),
    ("file-server-logged", "structuredLogDestinations"),
    ("file-server-logged", "loggingRole"),
    ("sync-logged", "cloudwatchLogGroupArn"),
    ("kubernetes-supported", "version"),
    ("network-firewall-has-rules", "firewallPolicy.statefulRuleGroupReferences"),
}
"""What only has to be given: a value that is not known yet is one."""


def _verdicts(fault: Fault, value: Any, form: Form, settings: tuple[str, ...] = ()) -> set[Verdict]:
    change = unlinked(kind(fault.stack, fault.resource), fault.resource, fault.path, value)
    view = quick(fault.stack, form).view(change, settings, answers=False)
    return {one.verdict for one in view.outcomes(rules()[fault.rule])}


def touched(stack: Stack) -> None:
    """Every resource counts as changed: the rules about one resource are asked about each."""
    for resource in stack.every():
        resource["aliases"] = []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stack", STACKS)
def test_a_good_stack_raises_nothing(stack: str, form: Form) -> None:
    view = quick(stack, form).view(touched)

    found = [
        one
        for id in (*RULES, "policy-names-own-accounts", "policy-well-formed")
        for one in view.outcomes(rules()[id])
    ]

    assert [one for one in found if one.findings] == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.gone], ids=lambda fault: fault.title)
def test_what_nobody_set_comes_back_empty_and_counts_as_not_set(fault: Fault) -> None:
    [item] = [item for item in STACKS[fault.stack] if item.name == fault.resource]
    good = functools.reduce(_below, fault.path.split("."), item.props)
    for empty in EMPTY[type(good)]:
        assert Verdict.FAIL in _verdicts(fault, empty, "update"), empty


def _below(value: Any, step: str) -> Any:
    return value[int(step)] if isinstance(value, list) else value[step]


PLACES: Final = {(fault.rule, fault.stack, fault.resource, fault.path): fault for fault in FAULTS}


@pytest.mark.parametrize("fault", PLACES.values(), ids=lambda fault: fault.title)
def test_what_is_not_known_yet_is_reported_and_never_passed(fault: Fault) -> None:
    said = _verdicts(fault, UNKNOWN, "preview") - {Verdict.PASS}

    assert bool(said) is ((fault.rule, fault.path) not in GIVEN)


def test_a_password_from_the_settings_does_not_stand_in_the_program() -> None:
    [fault] = [fault for fault in FAULTS if fault.rule == "secret-not-in-program" and fault.resource == "db"]

    assert Verdict.FAIL in _verdicts(fault, fault.value, "update")
    assert Verdict.FAIL not in _verdicts(fault, fault.value, "update", (fault.value,))


def test_house_style_is_advisory_in_the_profile_for_any_stack() -> None:
    level = {id: rule.level for id, rule in profiles.rules_of("aws").items()}

    assert level["store-under-own-key"] == level["database-in-zones"] == "advisory"
    assert level["database-encrypted"] == level["secret-not-in-program"] == "mandatory"


@pytest.mark.parametrize("stack", STACKS)
def test_every_property_of_a_good_stack_is_one_of_the_provider(stack: str) -> None:
    for item in STACKS[stack]:
        if item.type.startswith("aws:"):
            known = schema(item.type)
            assert known is not None, item.type
            assert set(item.props) <= set(known.properties), item.name
