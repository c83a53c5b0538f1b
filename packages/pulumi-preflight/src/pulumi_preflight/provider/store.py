"""The resources that the local provider has made: in memory, and in a file when one is named."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_preflight.errors import UserError
from pulumi_preflight.files import check_writable
from pulumi_preflight.provider.refusals import refusal


@dataclass
class Made:
    """A resource as AWS has it."""

    token: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)


class Store:
    """Resources by type and id. Safe for several threads.

    Raises UserError for a file that holds something else, or that cannot be written.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Made] = {}
        self._count = 0
        if file:
            check_writable(file)
            if file.exists():
                self._read(file)

    def next(self) -> int:
        """A number that no resource made here has had: two of a kind never get the same id."""
        with self._lock:
            self._count += 1
            return self._count

    def get(self, token: str, id_: str) -> Made | None:
        with self._lock:
            return self._made.get((token, id_))

    def put(self, id_: str, made: Made) -> None:
        with self._lock:
            self._made[made.token, id_] = made
            self._write()

    def refusal(self, token: str, id_: str, inputs: Mapping[str, Any]) -> str:
        """Why AWS refuses to delete the resource, or ""."""
        with self._lock:
            return refusal(token, id_, inputs, [(m.token, m.outputs) for m in self._made.values()])

    def remove(self, token: str, id_: str) -> None:
        with self._lock:
            self._made.pop((token, id_), None)
            self._write()

    def _read(self, file: Path) -> None:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            self._count = int(document["count"])
            for row in document["resources"]:
                self._made[row["token"], row["id"]] = Made(
                    row["token"], row["name"], row["inputs"], row["outputs"]
                )
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(f"{file} is not a state file of the local provider: name another file.") from None

    def _write(self) -> None:
        if self._file is None:
            return
        rows = [
            {"token": token, "id": id_, "name": made.name, "inputs": made.inputs, "outputs": made.outputs}
            for (token, id_), made in self._made.items()
        ]
        part = self._file.with_name(self._file.name + ".part")
        part.write_text(json.dumps({"count": self._count, "resources": rows}), encoding="utf-8")
        os.replace(part, self._file)
