"""The catalogue of attacks as data, and what becomes of it in documents and reports."""

from __future__ import annotations

import copy
import html
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from attacks import proof, report
from attacks.about import HERE, about
from attacks.mutations import MUTATIONS, NOT_SHOWN, TOKEN_MUTATIONS
from attacks.probe import CLOSED, Outcome, Probe, Request, Step, Verdict, When, green
from attacks.probes import ALL, FAMILIES
from attacks.promise import promise_of
from localaws import tokens
from tests.harness import PROJECT, declared

RULES = set((Path(__file__).parents[1] / "endpoint_guard" / "rule_ids.txt").read_text().split())
EVERY = (*MUTATIONS, *TOKEN_MUTATIONS)
THREAT = re.compile(r"API([1-9]|10)|ML(0[1-9]|10)|AML\.T\d{4}(\.\d{3})?")


def outcome(verdict: Verdict, seen: str = "200") -> Outcome:
    return Outcome(ALL[1], verdict, seen, 0.5, 3)


def test_there_are_enough_probes_and_each_has_its_own_name() -> None:
    names = [probe.name for probe in ALL]
    assert len(names) >= 45
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("probe", ALL, ids=lambda probe: str(probe.name))
def test_a_probe_names_threats_controls_and_an_expectation(probe: Probe) -> None:
    assert probe.threats
    assert [threat for threat in probe.threats if not THREAT.fullmatch(threat)] == []
    assert probe.controls
    assert set(probe.controls) - RULES == set()
    assert probe.expectation
    assert probe.steps or probe.when is When.AFTER


def test_no_probe_takes_a_server_error_for_a_refusal() -> None:
    expected = {status for probe in ALL for step in probe.steps for status in step.expect}
    assert expected <= {CLOSED, *range(200, 500)}


def test_every_mutation_names_rules_and_a_probe() -> None:
    names = {probe.name for probe in ALL}
    assert {name for mutation in EVERY for name in (mutation.probe, *mutation.beside)} <= names
    assert {rule for mutation in EVERY for rule in mutation.rules} <= RULES


def test_every_control_is_taken_away_once_or_says_why_it_cannot_be() -> None:
    named = {control for probe in ALL for control in probe.controls}
    shown = {rule for mutation in EVERY for rule in mutation.rules}
    assert named == shown | set(NOT_SHOWN)
    assert not shown & set(NOT_SHOWN)


def test_a_mutation_leaves_the_graph_as_it_was() -> None:
    graph = declared("prod")
    before = copy.deepcopy(graph.resources)
    assert [m.control for m in MUTATIONS if m.apply(graph).resources == before] == []
    assert graph.resources == before


@pytest.mark.parametrize(("stack", "signed", "blocks"), [("dev", False, False), ("prod", True, True)])
def test_expectations_come_from_the_stack(stack: str, signed: bool, blocks: bool) -> None:
    promise = promise_of(declared(stack))
    assert (promise.signed, promise.blocks_bots) == (signed, blocks)
    assert promise.window_limit == 1000
    assert promise.declared


def test_the_document_lists_every_probe_and_mutation() -> None:
    text = proof.DOCUMENT.read_text(encoding="utf-8")
    assert report.catalogue(FAMILIES) in text
    assert [m.control for m in EVERY if f"| {m.control} |" not in text] == []
    assert [control for control in NOT_SHOWN if f"| `{control}` |" not in text] == []
    assert "NOT NOTICED" not in text


def test_a_run_is_green_only_when_something_ran_and_nothing_is_red() -> None:
    assert green([outcome(Verdict.PASS), outcome(Verdict.SKIPPED)])
    assert not green([outcome(Verdict.SKIPPED)])
    assert not green([outcome(Verdict.PASS), outcome(Verdict.ERROR)])
    assert not green([outcome(Verdict.PASS), outcome(Verdict.FAIL)])


def test_junit_tells_failures_from_errors_and_skips() -> None:
    outcomes = [outcome(verdict) for verdict in Verdict]
    suite = ElementTree.fromstring(report.render(outcomes, "junit"))[0]  # noqa: S314 - our own text
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert [[child.tag for child in case] for case in suite] == [[], ["failure"], ["skipped"], ["error"]]


def test_a_report_says_what_it_is_evidence_of_and_that_it_is_a_part() -> None:
    said = about("prod", None, "AML.T0055", declared("prod"), 4, PROJECT)
    assert said.title == f"Attacks on prod (only 4 of {len(ALL)} probes: AML.T0055)"
    assert said.evidence[0] == HERE
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", said.evidence[1])
    (function,) = declared("prod").by_type(tokens.FUNCTION)
    version = function["inputs"]["environment"]["variables"]["MODEL_VERSION"]
    assert f"model {version}" in said.evidence[2]
    outcomes = [outcome(Verdict.PASS)]
    document = json.loads(report.render(outcomes, "json", said))
    assert document["evidence"] == list(said.evidence)
    for form in ("table", "html", "junit"):
        text = " ".join(html.unescape(report.render(outcomes, form, said)).split())
        assert not [part for part in (said.title, *said.evidence) if part not in text]


def test_of_an_address_without_a_stack_the_report_names_the_host() -> None:
    said = about(None, "https://api.example/prod/score", None, None, 92, PROJECT)
    assert (said.title, said.evidence[0]) == ("Attacks on api.example", "requests sent to api.example")


def test_a_terminal_shows_each_red_probe_and_each_reason_to_skip_some_once() -> None:
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as captured:
        outcomes = [
            outcome(Verdict.PASS),
            *[outcome(Verdict.SKIPPED, "needs a key")] * 2,
            outcome(Verdict.FAIL),
        ]
        report.print_table(outcomes, console)
    name = ALL[1].name
    lines = captured.get().splitlines()
    assert [line for line in lines if "Skipped" in line] == [f"Skipped, needs a key: {name}, {name}"]
    assert len([line for line in lines if f" {name} " in line and "FAIL" in line]) == 1
    assert lines[-1] == "4 probes: 1 held, 1 red, 2 skipped; 12 requests"


def test_json_holds_what_a_reader_needs() -> None:
    document = json.loads(report.render([outcome(Verdict.FAIL, "200 (cookie)")], "json"))
    assert document["version"] == report.VERSION
    assert document["summary"] == "1 probe: 1 red; 3 requests"
    (probe,) = document["probes"]
    assert (probe["verdict"], probe["seen"], probe["expected"]) == ("FAIL", "200 (cookie)", "403, then 200")


def test_a_step_says_its_expectation_in_words() -> None:
    assert Step((Request(),), frozenset({403, 413, CLOSED})).expected == "413 or closed or 403"
