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
    (folder / "requirements.txt").write_text(
        f"endpoint-guard=={metadata.version('endpoint-guard')}\n", "utf-8"
    )
    (folder / "exemptions.yaml").write_text(_EXEMPTIONS, "utf-8")
    (folder / "levels").mkdir()
    (folder / "levels" / "dev.json").write_text(json.dumps({"all": "advisory"}, indent=2) + "\n", "utf-8")


def next_steps(folder: Path) -> str:
    """What to do with the folder, for a person."""
    return f"""\
Wrote {folder}. Next:
  python -m venv {folder}/venv && {folder}/venv/bin/pip install -r {folder}/requirements.txt
  pulumi preview --policy-pack {folder} --policy-pack-config {folder}/levels/dev.json
{folder}/levels/dev.json makes every finding advisory; take that out to let findings refuse a stack."""
