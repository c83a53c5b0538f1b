"""The declared stack, attacked here: probes hold, and turn red when the control they are about is taken away."""

from __future__ import annotations

import pytest

from attacks import local, proof
from attacks.mutations import MUTATIONS, Mutation
from attacks.probe import Key, Outcome, Verdict
from attacks.probes import ALL
from attacks.promise import promise_of
from localaws import tokens
from tests.harness import declared

pytestmark = pytest.mark.slow

REPRESENTATIVE = (
    ("an API key", "key-missing"),
    ("a signature", "key-not-enough"),
    ("a rate for each client", "plan-exhausted"),
    ("a firewall", "path-traversal"),
    ("every content type validated", "content-type-bypass"),
    ("keys hidden in the firewall's log", "secrets-in-logs"),
)
"""One of each kind; `python -m attacks.proof` runs them all."""

QUICK = [
    probe
    for probe in ALL
    if probe.name in {name for _, name in REPRESENTATIVE}
    or probe.name
    in {"legitimate-call", "key-disabled", "key-rotated", "key-of-another-stage", "quota-used-up"}
]


def mutation(control: str, probe: str) -> Mutation:
    return next(item for item in MUTATIONS if (item.control, item.probe) == (control, probe))


@pytest.fixture(scope="module", name="before")
def outcomes_with_all_controls() -> dict[str, Outcome]:
    return {outcome.probe.name: outcome for outcome in local.attack_stack(declared("prod"), probes=QUICK)}


def test_the_declared_stack_holds(before: dict[str, Outcome]) -> None:
    assert {name: o.seen for name, o in before.items() if o.verdict is not Verdict.PASS} == {}
    assert len(before) == 11


@pytest.mark.parametrize(("control", "probe"), REPRESENTATIVE)
def test_a_probe_notices_when_its_control_is_gone(
    control: str, probe: str, before: dict[str, Outcome]
) -> None:
    shown = proof.prove(declared("prod"), mutation(control, probe), before)
    assert shown.outcome.verdict is Verdict.FAIL, shown.outcome.seen
    assert shown.noticed


def test_the_added_keys_are_limited_as_the_copied_plan_is() -> None:
    graph = declared("prod")
    unlimited = mutation("a quota", "quota-used-up").apply(graph)
    for stack, limited in ((graph, True), (unlimited, False)):
        prepared = local.with_probe_keys(stack, promise_of(graph))
        plans = [plan for plan in prepared.by_type(tokens.USAGE_PLAN) if plan["urn"].endswith(Key.SPENT)]
        assert [bool(plan["inputs"].get("quotaSettings")) for plan in plans] == [limited]
    assert len(graph.by_type(tokens.API_KEY)) == 2
