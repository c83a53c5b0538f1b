"""Properties that are long, or that nearly are what a rule looks for: judged in time that their length explains."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap

from endpoint_guard.iam.patterns import matches
from hypothesis import given
from hypothesis import strategies as st

from tests.harness import PROJECT

SCRIPT = """
    import json
    import resource
    from endpoint_guard import types as t
    from endpoint_guard.discovery import rules
    from endpoint_guard.graph import Graph, Resource
    from endpoint_guard.iam.patterns import matches
    from endpoint_guard.rule import run

    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

    def judged(rule, type_, properties):
        graph = Graph([Resource("urn:it", type_, "it", lambda: properties)])
        return [finding.sentence for outcome in run(rules()[rule], graph) for finding in outcome.findings]

    pair = '"%d": "$context.requestId"'
    for end in ("}", "", "x}"):
        form = "{" + " ".join(pair % number for number in range(80)) + end
        found = judged("stage-access-log", t.STAGE, {"accessLogSettings": {"destinationArn": "a", "format": form}})
        assert any("is not JSON" in text for text in found), found
    for piece in ("a", "password", "password ", "a-", "password=", "secret: ", " "):
        text = piece * (65_536 // len(piece))
        for rule in ("user-data-no-secrets", "container-env-no-secrets"):
            judged(rule, t.INSTANCE, {"userData": text})
            judged(rule, t.FUNCTION, {"environment": {"variables": {"SETTING": text}}})
    assert judged("user-data-no-secrets", t.INSTANCE, {"userData": "x" * 60_000 + " DB_PASSWORD=hunter2hunter2"})
    name = "a" * 60
    for pattern in ("s3:" + "*e" * 30 + "z", "*a" * 40 + "b", "?*" * 30 + "z"):
        assert not matches(pattern, "s3:" + "e" * 60)
        assert not matches(pattern, f"arn:aws:s3:::{name}")
    print("done")
    """


def test_a_long_property_does_not_hold_the_pack_up() -> None:
    """In a process of its own, which a limit on processor time ends."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


@given(st.text("ab*?:", max_size=12), st.text("ab:", max_size=12))
def test_wildcards_cover_what_they_cover_in_the_plain_form(pattern: str, text: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(letter, letter) for letter in pattern)
    assert matches(pattern, text) is (re.fullmatch(plain, text) is not None)
