from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.artifact import archive, imports, package, runtime
from model.artifact import source as module
from model.artifact.archive import ArtifactError, sha256
from model.artifact.package import ensure, find, fingerprint, unpack
from model.data import sample
from model.decision import Choice, Prices, Rule
from model.training import export, recipes
from tests.model.artifact.small import ROWS, SMALL, source


@pytest.fixture(autouse=True)
def small_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "RECIPES", {"boosted": SMALL})


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_elsewhere_and_on_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another folder, and a process of its own with another time, time zone, umask and order of hashes."""
    for name in ("one", "another"):
        sample.write(tmp_path / name / "data", rows=ROWS, seed=3)
    monkeypatch.chdir(tmp_path / "one")
    first = ensure(source(Path("build"), Path("data")))
    script = (
        "import os, sys, time; os.umask(0o077); day = time.time() + 9e7; time.time = lambda: day; "
        "from pathlib import Path; from tests.model import small_recipes; "
        "from model.artifact import package; from model.training import recipes; "
        "from model.evaluation import page; page.write_folder = lambda full, folder: None; "
        "recipes.RECIPES = {'boosted': small_recipes.BOOSTED}; "
        "source = package.ArtifactSource(Path('data'), build_dir=Path('build'), runtime=False, "
        f"sample_rows={ROWS}); print(package.ensure(source).sha256)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path / "another",
        env={"PYTHONPATH": str(imports.ROOT), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )
    assert done.stdout.strip() == first.sha256


def test_the_archive_holds_what_the_container_needs_and_no_pickle(built: package.Artifact) -> None:
    with tarfile.open(built.path) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        "card.json",
        "code/inference.py",
        "code/model/__init__.py",
        "code/model/contract.py",
        "code/model/data/__init__.py",
        "code/model/data/features.py",
        "code/model/data/history.py",
        "code/model/decision.py",
        "model.onnx",
    ]
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o644)}
    assert built.path.read_bytes()[3:8] == bytes(5)  # gzip: no name, no time


def test_digests_and_card_are_those_of_the_files(built: package.Artifact, tmp_path: Path) -> None:
    unpacked = unpack(built.path, tmp_path / "model", sha256=built.sha256)
    assert sha256((unpacked.path / "model.onnx").read_bytes()) == built.model_sha256 == unpacked.model_sha256
    assert sha256((unpacked.path / "card.json").read_bytes()) == built.card_sha256 == unpacked.card_sha256
    assert archive.sha256_of(built.path) == built.sha256 == unpacked.sha256
    assert unpacked.version == built.version
    card = built.card
    assert card["version"] == f"sample-boosted-{built.path.parent.name[:12]}"
    assert (card["card_version"], card["rule"]) == (3, card["metrics"]["rule"])
    assert card["rule"] == Rule("cost", Prices()).to_card()
    assert card["metrics"]["rules"][0]["chosen"]
    assert set(card["digests"]) == {"data", "code", "lock", "model"}
    assert str(built.path.parent.parent) not in json.dumps(card)


def test_the_code_in_the_archive_needs_neither_pandas_nor_this_checkout(
    built: package.Artifact, tmp_path: Path
) -> None:
    code = unpack(built.path, tmp_path / "model").path / "code"
    script = (
        f"import sys; sys.path.insert(0, {str(code)!r}); from model.data import features; "
        "print(features.__file__); assert 'pandas' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == str(code / "model/data/features.py")


def test_an_artifact_is_built_once_whoever_asks(tmp_path: Path) -> None:
    """Callers at the same time get one; what a killed build left is swept away; afterwards it is found."""
    said: list[str] = []
    wanted = source(tmp_path)
    (tmp_path / "models" / f".{fingerprint(wanted)[:12]}-killed" / "sub").mkdir(parents=True)
    assert find(wanted) is None
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: ensure(source(tmp_path), said.append), range(3)))
    assert made[0] == made[1] == made[2]
    assert sum("building it" in line for line in said) == 1
    folders = [path for path in (tmp_path / "models").iterdir() if path.is_dir()]
    assert folders == [made[0].path.parent]
    said.clear()
    assert ensure(wanted, said.append) == made[0] == find(wanted)
    assert said == []


def test_the_fingerprint_follows_data_and_parameters_but_no_path(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sample.write(tmp_path / name, rows=400, seed=3)
    first = fingerprint(source(tmp_path, tmp_path / "a"))
    assert first == fingerprint(source(tmp_path / "elsewhere", tmp_path / "b"))
    others = [
        fingerprint(source(tmp_path, tmp_path / "a", seed=1)),
        fingerprint(source(tmp_path, tmp_path / "a", runtime=True)),
        fingerprint(source(tmp_path)),
        fingerprint(source(tmp_path, sample_rows=ROWS + 1)),
        fingerprint(source(tmp_path, tmp_path / "a", max_bad_rows=1)),
        fingerprint(source(tmp_path, tmp_path / "a", decision=Choice("f1"))),
        fingerprint(source(tmp_path, tmp_path / "a", decision=Choice(prices=Prices(11)))),
    ]
    with (tmp_path / "b" / "fraudTest.csv").open("a") as file:
        file.write("\n")
    others.append(fingerprint(source(tmp_path, tmp_path / "b")))
    assert len({first, *others}) == 9


def test_the_fingerprint_follows_every_file_that_shapes_the_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fingerprint(source(tmp_path))
    files = module.shaping()
    read: list[Path] = []

    def digest(path: Path) -> str:
        read.append(path)
        return "0" * 64

    monkeypatch.setattr(module, "sha256_of", digest)
    assert fingerprint(source(tmp_path)) != first
    assert {imports.ROOT / name for name in files} <= set(read)
    assert module.RUNTIME_LOCK in read


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_DIFFERENCE", -1.0)
    with pytest.raises(export.ExportError):
        ensure(source(tmp_path))
    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("name", ["model.tar.gz", "card.json", "build.json"])
def test_an_artifact_changed_in_its_folder_is_refused(
    built: package.Artifact, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "models" / built.path.parent.name
    folder.mkdir(parents=True)
    for path in built.path.parent.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    assert find(source(tmp_path)) is not None
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content[: -1 if name == "build.json" else None])
    if name == "build.json":
        (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match="was changed after it was built: delete it"):
        find(source(tmp_path))


def test_the_runtime_is_the_version_that_the_project_tests_with() -> None:
    locked = tomllib.loads((imports.ROOT / "pyproject.toml").read_text())
    (wanted,) = [line for line in locked["project"]["dependencies"] if line.startswith("onnxruntime")]
    (pinned,) = [name for name in runtime.pins().values() if name.startswith("onnxruntime-")]
    assert pinned.removeprefix("onnxruntime-").startswith(wanted.removeprefix("onnxruntime==").rstrip("*"))
    assert len(runtime.pins()) == 2


def test_a_wheel_that_was_changed_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = b"PK\x05\x06" + bytes(18)
    monkeypatch.setattr(runtime, "pins", lambda: {sha256(good): "thing-1"})
    (tmp_path / "thing.whl").write_bytes(good)
    assert runtime.wheels(tmp_path) == [tmp_path / "thing.whl"]
    (tmp_path / "thing.whl").write_bytes(good + b"x")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ArtifactError, match=r"could not download the wheels of runtime\.lock"):
        runtime.wheels(tmp_path)
