"""A sample of the mutants on the real prod stack; `make mutants` runs them all, in both forms."""

from __future__ import annotations

from itertools import pairwise

import pytest
from endpoint_guard import catalogue
from endpoint_guard.discovery import rules

from tests.endpoint_guard.mutants import run
from tests.endpoint_guard.mutants.catalogue import MUTANTS, uncovered
from tests.endpoint_guard.mutants.change import mutant, put, together
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.services.faults import RULES
from tests.endpoint_guard.test_right_verdicts import CASES as SMALL
from tests.harness import FORMS, Form

EVERY = 18
"""One mutant of so many is planted in each form here, another one in the other form."""


@pytest.mark.parametrize("form", FORMS)
def test_a_sample_of_mutants_is_killed_and_of_innocent_changes_is_not(form: Form) -> None:
    start = FORMS.index(form) * (EVERY // 2)

    assert [fate for fate in run.fates(form, MUTANTS[start::EVERY]) if fate.wrong] == []
    assert run.alarms(form, list(INNOCENT.items())[start::EVERY]) == []


def test_a_pack_inside_this_process_says_what_its_own_process_says() -> None:
    few = MUTANTS[::150]

    assert run.fates("preview", few, inside=True) == run.fates("preview", few)


def test_a_mutant_that_changes_nothing_survives_and_is_told() -> None:
    idle = mutant("AGW-001", "nothing at all", "method-requires-api-key", together())

    [fate] = run.fates("update", [idle])

    assert fate.wrong == "survived"


def test_an_innocent_change_that_is_none_is_told() -> None:
    change = put("aws:kms/key:Key", "data", "enableKeyRotation", False)

    [alarm] = run.alarms("update", [("no rotation", change)])

    assert alarm.rules == ("kms-key-rotates",)


def test_every_core_control_has_a_mutant() -> None:
    assert uncovered() == []


def test_every_optional_control_that_a_rule_names_has_a_mutant() -> None:
    named = {key for rule in rules().values() for key in rule.references}
    optional = {key for key, entry in catalogue.controls().items() if entry["tier"] == "optional"}
    aimed_at = {control for one in MUTANTS for control in one.controls}
    elsewhere = set(RULES) | {case.rule for case in SMALL if case.found}
    beside = {control for rule in elsewhere for control in rules()[rule].references}

    assert optional & named <= aimed_at | beside
    assert aimed_at <= set(catalogue.controls())


def test_titles_tell_mutants_of_a_control_apart() -> None:
    said = sorted((control, one.title) for one in MUTANTS for control in one.controls)

    assert all(one != other for one, other in pairwise(said))


def test_there_are_enough_innocent_changes() -> None:
    assert len(INNOCENT) >= 25
