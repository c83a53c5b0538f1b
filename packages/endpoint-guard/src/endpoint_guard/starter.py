"""The files of a new policy pack folder."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

_PULUMI = """\
version: 0.1.0
description: Holds our AWS stacks to hardening rules.
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: venv
"""
_MAIN = '''\
"""Starts the policy pack."""

from pathlib import Path

from endpoint_guard.pack import pack
from pulumi_policy import PolicyPack

PolicyPack(**pack(Path(__file__).resolve().parent, profile="{profile}"))
'''
_LOCAL = "# A place on this machine: name one that your pipeline reaches, too, before you commit this file.\n"
_EXEMPTIONS = """\
# Accepted findings. Each entry names one rule on one resource, why it is accepted, by whom and until when.
# Fields: rule, resource (a pattern of its name), reason, owner, until (YYYY-MM-DD), ticket; optional: path (a pattern
# of the property path), stacks and projects (lists).
#
# - rule: bucket-access-logged
#   resource: scratch
#   reason: Holds build output for an hour.
#   owner: platform
#   until: 2030-01-31
#   ticket: SEC-1
#   stacks: [dev]
"""


def write(folder: Path, profile: str) -> None:
    """Writes the files into an empty folder."""
    (folder / "PulumiPolicy.yaml").write_text(_PULUMI, "utf-8")
    (folder / "__main__.py").write_text(_MAIN.format(profile=profile), "utf-8")
    (folder / "requirements.txt").write_text(f"{_requirement()}\n", "utf-8")
    (folder / "exemptions.yaml").write_text(_EXEMPTIONS, "utf-8")
    (folder / "levels").mkdir()
    (folder / "levels" / "dev.json").write_text(json.dumps({"all": "advisory"}, indent=2) + "\n", "utf-8")


def _requirement() -> str:
    """This version of the package from an index, or from the folder or repository that it was installed from."""
    package = metadata.distribution("endpoint-guard")
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        origin = {}
    if not isinstance(origin.get("url"), str):
        return f"endpoint-guard=={package.version}"
    vcs, folder = origin.get("vcs_info"), origin.get("subdirectory")
    pinned = f"{vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else origin["url"]
    note = _LOCAL if origin["url"].startswith("file:") else ""
    return f"{note}endpoint-guard @ {pinned}" + (f"#subdirectory={folder}" if folder else "")


def next_steps(folder: Path) -> str:
    """What to do with the folder, for a person."""
    return f"""\
Wrote {folder}. Next:
  python -m venv {folder}/venv && {folder}/venv/bin/pip install -r {folder}/requirements.txt
  pulumi preview --policy-pack {folder} --policy-pack-config {folder}/levels/dev.json
{folder}/levels/dev.json makes every finding advisory; take that out to let findings refuse a stack."""
