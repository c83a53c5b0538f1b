"""How the pack reads a policy document, held against an evaluator that shares no code with it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.discovery import rules
from endpoint_guard.graph import Graph, Resource
from endpoint_guard.rule import Value, Verdict, run

from tests.endpoint_guard.iam_peer.documents import OWN, Case, cases
from tests.endpoint_guard.iam_peer.renew import RECORDED

DIFFERENCES: Final[dict[str, str]] = {
    "stranger: service *": "No service has such a key, so the statement grants nothing; the pack asks for the "
    "service's source all the same, because whoever corrects the condition opens the door.",
    "stranger: * aws:PrincipalAccount 1234?": "Neither stranger's number begins so, but many an account's does.",
    "stranger: IpAddress aws:SourceIp 203.0.113.0/24": "An address is not an identity: whoever sends from that network "
    "is let in, with no account at all.",
    "stranger: open, with everyone else denied": "The pack asks for the narrowing in the statement that allows: a "
    "denial in the next one is lost with that one.",
}
"""Where the two differ, by the name of the case, and why: the pack is the stricter one each time."""


OWN_PARTS: Final[dict[str, Value]] = {"organizations": ["o-own"], "endpoints": ["vpc-own", "vpce-own"]}
"""What a user of the pack says is its own beyond its accounts."""


STRANGERS: Final = (
    "bucket-policy-not-public",
    "policy-names-own-accounts",
    "policy-names-own-organization",
)
"""The rules that say whether a stranger is let in."""


def _graph(case: Case) -> Graph:
    bucket = {"bucket": "artifacts", "arn": "arn:aws:s3:::artifacts"}
    own = {"allowedAccountIds": json.dumps([OWN])}
    return Graph(
        [
            Resource("urn:provider", t.PROVIDER, "aws", lambda: own),
            Resource("urn:bucket", t.BUCKET, "artifacts", lambda: bucket),
            Resource(
                "urn:policy",
                t.BUCKET_POLICY,
                "artifacts",
                lambda: {"bucket": "artifacts", "policy": json.dumps(case.document)},
                edges={"bucket": ("urn:bucket",)},
            ),
        ]
    )


def _objects(graph: Graph, rule: str) -> bool:
    settings = {key: value for key, value in OWN_PARTS.items() if key in rules()[rule].settings}
    verdicts = {outcome.verdict for outcome in run(rules()[rule], graph, settings)}
    assert Verdict.UNKNOWN not in verdicts
    return Verdict.FAIL in verdicts


def _ours(case: Case) -> list[bool]:
    """The pack's answers: for actions one a request, else one of the rules that are about the question."""
    graph = _graph(case)
    if case.kind == "action":
        found = iam.statements(graph.of(t.BUCKET_POLICY)[0].get("policy"))
        return [any(s.grants(request["action"]) for s in found) for request in case.requests]
    if case.kind == "stranger":
        return [any(_objects(graph, rule) for rule in STRANGERS)]
    return [not _objects(graph, "bucket-tls-only")]


def _theirs(case: Case, letters: str) -> list[bool]:
    allowed = [letter == "y" for letter in letters]
    if case.kind == "action":
        return allowed
    return [any(allowed)] if case.kind == "stranger" else [not any(allowed)]


def test_what_is_recorded_is_what_is_asked() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))["verdicts"]

    assert len(recorded) == len(cases()) >= 300
    for case in cases():
        assert len(recorded[f"{case.kind}: {case.name}"]) == len(case.requests), (
            "run tests.endpoint_guard.iam_peer.renew"
        )


def test_every_difference_to_the_other_evaluator_is_explained() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))["verdicts"]
    differing = {
        name
        for case in cases()
        if _ours(case) != _theirs(case, recorded[name := f"{case.kind}: {case.name}"])
    }
    unexplained = {name for name in differing if not any(fnmatchcase(name, row) for row in DIFFERENCES)}
    unused = {row for row in DIFFERENCES if not any(fnmatchcase(name, row) for name in differing)}

    assert (unexplained, unused) == (set(), set())


def test_where_they_differ_the_pack_is_the_stricter_one() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))["verdicts"]
    for case in cases():
        ours, theirs = _ours(case), _theirs(case, recorded[f"{case.kind}: {case.name}"])
        if case.kind == "stranger":
            assert ours >= theirs, case.name
        elif case.kind == "plain":
            assert ours <= theirs, case.name
