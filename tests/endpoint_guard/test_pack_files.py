"""The files a team gives to the pack: levels and exemptions. Every mistake in one is one sentence with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from endpoint_guard import ledger_file, levels
from endpoint_guard.discovery import rules
from endpoint_guard.exemptions import Ledger
from endpoint_guard.pack import guard, pack
from endpoint_guard.rule import Finding, Outcome, Verdict

from tests.endpoint_guard.guard_process import PACK

LEVEL_MISTAKES = [
    ('{\n "no-such-rule": "mandatory"}', "dev.json, line 2: no-such-rule is not a rule of this pack"),
    ('{\n\n "log-retention": "strict"}', "dev.json, line 3: log-retention has a level that is none of"),
    ('{"log-retention": {"enforcementLevel": {}}}', "line 1: log-retention has a level that is none of"),
    ('{"log-retention": {"enforcementLevel": []}}', "line 1: log-retention has a level that is none of"),
    ('{"log-retention": {"minDay": 3}}', "line 1, log-retention: minDay is not a setting of this rule"),
    ('{"log-retention": {"minDays": "many"}}', "must be a number"),
    ('{"log-retention": {"minDays": -1}}', "between 1 and"),
    ('{"log-retention": {"minDays": true}}', "must be a number"),
    ('{"firewall-baseline": {"groups": "one"}}', "list of non-empty strings"),
    ('{"all": "loud"}', "line 1: all has a level that is none of"),
    ('{\n"all": "mandatory",\n"all": "disabled"}', "dev.json, line 3: all stands here for the second time"),
    ('{"log-retention": {\n"minDays": 1,\n"minDays": 2}}', "line 3: log-retention.minDays stands here"),
    ("[]", "dev.json must hold one JSON object"),
    ('{\n"all": }', "dev.json, line 2: this is not JSON"),
    ("[" * 100_000, "dev.json is nested too deeply"),
    ('{\n"all": "\xe9"}'.encode("latin-1"), "dev.json, line 2: this is not UTF-8 text"),
    ("", "dev.json, line 1: this is not JSON"),
]


@pytest.mark.parametrize(("content", "part"), LEVEL_MISTAKES)
def test_a_mistake_in_a_levels_file_is_one_sentence(content: str | bytes, part: str, tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    [sentence] = levels.read(file, rules()).problems
    assert part in sentence
    assert sentence.startswith("dev.json")
    assert "\n" not in sentence


def test_what_is_right_in_a_levels_file_is_used_beside_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    file.write_text('{"log-retention": {"minDays": 3}, "no-such": "disabled"}')

    assert levels.read(file, rules()).content == {"log-retention": {"minDays": 3}}


def test_a_levels_file_that_is_missing_or_a_folder_is_one_sentence(tmp_path: Path) -> None:
    for file in (tmp_path / "none.json", tmp_path):
        [sentence] = levels.read(file, rules()).problems
        assert f"{file.name} cannot be read" in sentence


ENTRY = """- rule: {rule}
  resource: {resource}
  reason: {reason}
  owner: somebody
  until: {until}
  ticket: T-1
