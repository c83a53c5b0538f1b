"""Every fault of the catalogue is noticed and every innocent change passes; `make mutants` asks the pack itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from endpoint_guard import catalogue
from endpoint_guard.discovery import rules

from tests.endpoint_guard.mutants import run
from tests.endpoint_guard.mutants.catalogue import MUTANTS, idle_rules, uncovered
from tests.endpoint_guard.mutants.change import mutant, put, together
from tests.endpoint_guard.mutants.innocent import INNOCENT
from tests.endpoint_guard.mutants.quick import quick
from tests.endpoint_guard.mutants.run import Fate
from tests.harness import FORMS, Form

EVERY = 120
"""One mutant of so many goes through a whole operation of the pack here, in a process of its own and in this one."""


@pytest.mark.parametrize("form", FORMS)
def test_every_fault_is_noticed_by_a_rule_that_it_names(form: Form) -> None:
    fates = [Fate(one, form, (*quick(one.stack, form).killers(one),)) for one in MUTANTS]

    assert [(fate.mutant.title, fate.mutant.rules, fate.wrong) for fate in fates if fate.wrong] == []


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_whole_operation_of_the_pack_says_the_same_of_a_sample(form: Form) -> None:
    start = FORMS.index(form)
    sample = [one for one in MUTANTS if one.stack == "prod"][start::EVERY]

    asked = run.fates(form, sample)

    rules = {one.title: (*quick("prod", form).killers(one),) for one in sample}
    assert {fate.mutant.title: fate.killers for fate in asked} == rules
    assert run.fates(form, sample, inside=True) == asked
    assert run.alarms(form, list(INNOCENT.items())[start :: EVERY // 4], inside=True) == []


def test_a_mutant_that_changes_nothing_survives_and_is_reported() -> None:
    idle = mutant("AGW-001", "nothing at all", "method-requires-api-key", together())

    [fate] = run.fates("update", [idle], inside=True)

    assert fate.wrong == "survived"
    assert quick("prod", "update").killers(idle) == []


def test_a_harmful_change_among_the_innocent_is_reported() -> None:
    change = put("aws:kms/key:Key", "data", "enableKeyRotation", False)

    [alarm] = run.alarms("update", [("no rotation", change)], inside=True)

    assert alarm.rules == ("kms-key-rotates",)


def test_every_rule_has_a_mutant() -> None:
    assert idle_rules() == [], "give each of these rules a fault of its own"


def test_every_core_control_has_a_mutant() -> None:
    assert uncovered() == []


def test_every_optional_control_that_a_rule_names_has_a_mutant() -> None:
    named = {key for rule in rules().values() for key in rule.references}
    optional = {key for key, entry in catalogue.controls().items() if entry["tier"] == "optional"}
    aimed_at = {control for one in MUTANTS for control in one.controls}

    assert optional & named <= aimed_at
    assert aimed_at <= set(catalogue.controls())


def test_titles_tell_mutants_of_a_control_apart() -> None:
    said = sorted((control, one.title) for one in MUTANTS for control in one.controls)

    assert all(one != other for one, other in pairwise(said))


def test_there_are_enough_innocent_changes() -> None:
    assert len(INNOCENT) >= 25
