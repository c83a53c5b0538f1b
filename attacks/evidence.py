"""What came back: answers, and all that probes may look at afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attacks.probe import CLOSED, Request

_LOG_LIMIT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """One answer. `status` is CLOSED when the connection ended without one; seconds of wall time."""

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def document(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        """The error code in the body, or an empty string."""
        document = self.document
        error = document.get("error") if isinstance(document, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def text(self) -> str:
        """Everything that came back, headers first, in lower case: to look for what must not be there."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{headers}\n\n{self.body.decode('utf-8', 'replace')}".lower()


@dataclass
class Evidence:
    """The answers of one probe by step, those of all probes so far, and the logs when they can be read.

    `secrets` are the keys and credentials in use.
    """

    steps: list[list[Answer]] = field(default_factory=list)
    everything: Sequence[Answer] = ()
    log_dir: Path | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def answers(self) -> list[Answer]:
        """All answers of this probe."""
        return [answer for step in self.steps for answer in step]

    def log_files_with(self, needles: Sequence[str]) -> list[str]:
        """Names of the log files that hold any of the strings, in any case."""
        wanted = [needle.lower().encode() for needle in needles]
        found = []
        for path in sorted(self.log_dir.rglob("*")) if self.log_dir else []:
            if path.is_file() and path.stat().st_size <= _LOG_LIMIT_BYTES:
                content = path.read_bytes().lower()
                if any(needle in content for needle in wanted):
                    found.append(path.name)
        return found


def histogram(answers: Sequence[Answer]) -> str:
    """How often each status came back: "403 x100, 200"."""
    counts: dict[int, int] = {}
    for answer in answers:
        counts[answer.status] = counts.get(answer.status, 0) + 1
    return ", ".join(
        ("closed" if status == CLOSED else str(status)) + (f" x{count}" if count > 1 else "")
        for status, count in counts.items()
    )
