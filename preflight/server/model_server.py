"""The SageMaker container's contract around the unpacked artifact's own `code/`, as a process of its own.

Started with the declared environment and `PYTHONPATH=<artifact>/code`; imports nothing of the project, so
what it serves is the artifact's code and not the working tree's. Beside the container's paths it answers the
one path of the SageMaker runtime, so that boto3 can be pointed at it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import random
import socket
import sys
import threading
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

LIMIT_BYTES = 6 * 1024 * 1024
FAILED = "<!doctype html><title>500 Internal Server Error</title><h1>Internal Server Error</h1>"

log = logging.getLogger("container")


class Capture:
    """Data capture: writes a share of the requests and answers, in SageMaker's shape, one JSON line for each."""

    def __init__(self, path: str, percentage: int, modes: Collection[str]) -> None:
        self._path, self._percentage, self._modes = path, percentage, modes

    def note(self, request: bytes, request_type: str, answer: bytes, answer_type: str) -> None:
        """Writes this exchange if chance says so."""
        if not self._path or random.random() * 100 >= self._percentage:  # noqa: S311 - a sample, not a secret
            return
        sides = {
            "Input": ("endpointInput", "INPUT", request, request_type),
            "Output": ("endpointOutput", "OUTPUT", answer, answer_type),
        }
        data = {
            name: {
                "observedContentType": kind,
                "mode": mode,
                "data": content.decode("utf-8", "replace"),
                "encoding": "JSON",
            }
            for wanted, (name, mode, content, kind) in sides.items()
            if wanted in self._modes
        }
        moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        line = {
            "captureData": data,
            "eventMetadata": {"eventId": str(uuid.uuid4()), "inferenceTime": moment},
            "eventVersion": "0",
        }
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Worker:
    """One container: loads the model once and answers with the artifact's four functions."""

    def __init__(self, model_dir: str) -> None:
        self.code: Any = None
        self.model: Any = None
        try:
            program = os.environ.get("SAGEMAKER_PROGRAM", "inference.py").removesuffix(".py")
            self.code = importlib.import_module(program)
            self.model = self.code.model_fn(model_dir)
        except Exception:
            log.exception("the model was not loaded")

    def invoke(self, body: bytes, content_type: str | None, accept: str | None) -> Response:
        """The container's answer; whatever user code raises is a plain 500, as there."""
        if self.model is None:
            return HTMLResponse(FAILED, 500)
        try:
            data = self.code.input_fn(body, content_type)
            content, media_type = self.code.output_fn(self.code.predict_fn(data, self.model), accept)
        except Exception:
            log.exception("an invocation failed")
            return HTMLResponse(FAILED, 500)
        return Response(content, media_type=media_type)


def application(worker: Worker, endpoint: str, capture: Capture) -> Starlette:
    """The container's three paths and the SageMaker runtime's one, for the endpoint of that name."""

    async def ping(_: Request) -> Response:
        return Response(status_code=200 if worker.model is not None else 500)

    async def invocations(request: Request) -> Response:
        body = await request.body()
        headers = request.headers
        return await run_in_threadpool(
            worker.invoke, body, headers.get("content-type"), headers.get("accept")
        )

    async def invoke_endpoint(request: Request) -> Response:
        if request.path_params["name"] != endpoint:
            return aws_error("ValidationError", 400, "Endpoint not found.")
        if int(request.headers.get("content-length") or 0) > LIMIT_BYTES:
            return aws_error("ValidationError", 400, "Body is too large.")
        answer = await invocations(request)
        if answer.status_code < 400:
            sent, kind = await request.body(), request.headers.get("content-type", "")
            capture.note(sent, kind, bytes(answer.body), answer.headers.get("content-type", ""))
            return answer
        text = bytes(answer.body).decode()
        return aws_error("ModelError", 424, "Received server error from primary.", original=text)

    async def not_found(_: Request, __: Exception) -> Response:
        return JSONResponse({}, 404)

    routes = [
        Route("/ping", ping),
        Route("/invocations", invocations, methods=["POST"]),
        Route("/endpoints/{name}/invocations", invoke_endpoint, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: not_found})


def aws_error(code: str, status: int, message: str, original: str | None = None) -> Response:
    """An error in the shape that botocore reads from the SageMaker runtime."""
    body = {"Message": message}
    if original is not None:
        body |= {"OriginalMessage": original, "OriginalStatusCode": "500"}
    return JSONResponse(body, status, {"x-amzn-errortype": code})


def main() -> None:
    """Serves on the inherited listening socket until asked to stop or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-dir", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--capture", default="")
    parser.add_argument("--capture-percentage", type=int, default=0)
    parser.add_argument("--capture-modes", default="")
    parser.add_argument("--fd", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    capture = Capture(options.capture, options.capture_percentage, options.capture_modes.split(","))
    app = application(Worker(options.model_dir), options.endpoint, capture)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
    server = uvicorn.Server(config)

    def leave_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        server.should_exit = True

    threading.Thread(target=leave_with_parent, daemon=True).start()
    server.run(sockets=[socket.socket(fileno=options.fd)])


if __name__ == "__main__":
    main()
