"""Verdicts: an unknown is reported and hides nothing, a crash is a finding, a secret is in no message."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.messages import from_messages
from endpoint_guard.rule import Context, Finding, Rule, Verdict, fail, run
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from benchmarks.pack import grown
from benchmarks.peers import stack
from tests.endpoint_guard import guard_process
from tests.endpoint_guard.guard_process import Pack
from tests.endpoint_guard.items import Item
from tests.endpoint_guard.mutants.judge import innocent

SECRET = "Zq7pLm2RkT9wXv4sNb8cYd3fGh6jKa1e"


GROUPS = [Item(t.LOG_GROUP, "first", {"kmsKeyId": UNKNOWN_STRING_VALUE}), Item(t.LOG_GROUP, "second", {})]


def test_an_unknown_is_reported_and_the_next_resource_still_judged(pack: Pack) -> None:
    pack.configure(["encrypted-with-own-key", "not-evaluated"])

    found = pack.judge_stack(GROUPS, preview=True)

    said = {(entry.rule, entry.resource) for entry in found}
    assert ("encrypted-with-own-key", "second") in said
    assert ("not-evaluated", "first") in said
    assert all(entry.resource != "first" for entry in found if entry.rule == "encrypted-with-own-key")
    [unknown] = [e for e in found if e.rule == "not-evaluated" and e.resource == "first"][:1]
    assert "encrypted-with-own-key" in unknown.text
    assert "kmsKeyId" in unknown.text
    assert unknown.level == guard_process.LEVELS["mandatory"], "as the profile scoring-endpoint has it"


def crashing(resource: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(resource, "has a first fault", "a")
    raise KeyError(SECRET)


def test_a_crash_is_a_violation_that_names_only_the_exception() -> None:
    rule = Rule("crashing", "T", "auth", "low", "w", "r", (), (t.BUCKET,), crashing)
    bucket = Resource("urn:bucket", t.BUCKET, "bucket")
    [outcome] = run(rule, Graph([bucket]))

    assert outcome.verdict is Verdict.FAIL
    assert [finding.path for finding in outcome.findings] == ["a", ""]
    assert "internal error in rule (KeyError)" in outcome.findings[1].sentence
    assert SECRET not in outcome.findings[1].sentence


def test_a_stack_without_the_types_of_a_rule_has_no_outcome_for_it() -> None:
    assert run(rules()["kms-key-rotates"], Graph([])) == []


def test_an_empty_stack_does_not_pass() -> None:
    outcomes = run(rules()["required-components"], Graph([]))

    assert [outcome.verdict for outcome in outcomes] == [Verdict.FAIL]


def test_many_resources_are_judged_in_linear_work() -> None:
    """Function calls, not seconds: a busy machine makes no more of them."""

    prod = innocent("prod", "update")

    def calls(copies: int) -> int:
        size = len(prod.resources) * copies
        views = analyzer_pb2.AnalyzeStackRequest.FromString(stack(grown(prod, size)).outputs).resources
        built = Graph(from_messages(views))
        counted = itertools.count()

        def count(frame: object, event: str, argument: object) -> None:
            next(counted)

        sys.setprofile(count)
        try:
            for rule in rules().values():
                run(rule, built)
        finally:
            sys.setprofile(None)
        return next(counted)

    few, many = calls(1), calls(4)
    assert many < 5 * few, "four times the resources take about four times the work"
