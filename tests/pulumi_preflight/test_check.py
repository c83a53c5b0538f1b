"""A graph through a real policy process: what the pack sees, and what becomes of a pack that misbehaves."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2
from pulumi_preflight import check as check_module
from pulumi_preflight import export, pack_process
from pulumi_preflight.check import check
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import Evidence, Finding, Result, Rule, merge_results
from pulumi_preflight.graph import Graph

from tests.harness import Form, one, run_inline
from tests.pulumi_preflight.sample_program import CANARY, PACK, PROGRAM, write_pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("check")


@pytest.fixture(scope="module")
def pack(folder: Path) -> Path:
    return write_pack(folder / "pack")


@pytest.fixture(scope="module")
def graphs(folder: Path) -> dict[Form, Graph]:
    forms: tuple[Form, Form] = ("update", "preview")
    return {
        form: run_inline(
            folder / "project", PROGRAM, form=form, config={"apiKey": CANARY}, secrets=["apiKey"]
        )
        for form in forms
    }


@pytest.fixture
def broken(graphs: dict[Form, Graph]) -> Graph:
    graph = copy.deepcopy(graphs["update"])
    for side in ("inputs", "outputs"):
        one(graph, "Key")[side]["enableKeyRotation"] = False
    graph.resources.remove(one(graph, "BucketServerSideEncryptionConfiguration"))
    return graph


@pytest.fixture(autouse=True)
def no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: object, **kwargs: object) -> subprocess.Popen[bytes]:
        started.append(real(*args, **kwargs))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    yield
    assert all(process.poll() is not None for process in started)


def found(result: Result) -> set[tuple[str, str, str]]:
    return {(finding.kind, finding.rule, finding.resource) for finding in result.findings}


ALWAYS = {
    ("violation", "leak", "client"),
    ("exempted", "encrypted", "role"),
}


def test_what_is_only_read_reaches_no_pack_also_from_a_state(broken: Graph, pack: Path) -> None:
    for resource in broken.resources:
        if resource["type"].startswith("aws:"):
            resource |= {"external": True}
    read = export.graph(broken.to_export())
    assert any(resource.get("external") for resource in read.resources)
    assert {name for _, _, name in found(check(read, pack))} & {"key", "bucket", "role"} == set()


def test_a_good_update_passes(graphs: dict[Form, Graph], pack: Path) -> None:
    result = check(graphs["update"], pack)
    assert found(result) == ALWAYS
    assert result.passed
    assert [rule.level for rule in result.rules] == ["mandatory", "advisory", "mandatory", "mandatory", "advisory",
                                                     "advisory"]  # fmt: skip


def test_a_mandatory_rule_that_a_preview_cannot_judge_blocks(graphs: dict[Form, Graph], pack: Path) -> None:
    result = check(graphs["preview"], pack)
    assert found(result) - ALWAYS == {("not_evaluated", "key-rotation", "store-key")}
    assert not result.passed


def test_violations_name_rule_and_resource(broken: Graph, pack: Path) -> None:
    result = check(broken, pack)
    assert found(result) - ALWAYS == {
        ("violation", "key-rotation", "store-key"),
        ("violation", "encrypted", "store-bucket"),
    }
    by_rule = {finding.rule: finding for finding in result.findings if finding.blocking}
    assert by_rule["key-rotation"] == Finding(
        kind="violation",
        rule="key-rotation",
        title="Keys are rotated",
        severity="high",
        level="mandatory",
        urn=one(broken, "Key")["urn"],
        resource="store-key",
        type="aws:kms/key:Key",
        message='Key "store-key" is not rotated (enableKeyRotation).',
        remedy="Set enable_key_rotation.",
        forms=("update",),
    )
    assert by_rule["encrypted"].urn == one(broken, "Bucket")["urn"]
    assert not result.passed


def test_a_rule_that_prints_a_secret_is_blanked_out(graphs: dict[Form, Graph], pack: Path) -> None:
    result = check(graphs["update"], pack)
    leaks = [finding.message for finding in result.findings if finding.rule == "leak"]
    assert 'ApiKey "client" has the value [secret].' in leaks
    assert CANARY not in repr(result)


def test_levels_and_settings_come_from_the_file(broken: Graph, pack: Path, tmp_path: Path) -> None:
    levels = tmp_path / "levels.json"
    levels.write_text(
        json.dumps({"all": "advisory", "encrypted": "disabled", "region": {"allowed": "eu-west-1"}})
    )
    result = check(broken, pack, levels)
    assert result.passed
    assert {(f.rule, f.level) for f in result.findings if f.kind == "violation"} == {
        ("key-rotation", "advisory"),
        ("leak", "advisory"),
        ("region", "advisory"),
    }


def test_the_packs_own_levels_are_the_default(broken: Graph, tmp_path: Path) -> None:
    own = write_pack(tmp_path / "pack")
    (own / "levels").mkdir()
    (own / "levels" / "dev.json").write_text('{"all": "advisory"}')
    assert check(broken, own).passed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "must be an object"),
        ('{"key-rotation": "fatal"}', "key-rotation must be one of"),
        ('{"key-rotated": "advisory"}', "a policy that the pack does not have: key-rotated"),
        ('{"region": {"allowed": 3}}', "the setting allowed of policy region"),
    ],
)
def test_mistakes_in_levels(
    graphs: dict[Form, Graph], pack: Path, tmp_path: Path, content: str, sentence: str
) -> None:
    levels = tmp_path / "levels.json"
    levels.write_text(content)
    with pytest.raises(UserError, match=sentence):
        check(graphs["update"], pack, levels)


@pytest.mark.parametrize(
    ("main", "sentence"),
    [
        ("print('hello')\n" + PACK, "prints to stdout before its port"),
        ("raise KeyError('gone')", "did not start: KeyError: 'gone'"),
        ("", "did not start: it wrote nothing to stderr"),
        ("def rotation", "did not start: SyntaxError"),
        (PACK.replace("def rotation(args, report):", "def rotation(args, report):\n    raise KeyError('x')"),
         "failed while it analyzed"),
        (PACK.replace("def encrypted(args, report):", "def encrypted(args, report):\n    import os; os._exit(3)"),
         "failed in AnalyzeStack"),
    ],
)  # fmt: skip
def test_a_pack_that_misbehaves_is_one_sentence(
    graphs: dict[Form, Graph], tmp_path: Path, main: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        check(graphs["update"], write_pack(tmp_path / "pack", main))
    assert "\n" not in str(caught.value)


def test_a_pack_that_never_answers_is_ended(
    graphs: dict[Form, Graph], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_process, "START_SECONDS", 0.5)
    with pytest.raises(UserError, match="gave no port"):
        check(graphs["update"], write_pack(tmp_path / "silent", "import time\ntime.sleep(60)"))
    monkeypatch.setattr(pack_process, "START_SECONDS", 30)
    monkeypatch.setattr(pack_process, "CALL_SECONDS", 0.5)
    slow = PACK.replace(
        "def encrypted(args, report):", "def encrypted(args, report):\n    import time; time.sleep(60)"
    )
    with pytest.raises(UserError, match="gave no answer in AnalyzeStack"):
        check(graphs["update"], write_pack(tmp_path / "slow", slow))


def test_no_secret_in_a_crash(graphs: dict[Form, Graph], tmp_path: Path) -> None:
    start = "def leak(args, report):"
    main = PACK.replace(start, start + "\n    raise KeyError(str(dict(args.props.items())))")
    with pytest.raises(UserError, match="failed while") as caught:
        check(graphs["update"], write_pack(tmp_path / "pack", main))
    assert CANARY not in str(caught.value)


def test_a_folder_without_a_pack(graphs: dict[Form, Graph], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no PulumiPolicy\.yaml"):
        check(graphs["update"], tmp_path)


def test_forms_are_merged_without_repetition(graphs: dict[Form, Graph], pack: Path) -> None:
    result = merge_results(check(graphs[form], pack) for form in ("preview", "update"))
    assert result.forms == ("preview", "update")
    by_rule = {(f.kind, f.rule, f.resource): f.forms for f in result.findings}
    assert len(by_rule) == len(result.findings)
    assert by_rule["exempted", "encrypted", "role"] == ("preview", "update")
    assert by_rule["not_evaluated", "key-rotation", "store-key"] == ("preview",)


def test_an_exported_state_is_judged_like_the_program(broken: Graph, pack: Path) -> None:
    document = json.loads(json.dumps(broken.to_export(mask=False)))
    assert found(check(export.graph(document), pack)) == found(check(broken, pack))


def test_progress_reaches_its_total(graphs: dict[Form, Graph], pack: Path) -> None:
    seen: list[tuple[int, int]] = []
    check(graphs["update"], pack, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n + 1, len(seen)) for n in range(len(seen))]
    assert len(seen) == len(graphs["update"].resources) + 1


def test_what_a_policy_says_is_told_by_its_tag_and_the_rule_by_the_first_word() -> None:
    own = Rule("notes", "t", "low", "mandatory", "stack", tags=("kind:not_evaluated",))
    about = Rule("key-rotation", "t", "high", "mandatory", "stack")
    types = Rule("types", "t", "low", "mandatory", "stack", tags=("pack", "kind:unread_types"))
    by_id = {rule.id: rule for rule in (own, about, types)}
    kinds = {rule.id: check_module._kind(rule) for rule in by_id.values()}

    def reading(policy: str, message: str) -> tuple[str, str]:
        diagnostic = SimpleNamespace(policyName=policy, message=message, description="t")
        kind, rule, _ = check_module._reading(diagnostic, by_id, kinds)
        return kind, rule.id

    assert reading("notes", "t\nkey-rotation in any other words.") == ("not_evaluated", "key-rotation")
    assert reading("notes", "t\nNobody knows.") == ("not_evaluated", "notes")
    assert reading("types", "t\nNo rule reads a (1).") == ("unread_types", "types")
    assert reading("key-rotation", "t\nA sentence.") == ("violation", "key-rotation")


def test_a_rule_is_relaxed_by_a_lower_level_or_another_setting() -> None:
    policy = analyzer_pb2.PolicyInfo(name="p", enforcementLevel=analyzer_pb2.MANDATORY)
    policy.configSchema.properties["days"] = {"type": "number", "default": 90}

    def relaxed(level: Any, days: float) -> bool:
        config = analyzer_pb2.PolicyConfig(enforcementLevel=level)
        config.properties["days"] = days
        return check_module._relaxed(policy, config)

    assert not relaxed(analyzer_pb2.MANDATORY, 90)
    assert relaxed(analyzer_pb2.MANDATORY, 91)
    assert relaxed(analyzer_pb2.ADVISORY, 90)
    assert not relaxed(analyzer_pb2.DISABLED, 91)


def test_a_file_of_exemptions_is_refused_for_a_pack_that_takes_none(
    graphs: dict[Form, Graph], pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(check_module.EXEMPTIONS, str(tmp_path / "exemptions.yaml"))

    with pytest.raises(UserError, match="takes no file of exemptions"):
        check(graphs["update"], pack)


def test_the_evidence_names_the_pack_and_the_package_of_its_rules() -> None:
    library = check_module._library("endpoint-guard")
    assert library == f"endpoint-guard {metadata.version('endpoint-guard')}"
    assert check_module._library("a-pack-in-a-folder") == check_module._library("") == ""
    evidence = Evidence(pack_version="0.1.0", library=library)
    assert evidence.sentences() == (f"policy pack version 0.1.0, rules of {library}",)
