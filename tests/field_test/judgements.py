"""What we think of each finding: a table of rule, program, resource and judgement."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.field_test.programs import Finding

FILE: Final = Path(__file__).with_name("judgements.csv")
KINDS: Final = ("right", "taste", "wrong")
UNJUDGED: Final = "unjudged"
Key = tuple[str, str, str]


def key(finding: Finding) -> Key:
    return finding.rule, finding.program, finding.resource


def read(file: Path = FILE) -> dict[Key, str]:
    """The judgements by (rule, program, resource). Raises ValueError for a row that makes no sense."""
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["judgement"] not in (*KINDS, UNJUDGED):
            raise ValueError(f"{file.name}: {row['judgement']} is not one of {', '.join(KINDS)}")
    return {(row["rule"], row["program"], row["resource"]): row["judgement"] for row in rows}


def write(judged: Mapping[Key, str], found: Iterable[Finding], file: Path = FILE) -> list[Key]:
    """Adds a row for each new finding, to be judged by hand; returns the rows that are not judged yet."""
    rows = dict(judged)
    for finding in found:
        rows.setdefault(key(finding), UNJUDGED)
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("rule", "program", "resource", "judgement"))
        writer.writerows((*where, what) for where, what in sorted(rows.items()))
    return sorted(where for where, what in rows.items() if what == UNJUDGED)
