"""Serves the provider `aws` with a fault on request: `fault.json` in the folder that is the only argument."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, "/tmp")
from stub import P, run  # type: ignore
import grpc


class Faulty(P):
    """Refuses a creation, or does not answer it, while the folder says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._over = threading.Event()

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        fault = self._fault()
        if not request.preview and fault and f"::{fault['type']}::" in request.urn.replace("$", "::"):
            if fault["how"] == "refuse":
                context.abort(grpc.StatusCode.UNKNOWN, "refused for a test")
            self._over.clear()
            context.add_callback(self._over.set)
            (self._folder / "creating").touch()
            self._over.wait()
            context.abort(grpc.StatusCode.CANCELLED, "cancelled")
        return super().Create(request, context)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._over.set()
        return super().Cancel(request, context)

    def _fault(self) -> dict[str, str] | None:
        try:
            return dict(json.loads((self._folder / "fault.json").read_text()))
        except FileNotFoundError:
            return None


if __name__ == "__main__":
    run(Faulty(Path(sys.argv[1])))
