"""The field test's own parts, and the recordings of the real engine: what is said of them is what was judged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.endpoint_guard import replay
from tests.field_test import further, judgements, page, programs
from tests.field_test.__main__ import PAGE
from tests.field_test.programs import Finding, Run

NEW = Finding("bucket-tls-only", "somebodys-program", "logs", "mandatory")


def test_a_new_finding_is_unjudged_until_somebody_judges_it(tmp_path: Path) -> None:
    file = tmp_path / "judgements.csv"

    assert judgements.write({}, [NEW], file) == [judgements.key(NEW)]
    file.write_text(file.read_text("utf-8").replace("unjudged", "right"), "utf-8")
    assert judgements.write(judgements.read(file), [NEW], file) == []


def test_the_page_counts_findings_by_judgement_and_tells_what_was_not_evaluated() -> None:
    runs = [Run("somebodys-program", frozenset([NEW])), Run("broken", frozenset(), "it raised KeyError")]

    text = page.page(runs, {judgements.key(NEW): "right"})

    assert "| right | 1 | 100.0% | 1 | 0 |" in text
    assert "- right: somebodys-program: logs" in text
    assert "| broken | 0 | not evaluated: it raised KeyError |" in text


def test_on_the_recordings_every_finding_is_judged_and_at_most_one_in_fifty_is_wrong() -> None:
    judged = judgements.read()
    with replay.player(programs.PACK) as player:
        found = [finding for run in programs.recorded(player) for finding in run.findings]

    counts = Counter(judged.get(judgements.key(finding), judgements.UNJUDGED) for finding in found)

    assert counts[judgements.UNJUDGED] == 0, "run: python -m tests.field_test FOLDER, and judge the new rows"
    assert counts["wrong"] * 50 <= len(found)


def test_the_page_holds_the_further_programs_as_they_were_judged() -> None:
    assert "\n".join(further.lines()) in PAGE.read_text(encoding="utf-8")
