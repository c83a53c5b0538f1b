"""What an artifact is made from, and the digest of all that shapes it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from model.artifact import imports
from model.artifact.archive import sha256, sha256_of
from model.data.folder import SAMPLE_ROWS, find
from model.decision import Choice
from model.training import recipes

LOCK = imports.ROOT / "requirements.lock"
RUNTIME_LOCK = Path(__file__).with_name("runtime.lock")
CARD_VERSION = 3
"""Version of the card's form: raised when a key changes its meaning or is dropped."""
BUILDER, SERVED = "model.artifact.build", "model.serving.inference"


def shaping() -> tuple[str, ...]:
    """The project's files that shape an artifact: the builder's, and those that are packed."""
    return tuple(sorted({*imports.closure(BUILDER), *imports.closure(SERVED)}))


def served_code() -> dict[str, bytes]:
    """Archive entries of what the container runs: `inference.py` at the top of `code/`, what it imports below."""
    entry = SERVED.replace(".", "/") + ".py"
    packages = entry.rpartition("/")[0] + "/__init__.py"
    names = [name for name in imports.closure(SERVED) if name not in (entry, packages)]
    code = {f"code/{name}": (imports.ROOT / name).read_bytes() for name in names}
    return code | {"code/inference.py": (imports.ROOT / entry).read_bytes()}


@dataclass(frozen=True)
class ArtifactSource:
    """What an artifact is made from. `data` None: generated sample data of `sample_rows` rows."""

    data: Path | None
    recipe: str = recipes.DEFAULT
    build_dir: Path = Path("build")
    runtime: bool = True
    sample_rows: int = SAMPLE_ROWS
    seed: int = 42
    max_bad_rows: int = 0
    decision: Choice = field(default_factory=Choice)

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of the data, of the code and of the library lock; the data are read once."""
        if self.data is None:
            data = sha256(f"sample rows={self.sample_rows} seed={self.seed}".encode())
        else:
            data = sha256("".join(sha256_of(path) for path in find(self.data)).encode())
        paths = [imports.ROOT / name for name in shaping()] + [RUNTIME_LOCK]
        code = "".join(f"{path.relative_to(imports.ROOT)} {sha256_of(path)}\n" for path in paths)
        return {"data": data, "code": sha256(code.encode()), "lock": sha256_of(LOCK)}

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that shapes the artifact: data, code, library lock, parameters, but no path."""
        parts = {
            **self.digests,
            "recipe": recipes.named(self.recipe).name,
            "runtime": self.runtime,
            "seed": self.seed,
            "max_bad_rows": self.max_bad_rows,
            "decision": asdict(self.decision),
            "python": platform.python_version(),
        }
        return sha256(json.dumps(parts, sort_keys=True).encode())

    @property
    def version(self) -> str:
        """The artifact's name for people and logs; it begins with `sample-` when the data were generated."""
        return f"{'sample-' if self.data is None else ''}{self.recipe}-{self.fingerprint[:12]}"
