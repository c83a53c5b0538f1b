"""Judges programs by the profile `aws` and writes docs/field-test.md: `python -m tests.field_test FOLDER`.

FOLDER holds Pulumi programs in Python, such as the `aws-py-*` folders of pulumi/examples; the packages that they import
beside pulumi and pulumi-aws have to be on PYTHONPATH. Ends with 1 while a finding is unjudged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi_preflight import files
from pulumi_preflight.errors import UserError

from tests.endpoint_guard import replay
from tests.field_test import judgements, page, programs

PAGE = Path(__file__).resolve().parents[2] / "docs" / "field-test.md"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.field_test", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of Pulumi programs in Python")
    parser.add_argument("--output", type=Path, default=PAGE, help="page to write")
    asked = parser.parse_args(arguments)
    root = asked.folder.resolve()
    chosen = programs.found_in(root)
    if not chosen:
        sys.stderr.write(f"error: {asked.folder} holds no Pulumi program in Python.\n")
        return 2
    try:
        files.check_writable(asked.output)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    with replay.player(programs.PACK) as player:
        runs = _merged([*_evaluated(player, chosen, root), *programs.recorded(player)])
    found = {finding for run in runs for finding in run.findings}
    open_ = judgements.write(judgements.read(), found)
    asked.output.write_text(page.page(runs, judgements.read()), "utf-8")
    sys.stderr.write(f"{len(found)} findings in {len(runs)} programs, {len(open_)} unjudged\n")
    return 1 if open_ else 0


def _evaluated(player: replay.Player, chosen: list[Path], root: Path) -> Iterator[programs.Run]:
    for number, program in enumerate(chosen, 1):
        run = programs.evaluated(player, program, root)
        sys.stderr.write(f"{number}/{len(chosen)} {run.program}: {run.problem or len(run.findings)}\n")
        yield run


def _merged(runs: list[programs.Run]) -> list[programs.Run]:
    """One run a program: what a recording shows is added to what the evaluation here shows."""
    merged: dict[str, programs.Run] = {}
    for run in runs:
        before = merged.get(run.program)
        if before is None:
            merged[run.program] = run
            continue
        problem = before.problem and f"{before.problem} (judged from a recording)"
        merged[run.program] = programs.Run(run.program, before.findings | run.findings, problem)
    return [merged[program] for program in sorted(merged)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
