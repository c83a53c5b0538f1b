"""Archives that were changed, cut short or made by others: refused with one sentence, and nothing is left."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from model.artifact import archive, package
from model.artifact.archive import ArtifactError
from model.artifact.package import unpack


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


@pytest.mark.parametrize("time", ["nan", "1e300", "1e999"])
def test_a_time_that_no_clock_shows_is_refused(built: package.Artifact, tmp_path: Path, time: str) -> None:
    odd = tmp_path / "odd.tar.gz"
    with tarfile.open(built.path) as old, tarfile.open(odd, "w:gz", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        timed = tarfile.TarInfo("vendor/timed")
        timed.pax_headers = {"mtime": time}
        new.addfile(timed)
    with pytest.raises(ArtifactError, match="damaged or incomplete"):
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
