from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from model.artifact import archive, imports, package, runtime
from model.artifact import source as module
from model.artifact.archive import ArtifactError, sha256
from model.artifact.package import ArtifactSource, ensure, find, fingerprint, unpack
from model.data import sample
from model.decision import Choice, Prices, Rule
from model.training import export, recipes
from tests.model import small_recipes

SMALL = small_recipes.BOOSTED
ROWS = 2_000


@pytest.fixture(autouse=True)
def small_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "RECIPES", {"boosted": SMALL})


def source(build_dir: Path, data: Path | None = None, **changes: object) -> ArtifactSource:
    return replace(
        ArtifactSource(data, build_dir=build_dir, runtime=False, sample_rows=ROWS),
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> package.Artifact:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "RECIPES", {"boosted": SMALL})
        return ensure(source(tmp_path_factory.mktemp("built")))


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


def test_one_flipped_byte_anywhere_is_refused(built: package.Artifact, tmp_path: Path) -> None:
    content = built.path.read_bytes()
    changed = tmp_path / "changed.tar.gz"
    for place in {0, 3, 4, 9, 10, len(content) - 1, *range(0, len(content), len(content) // 200)}:
        flipped = bytearray(content)
        flipped[place] ^= 0x10
        changed.write_bytes(flipped)
        with pytest.raises(ArtifactError, match="does not have the expected SHA-256"):
            unpack(changed, tmp_path / "target", sha256=built.sha256)
        assert not (tmp_path / "target").exists()


def test_a_flipped_byte_changes_nothing_unnoticed_even_without_a_digest(
    built: package.Artifact, tmp_path: Path
) -> None:
    content = built.path.read_bytes()
    changed, wanted = tmp_path / "changed.tar.gz", unpacked(built.path, tmp_path / "wanted")
    told: list[str] = []
    for number, place in enumerate(range(0, len(content), len(content) // 60)):
        flipped = bytearray(content)
        flipped[place] ^= 0x10
        changed.write_bytes(flipped)
        target = tmp_path / str(number)
        try:
            unpack(changed, target)
        except ArtifactError as error:
            told.append(str(error))
            continue
        assert {p.name: p.read_bytes() for p in target.rglob("*") if p.is_file()} == wanted  # the header only
    assert len(told) > 50
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in told)
    assert len(list(tmp_path.iterdir())) == 2 + 61 - len(told)


def unpacked(path: Path, target: Path) -> dict[str, bytes]:
    unpack(path, target)
    return {p.name: p.read_bytes() for p in target.rglob("*") if p.is_file()}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_archive_is_refused_even_without_a_digest(
    built: package.Artifact, tmp_path: Path, share: float
) -> None:
    content = built.path.read_bytes()
    (tmp_path / "short.tar.gz").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match=r"damaged or incomplete"):
        unpack(tmp_path / "short.tar.gz", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["short.tar.gz"]


def repacked(built: package.Artifact, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with tarfile.open(built.path) as tar:
        entries = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}
    change(entries)
    archive.pack(entries, path)
    return path


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda e: e.update({"/etc/evil": b""}), "a path that leads out of it"),
        (lambda e: e.update({"../evil": b""}), "a path that leads out of it"),
        (lambda e: e.update({"code/../../evil": b""}), "a path that leads out of it"),
        (lambda e: e.update({"code\\..\\evil": b""}), "a path that leads out of it"),
        (lambda e: e.update({"code/./inference.py": b""}), "a name twice"),
        (lambda e: e.pop("model.onnx"), r"no model\.onnx"),
        (lambda e: e.pop("card.json"), r"no card\.json"),
        (lambda e: e.update({"": b""}), "an entry without a name"),
        (lambda e: e.update({".": b""}), "an entry without a name"),
        (lambda e: e.update({"n" * 5000: b""}), "a longer name than any model has"),
        (lambda e: e.update({"\u20ac" * 200: b""}), "a longer name than any model has"),
        (lambda e: e.update({"a/" * 2500 + "b": b""}), "a longer name than any model has"),
        (lambda e: e.update({"a/" * 100 + "b": b""}), "a longer name than any model has"),
        (lambda e: e.update({"model.onnx/x": b""}), "a file below a file"),
        (lambda e: e.update({"card.json/x/y": b""}), "a file below a file"),
        (lambda e: e.update({"model.onnx": b"\x80\x04K\x01."}), "another model than its card names"),
        (lambda e: e.update({"card.json": b"[]"}), r"a card\.json that cannot be read"),
        (lambda e: e.update({"card.json": b"\xff"}), r"a card\.json that cannot be read"),
    ],
)
def test_archives_with_odd_content(
    built: package.Artifact, tmp_path: Path, change: Callable[[dict[str, bytes]], None], what: str
) -> None:
    odd = repacked(built, tmp_path / "odd.tar.gz", change)
    with pytest.raises(ArtifactError, match=what):
        unpack(odd, tmp_path / "in" / "target")
    assert not (tmp_path / "in" / "target").exists()
    assert list((tmp_path / "in").iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_special_files_are_refused(built: package.Artifact, tmp_path: Path, kind: bytes) -> None:
    odd = tmp_path / "odd.tar.gz"
    with tarfile.open(built.path) as old, tarfile.open(odd, "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        link = tarfile.TarInfo("vendor/link")
        link.type, link.linkname = kind, "/etc/passwd"
        new.addfile(link)
    with pytest.raises(ArtifactError, match="a link or a special file"):
        unpack(odd, tmp_path / "target")


@pytest.mark.parametrize("name", archive.REQUIRED)
def test_a_folder_in_place_of_a_file_is_refused(built: package.Artifact, tmp_path: Path, name: str) -> None:
    odd = tmp_path / "odd.tar.gz"
    with tarfile.open(built.path) as old, tarfile.open(odd, "w:gz") as new:
        for member in old:
            if member.name != name:
                new.addfile(member, old.extractfile(member))
        folder = tarfile.TarInfo(name)
        folder.type = tarfile.DIRTYPE
        new.addfile(folder)
    with pytest.raises(ArtifactError, match=f"holds no {name}: it is not a model artifact"):
        unpack(odd, tmp_path / "target")


@pytest.mark.parametrize("size", [1000, 10**12])
def test_a_sparse_file_is_refused_whatever_size_it_says(
    built: package.Artifact, tmp_path: Path, size: int
) -> None:
    """Of the form 1.0: its map stands before its content, and its size is what it would take when unpacked."""
    odd = tmp_path / "odd.tar.gz"
    with tarfile.open(built.path) as old, tarfile.open(odd, "w:gz", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        content = b"1\n0\n512\n".ljust(512, b"\0") + b"x" * 512
        sparse = tarfile.TarInfo("vendor/GNUSparseFile.0/hole")
        sparse.size = len(content)
        named = {"major": "1", "minor": "0", "name": "vendor/hole", "realsize": str(size)}
        sparse.pax_headers = {f"GNU.sparse.{key}": value for key, value in named.items()}
        new.addfile(sparse, io.BytesIO(content))
    with pytest.raises(ArtifactError, match=r"a link or a special file|more than 500,000,000 bytes"):
        unpack(odd, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_sizes_beyond_any_model_are_refused(
    built: package.Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(ArtifactError, match="more than 1,000 bytes"):
        unpack(built.path, tmp_path / "target")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_ENTRIES", 2)
    with pytest.raises(ArtifactError, match="more than 2 entries"):
        unpack(built.path, tmp_path / "target")


def test_a_target_in_use_and_a_missing_archive_are_told(built: package.Artifact, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(ArtifactError, match="is not an empty folder"):
        unpack(built.path, tmp_path)
    assert (tmp_path / "mine").read_text() == "keep"
    with pytest.raises(ArtifactError, match=r"does not exist: build it with python -m model package"):
        unpack(tmp_path / "none.tar.gz", tmp_path / "target")


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
