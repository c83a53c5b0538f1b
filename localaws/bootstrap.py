"""A small Lambda runtime: one worker that runs the function's own files, one event at a time.

Started with the function's declared environment and `PYTHONPATH=<package>`; imports nothing of the project.
Reads one event per line on standard input and writes "ready", then one answer per line, on standard output;
what the function prints goes to standard error, where the parent puts it into the function's log.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO


class Context:
    """What Lambda hands to a handler beside the event."""

    def __init__(self, request_id: str, timeout: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "local"
        self.invoked_function_arn = (
            f"arn:aws:lambda:{os.environ['AWS_REGION']}:000000000000:function:{self.function_name}"
        )
        self._deadline = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Answers events until standard input ends."""
    answers: TextIO = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        task = json.loads(line)
        context = Context(task["request_id"], task["timeout"])
        answers.write(json.dumps(_run(handler, task["event"], context)) + "\n")
        answers.flush()


def _run(handler: Any, event: Any, context: Context) -> dict[str, Any]:
    try:
        return {"answer": handler(event, context)}
    except Exception as error:
        # The exception's text may hold a value of the request; where it came from does not.
        frames = "".join(traceback.format_tb(error.__traceback__))
        sys.stderr.write(f"[ERROR] {type(error).__name__}\n{frames}")
        return {"failed": type(error).__name__}


if __name__ == "__main__":
    main()
