"""Which parts of a provider's SDK a program will import, read from its text.

The process that runs programs loads them once, before it forks: they are thousands of classes, and loading them is
most of what an evaluation costs.
"""

from __future__ import annotations

import re
from pathlib import Path

from pulumi_preflight.sources import sources

_IMPORT = re.compile(r"^[ \t]*import[ \t]+(pulumi_\w+)(?:[ \t]+as[ \t]+(\w+))?", re.MULTILINE)
_FROM = re.compile(r"^[ \t]*from[ \t]+(pulumi_[\w.]+)[ \t]+import[ \t]+(\([\w\s,]+|[\w \t,]+)", re.MULTILINE)
_FILES, _BYTES = 300, 500_000
_TOOLS = ("pulumi_policy", "pulumi_preflight")
"""Named as SDKs are, and none."""


def modules(program: Path) -> list[str]:
    """Names of modules that the program's files seem to use; some may not exist, and none is certain."""
    found: set[str] = set()
    for file in sources(program.parent, _FILES):
        try:
            text = file.read_bytes()[:_BYTES].decode(errors="replace")
        except OSError:
            continue
        for package, alias in _IMPORT.findall(text):
            used = re.findall(rf"\b{re.escape(alias or package)}\.([a-z]\w*)", text)
            found |= {package, *(f"{package}.{name}" for name in used)}
        for package, names in _FROM.findall(text):
            # What begins with a capital is a class: its package is all that there is to load.
            parts = [name.split()[0] for name in names.strip("(").split(",") if name.split()]
            found |= {package, *(f"{package}.{name}" for name in parts if name[0].islower())}
    return sorted(name for name in found if name.split(".")[0] not in _TOOLS)
