"""Where the Pulumi CLI of these tests is: on PATH, or built by `make engine` into build/engine/bin."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "engine" / "bin"
HOST = "pulumi-language-python"
_MINIMUM = re.search(r"^minimum=([\d.]+)$", (ROOT / "tests/engine/module/provide").read_text(), re.M)
assert _MINIMUM
MINIMUM = tuple(int(part) for part in _MINIMUM[1].split("."))


@dataclass(frozen=True)
class Cli:
    """A usable CLI; `own_host` when the language host beside it is the one of these tests."""

    pulumi: Path
    version: str
    own_host: bool


@functools.cache
def find() -> Cli | str:
    """The CLI that the tests use, or why there is none."""
    seen = []
    for path in (shutil.which("pulumi") if shutil.which(HOST) else None, BUILT / "pulumi"):
        if path is None or not Path(path).is_file():
            continue
        version = _version(str(path))
        if version >= MINIMUM:
            return Cli(Path(path), ".".join(map(str, version)), own_host=path == BUILT / "pulumi")
        seen.append(".".join(map(str, version)))
    oldest = ".".join(map(str, MINIMUM))
    old = f" (found: {', '.join(seen)})" if seen else ""
    return f"no Pulumi CLI {oldest} or newer with its Python host on PATH{old}, and none built by make engine"


def _version(pulumi: str) -> tuple[int, ...]:
    said = subprocess.run([pulumi, "version"], capture_output=True, text=True, timeout=60).stdout
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said.strip())
    return tuple(int(part) for part in found.groups()) if found else (0,)