"""
GOOD = {"rule": "bucket-versioned", "resource": "logs", "reason": "kept elsewhere", "until": "2999-01-01"}
FINDING = Finding(Verdict.FAIL, "urn:pulumi:prod::p::t::logs", "logs", "versioning", "Bucket ...")
OUTCOMES = [Outcome("bucket-versioned", FINDING.urn, Verdict.FAIL, (FINDING,))]
TODAY = date(2026, 1, 1)


def ledger(tmp_path: Path, text: str | bytes) -> Ledger:
    file = tmp_path / "exemptions.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ledger_file.read(file)


def mistakes(found: Ledger, stack: str = "prod", project: str = "p") -> list[str]:
    return found.mistakes(OUTCOMES, rules(), stack, project, TODAY)


def test_a_good_exemption_holds_for_its_finding_only(tmp_path: Path) -> None:
    found = ledger(tmp_path, ENTRY.format(**GOOD))
    sibling = Finding(Verdict.FAIL, "urn", "artifacts", "versioning", "Bucket ...")

    assert mistakes(found) == []
    assert found.holding("bucket-versioned", FINDING, "prod", "p", TODAY) is not None
    assert found.holding("bucket-versioned", sibling, "prod", "p", TODAY) is None
    assert found.holding("bucket-lifecycle", FINDING, "prod", "p", TODAY) is None
    assert found.holding("bucket-versioned", FINDING, "prod", "p", date(2999, 1, 2)) is None


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"rule": "no-such-rule"}, "line 1: the entry for no-such-rule on logs (ticket T-1) names no rule"),
        ({"until": "2020-01-01"}, "expired on 2020-01-01"),
        ({"until": "soon"}, "line 5: until must be a date without a time"),
        ({"until": "2027-02-30"}, "line 5: until must be a day that the calendar has, not 2027-02-30"),
        ({"until": "2027-01-01T00:00:00"}, "line 5: until must be a date without a time"),
        ({"until": "2027-01-01 10:00:00"}, "line 5: until must be a date without a time"),
        ({"resource": "other"}, "matches no finding any more"),
        ({"resource": '"*"'}, "line 2: resource must name a resource"),
        ({"resource": '"[!@]*"'}, "line 2: resource must name a resource"),
        ({"resource": '"*[a-z]*"'}, "line 2: resource must name a resource"),
        ({"resource": '"*o*"'}, "line 2: resource must name a resource"),
        ({"resource": '"?*[]a]*[!]]-_"'}, "line 2: resource must name a resource"),
        ({"resource": "[a, b]"}, "line 2: resource must be one text"),
        ({"resource": ""}, "line 2: resource is missing"),
        ({"reason": "short"}, "10 characters"),
        ({"reason": "kept elsewhere\n  extra: 1"}, "line 4: extra is not a field"),
        ({"reason": "kept elsewhere\n  stacks:"}, "line 4: stacks must be a list of names"),
        ({"reason": "kept elsewhere\n  stacks: 5"}, "line 4: stacks must be a list of names"),
        ({"reason": "kept elsewhere\n  stacks: prod"}, "line 4: stacks must be a list of names, [stack]"),
        ({"reason": "kept elsewhere\n  stacks: []"}, "line 4: stacks must be a list of names"),
        ({"reason": "kept elsewhere\n  stacks: [[]]"}, "line 4: stacks must be one text"),
        ({"reason": "kept elsewhere\n  rule: other"}, "line 4: rule stands here for the second time"),
    ],
)
def test_a_bad_exemption_is_one_sentence(change: dict[str, str], part: str, tmp_path: Path) -> None:
    [sentence] = mistakes(ledger(tmp_path, ENTRY.format(**{**GOOD, **change})))

    assert sentence.startswith("exemptions.yaml, line ")
    assert part in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"- rule: \xe9", "line 1: this is not UTF-8 text"),
        ("[" * 5_000, "cannot be read as YAML"),
        ("- rule: a\n  b", "line 2: this is not YAML"),
        ("- {rule: a, rule", "this is not YAML"),
        ("rule: a", "line 1: it must hold a YAML list"),
        ("- a\n", "line 1: an entry must have the fields"),
        ("\x00", "cannot be read as YAML"),
    ],
)
def test_a_file_that_is_no_ledger_is_one_sentence(content: str | bytes, part: str, tmp_path: Path) -> None:
    found = ledger(tmp_path, content)

    assert found.entries == ()
    [sentence] = found.problems
    assert sentence.startswith("exemptions.yaml")
    assert part in sentence


@pytest.mark.parametrize("content", ["", "# nothing\n", "[]", "null"])
def test_an_empty_ledger_holds_nothing(content: str, tmp_path: Path) -> None:
    assert ledger(tmp_path, content) == Ledger(name="exemptions.yaml")


def test_an_entry_of_another_stack_or_project_is_neither_used_nor_unused(tmp_path: Path) -> None:
    entry = ENTRY.format(**{**GOOD, "resource": "other"})
    found = ledger(tmp_path, entry + "  stacks: [dev]\n" + entry + "  projects: [q]\n")

    assert mistakes(found) == []
    assert len(mistakes(found, "dev", "q")) == 2


def test_the_exemptions_of_this_project_are_readable() -> None:
    assert ledger_file.read(PACK / "exemptions.yaml").problems == ()


def test_nothing_is_looked_up_beside_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACK)

    assert guard().ledger.entries == ()
    assert guard(PACK).ledger.entries != ()


def test_given_levels_become_the_initial_configuration_without_lowering_a_level(tmp_path: Path) -> None:
    made = pack(levels={"log-retention": {"minDays": 30}, "function-traced": "disabled"}, name="p")

    entry = made["initial_config"]["log-retention"]
    assert entry["minDays"] == 30
    assert entry["enforcementLevel"].value == "mandatory"
    assert made["initial_config"]["function-traced"].value == "disabled"
