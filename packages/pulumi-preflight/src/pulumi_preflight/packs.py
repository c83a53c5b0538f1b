"""Where the policy pack of a check lies, and whether its levels file can be used: known before the program runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pulumi_preflight import levels
from pulumi_preflight.errors import UserError
from pulumi_preflight.pack_process import PackProcess, Run


def find(named: Path | None, project: Path, levels_file: Path | None, *, needed: bool = True) -> Path:
    """The pack: `named` (a folder, an executable file, or a command on the path), or `policies` in the project.

    Without `needed` the project need not have one. A levels file is checked against the pack's own list of
    rules. Raises UserError in one sentence.
    """
    folder = _on_path(named) if named else project / "policies"
    if folder.is_file() and os.access(folder, os.X_OK):
        _check_levels(folder, levels_file)
        return folder
    if not (folder / "PulumiPolicy.yaml").is_file():
        if named is None and not needed:
            return folder
        if named is None:
            raise UserError(
                "there is no policy pack: the project has no folder `policies` with a PulumiPolicy.yaml; "
                "name one with --policy-pack <folder>."
            )
        raise UserError(f"{folder} is not a policy pack: it has no PulumiPolicy.yaml.")
    _check_levels(folder, levels_file)
    return folder


def _on_path(named: Path) -> Path:
    """An installed pack is a command: its bare name is enough."""
    found = None if named.exists() or len(named.parts) > 1 else shutil.which(str(named))
    return Path(found) if found else named


def _check_levels(folder: Path, levels_file: Path | None) -> None:
    if levels_file is not None:
        if levels_file.is_fifo():
            raise UserError(
                f"the levels file {levels_file} is not a regular file, and it is read more than once."
            )
        entries = levels.read(levels_file)
        with PackProcess(folder, Run("project", "stack", False, {})) as pack:
            levels.final(pack.info(), entries, str(levels_file))
