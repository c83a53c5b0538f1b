"""Where the policy pack of a check lies, and whether its levels file can be used: known before the program runs."""

from __future__ import annotations

from pathlib import Path

from pulumi_preflight import levels
from pulumi_preflight.errors import UserError
from pulumi_preflight.pack_process import PackProcess, Run


def find(named: Path | None, project: Path, levels_file: Path | None, *, needed: bool = True) -> Path:
    """The folder of the pack: `named`, or `policies` in the project, which need not be there unless `needed`.

    A levels file is checked against the pack's own list of rules. Raises UserError in one sentence.
    """
    folder = named or project / "policies"
    if not (folder / "PulumiPolicy.yaml").is_file():
        if named is None and not needed:
            return folder
        if named is None:
            raise UserError(
                "there is no policy pack: the project has no folder `policies` with a PulumiPolicy.yaml; "
                "name one with --policy-pack <folder>."
            )
        raise UserError(f"{folder} is not a policy pack: it has no PulumiPolicy.yaml.")
    if levels_file is not None:
        entries = levels.read(levels_file)
        with PackProcess(folder, Run("project", "stack", False, {})) as pack:
            levels.final(pack.info(), entries, str(levels_file))
    return folder
