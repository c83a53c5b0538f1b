"""The project as a commit has it, in a folder of its own, for as long as it is looked at."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi_preflight.errors import UserError

_LENT = ("build", ".venv")
"""Artifacts that are built already are the same for every commit: a fingerprint names them. The environment is
today's: nobody builds one of an old lock to look at a sum."""


@contextmanager
def checked_out(revision: str, project: Path) -> Iterator[Path]:
    """The files of `project` at a commit, tag or branch; they are gone after the block. Raises UserError."""
    project = project.resolve()
    found = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise UserError(
            f"--against {revision}: there is neither a file nor a stack nor a commit of that name."
        )
    prefix = (_git(project, "rev-parse", "--show-prefix") or b"").decode().strip()
    files = _git(project, "archive", "--format=tar", f"{found.decode().strip()}:{prefix}")
    if files is None:
        raise UserError(f"--against {revision}: that commit does not hold this project.")
    with tempfile.TemporaryDirectory(prefix="commit-") as folder:
        with tarfile.open(fileobj=io.BytesIO(files)) as archive:
            archive.extractall(folder, filter="data")
        for name in _LENT:
            if (project / name).is_dir() and not (Path(folder) / name).exists():
                (Path(folder) / name).symlink_to(project / name)
        yield Path(folder)


def _git(project: Path, *arguments: str) -> bytes | None:
    """What git prints, or None where it fails or is not there."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, "-C", str(project), *arguments], capture_output=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None
