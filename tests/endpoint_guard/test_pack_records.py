"""The pack as a whole: its rules, levels, exemptions and generated page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from endpoint_guard import catalogue, docs, levels
from endpoint_guard import types as t
from endpoint_guard.discovery import rules

from tests.endpoint_guard.guard_process import LEVELS, PACK, Pack
from tests.endpoint_guard.items import Item

LIMITS = {"throttleSettings": {"rateLimit": 10, "burstLimit": 20}, "apiStages": []}
PLAN = Item(t.USAGE_PLAN, "plan", LIMITS)
IDS = Path(__file__).with_name("rule_ids.txt")


def test_the_rule_ids_are_frozen(pack: Pack) -> None:
    frozen = IDS.read_text("utf-8").split()

    assert sorted(pack.rules) == frozen, "a rule appeared or vanished: run make docs"


def test_the_pack_alone_enforces_everything_but_its_notes_and_what_is_advisory(pack: Pack) -> None:
    softer = {p.name for p in pack.info.policies if p.enforcementLevel != LEVELS["mandatory"]}

    assert softer == {"exempted", "unread-types"}
    assert not pack.info.initialConfig


def test_every_record_is_complete() -> None:
    for rule in rules().values():
        assert rule.references, rule.id
        assert set(rule.references) <= set(catalogue.controls()), rule.id
        assert rule.pillar in docs.PILLARS
        for text in (rule.why, rule.remedy):
            assert text.endswith("."), rule.id
        assert not rule.title.endswith("."), rule.id


def test_every_core_control_is_enforced_or_set_aside_with_a_reason() -> None:
    enforced = {key for rule in rules().values() for key in rule.references}
    for key, entry in catalogue.controls().items():
        if entry["tier"] == "core":
            assert key in enforced or "policy" in entry or len(entry.get("not_applicable", "")) > 20, key


def test_the_page_of_controls_is_current() -> None:
    written = (PACK.parent / "docs" / "controls.md").read_text("utf-8")

    assert written == docs.page(), "run: make docs"


def test_the_page_says_for_every_rule_why_what_to_do_and_every_id_it_answers() -> None:
    sections = docs.page().split("\n### ")
    for rule in rules().values():
        [section] = [text for text in sections if text.startswith(f"{rule.id}\n")]
        for part in (rule.why, rule.remedy, *rule.references):
            assert part in section, (rule.id, part)
        for standard, title in catalogue.NAMES.items():
            for id_ in catalogue.ids(rule.references, standard):
                assert id_ in section.split(f"- {title}: ", 1)[1].split("\n", 1)[0], (rule.id, title)


def test_the_rules_import_no_provider_and_print_nothing() -> None:
    code = "import sys; from pathlib import Path; import endpoint_guard.pack; "
    code += "endpoint_guard.pack.pack(Path()); print([m for m in sys.modules if m.startswith('pulumi_aws')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACK, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_the_packs_own_levels_have_no_mistakes() -> None:
    assert levels.in_folder(PACK / "levels", rules()) == []


def test_settings_of_a_rule_that_make_no_sense_are_a_violation(pack: Pack) -> None:
    pack.configure(["usage-plan-throttled"], {"usage-plan-throttled": {"maxRates": 5}})

    found = pack.judge([PLAN], preview=False)

    assert found
    assert all("maxRates is not a setting of this rule" in entry.text for entry in found)


def test_a_threshold_of_the_levels_reaches_its_rule(pack: Pack) -> None:
    pack.configure(["usage-plan-throttled"], {"usage-plan-throttled": {"maxRate": 5}})

    assert [entry.resource for entry in pack.judge([PLAN], preview=False)] == ["plan"]


def test_the_changelog_names_every_rule(pack: Pack) -> None:
    changelog = (PACK.parent / docs.CHANGELOG).read_text("utf-8")

    assert [id for id in pack.rules if f"`{id}`" not in changelog] == [], "run: make docs"


def test_one_command_writes_what_follows_from_a_new_rule_and_says_what_is_left(tmp_path: Path) -> None:
    for name in (docs.PAGE, docs.IDS, docs.CHANGELOG):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(
            (PACK.parent / name).read_text("utf-8").replace("log-retention", "log-age")
        )

    said = docs.write(tmp_path)

    assert "log-retention is new. Plant its fault" in said
    assert "log-age is gone" in said
    for name in (docs.PAGE, docs.IDS, docs.CHANGELOG):
        assert "log-retention" in (tmp_path / name).read_text("utf-8")
    assert docs.write(tmp_path).count("\n") == 0
