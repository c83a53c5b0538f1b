"""A real browser for the pages: Chromium, spoken to over a pipe; no package is needed beside the browser itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "no Chromium on the path: install the package `chromium` to look at the pages"


class Page:
    """One tab. Raises AssertionError for a command that fails."""

    def __init__(self, write: BinaryIO, read: BinaryIO) -> None:
        self._write, self._read, self._count, self._session = write, read, 0, ""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self("Page.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """The result of a command of the DevTools protocol."""
        self._count += 1
        order = {"id": self._count, "method": method, "params": parameters}
        order |= {"sessionId": self._session} if self._session else {}
        self._write.write(json.dumps(order).encode() + b"\0")
        self._write.flush()
        while (answer := self._message()).get("id") != self._count:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, file: Path, width: int, *, height: int = 900, dark: bool = False) -> None:
        """Shows a file in a window of this size."""
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        self("Page.navigate", url=file.as_uri())
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        result = self("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def drag(self, x: float, y: float, by: float) -> None:
        """Presses, moves to the left and upwards, and lets go."""
        for kind, shift in (
            ("mousePressed", 0.0),
            ("mouseMoved", by / 2),
            ("mouseMoved", by),
            ("mouseReleased", by),
        ):
            self(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x - shift,
                y=y - shift,
                button="left",
                buttons=1,
                clickCount=1,
            )

    def _message(self) -> dict[str, Any]:
        data = b""
        while not data.endswith(b"\0"):
            byte = self._read.read(1)
            assert byte, "the browser has ended"
            data += byte
        message: dict[str, Any] = json.loads(data[:-1])
        return message


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A browser with an empty profile, for the duration of the block."""
    assert PROGRAM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    command = (
        f'exec "$0" --headless --no-sandbox --disable-gpu --no-first-run --disable-dev-shm-usage --user-data-dir="$1" '
        f"--remote-debugging-pipe 3<&{theirs_in} 4>&{theirs_out}"
    )
    process = subprocess.Popen(
        ["/bin/bash", "-c", command, PROGRAM, str(profile)],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_out, "wb") as write, os.fdopen(ours_in, "rb") as read:
        try:
            yield Page(write, read)
        finally:
            process.kill()
            process.wait()
