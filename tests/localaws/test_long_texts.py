"""Every pattern that sees a stranger's text takes time in proportion to the text."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.harness import PROJECT

pytestmark = pytest.mark.slow


def test_a_hundred_kilobytes_cost_little() -> None:
    """In a process of its own, which a limit on processor time ends: what is linear needs a tenth of it."""
    script = """
        import re
        import resource
        from attacks import judges
        from localaws import masking, responses, signature
        from localaws.firewall import attack_patterns, statements
        from localaws.firewall.groups import catalogue
        from pulumi_preflight import answers, engine_log, findings, preload, scrub, shape
        from pulumi_preflight.reports import junit, markdown
        from pulumi_preflight.reports.page import element

        modules = (masking, responses, signature, attack_patterns, statements, judges, answers, engine_log, findings,
                   preload, scrub, shape, junit, markdown, element)
        patterns = []
        for module in modules:
            for value in vars(module).values():
                held = value.values() if isinstance(value, dict) else [value]
                held = [pattern for _, pattern in value._table] if hasattr(value, "_table") else held
                patterns += [item for item in held if isinstance(item, re.Pattern)]
        waiting = [group.declared() for group in catalogue.GROUPS.values()]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict) and "regexString" in item:
                patterns.append(re.compile(item["regexString"]))
            elif isinstance(item, dict | list):
                waiting += item.values() if isinstance(item, dict) else item
        print(len(patterns))
        pieces = ["a", "4 ", "<", "<{%", "a@", "' or ", "union select ", "<script", "$context.",
                  "onload =", "--", "get_output(",
                  "${", "${}", "${a", "${a:b}", "$", "}"]
        opened = ["<", "union", "get_output(", "Credential=", "' or", "or a", "<on", "drop", "select", "${", "${${a}"]
        texts = [piece * (100_000 // len(piece)) for piece in pieces]
        texts += [word + filling * 100_000 for word in opened for filling in (" ", "a")]
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        for text in texts:
            for pattern in patterns:
                for _ in pattern.finditer(text):
                    pass
        print("done")
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert run.stderr == ""
    count, done = run.stdout.split()
    assert int(count) > 60
    assert done == "done"
