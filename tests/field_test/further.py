"""Programs of many authors, judged once: the second table of the page, from `further.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("further.csv")
COUNTS: Final = ("right", "taste", "wrong")
_ABOUT: Final = """## Further programs

Public programs of many authors, not of pulumi/examples, at the commits given; judged once, by rule and sentence, and in
the program where a finding looked doubtful: all others stand as right where they are mandatory, and as taste. "Before"
is what the rules said when a program was first evaluated; what was wrong was corrected as a whole kind. Where remote
components are unseen, nothing here judges what is in them. Secrets, keys and other settings that a program asks for
were made up.
"""


def lines(file: Path = FILE) -> Iterator[str]:
    """The section of the page."""
    with file.open(newline="", encoding="utf-8") as content:
        rows = list(csv.DictReader(content))
    judged = [row for row in rows if row["right"]]
    yield _ABOUT
    yield "| program | commit | right | taste | wrong | before | of these wrong | |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in judged:
        counts = " | ".join(row[name] for name in (*COUNTS, "before", "wrong_before"))
        yield f"| {_name(row)} | {row['commit'][:10]} | {counts} | {row['note']} |"
    totals = " | ".join(
        str(sum(int(row[name] or 0) for row in judged)) for name in (*COUNTS, "before", "wrong_before")
    )
    yield f"| **{len(judged)} programs** | | {totals} | |"
    yield ""
    yield "Not evaluated: names of an older SDK, modules not installed here, calls of the program itself to AWS."
    yield ""
    for row in rows:
        if not row["right"]:
            yield f"- {_name(row)} ({row['commit'][:10]}): {row['note']}"


def _name(row: dict[str, str]) -> str:
    return row["repository"] if row["folder"] == "." else f"{row['repository']}: {row['folder']}"
