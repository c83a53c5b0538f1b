"""The SageMaker container's contract around the unpacked artifact's own `code/`, as a process of its own.

Started with the declared environment and `PYTHONPATH=<artifact>/code`; imports nothing of the project, so
what it serves is the artifact's code and not the working tree's. It runs the WSGI application that
SAGEMAKER_SERVING_MODULE declares, as `module:name` or `module:name()`, or else the four functions of
SAGEMAKER_PROGRAM. Beside the container's paths it answers the one path of the SageMaker runtime, so that boto3 can
be pointed at it.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import os
import random
import socket
import sys
import threading
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

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


class Worker(Protocol):
    """One container's worker."""

    def answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """The container's answer to a request of one of its paths."""


class Application:
    """The declared WSGI application. Whatever it raises at start ends this process, as it ends the container."""

    def __init__(self, declared: str) -> None:
        module, _, name = declared.partition(":")
        found = getattr(importlib.import_module(module), name.removesuffix("()") or "application")
        self._application = found() if name.endswith("()") else found

    def answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """What the application answers."""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        for name, value in headers.items():
            variable = name.upper().replace("-", "_")
            environ[variable if variable.startswith("CONTENT_") else f"HTTP_{variable}"] = value
        said: list[tuple[int, dict[str, str]]] = []

        def start_response(status: str, named: Sequence[tuple[str, str]]) -> None:
            said.append((int(status.split(" ", 1)[0]), dict(named)))

        content = b"".join(self._application(environ, start_response))
        return Response(content, *said[0])


class Functions:
    """The container's own application: loads the model once and answers with the artifact's four functions."""

    def __init__(self, model_dir: str) -> None:
        self._model: Any = None
        try:
            program = os.environ.get("SAGEMAKER_PROGRAM", "inference.py").removesuffix(".py")
            self._code = importlib.import_module(program)
            self._model = self._code.model_fn(model_dir)
        except Exception:
            log.exception("the model was not loaded")

    def answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """The container's answer; whatever user code raises is a plain 500, as there."""
        if self._model is None:
            return HTMLResponse(FAILED, 500)
        if path == "/ping":
            return Response()
        try:
            data = self._code.input_fn(body, headers.get("content-type"))
            prediction = self._code.predict_fn(data, self._model)
            content, media_type = self._code.output_fn(prediction, headers.get("accept"))
        except Exception:
            log.exception("an invocation failed")
            return HTMLResponse(FAILED, 500)
        return Response(content, media_type=media_type)


def worker(model_dir: str) -> Worker:
    """What the declared environment asks for."""
    declared = os.environ.get("SAGEMAKER_SERVING_MODULE")
    return Application(declared) if declared else Functions(model_dir)


def application(worker: Worker, endpoint: str, capture: Capture) -> Starlette:
    """The container's paths and the SageMaker runtime's one, for the endpoint of that name."""

    async def asked(request: Request, path: str) -> Response:
        body = await request.body()
        return await run_in_threadpool(worker.answer, request.method, path, body, request.headers)

    async def container(request: Request) -> Response:
        return await asked(request, request.url.path)

    async def invoke_endpoint(request: Request) -> Response:
        if request.path_params["name"] != endpoint:
            return aws_error("ValidationError", 400, "Endpoint not found.")
        if int(request.headers.get("content-length") or 0) > LIMIT_BYTES:
            return aws_error("ValidationError", 400, "Body is too large.")
        answer = await asked(request, "/invocations")
        if answer.status_code < 400:
            sent, kind = await request.body(), request.headers.get("content-type", "")
            capture.note(sent, kind, bytes(answer.body), answer.headers.get("content-type", ""))
            return answer
        return model_error(answer)

    async def not_found(_: Request, __: Exception) -> Response:
        return JSONResponse({}, 404)

    routes = [
        Route("/ping", container),
        Route("/invocations", container, methods=["POST"]),
        Route("/endpoints/{name}/invocations", invoke_endpoint, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: not_found})


def model_error(answer: Response) -> Response:
    """What the SageMaker runtime says when the container answered with an error."""
    kind = "client" if answer.status_code < 500 else "server"
    original = {
        "OriginalMessage": bytes(answer.body).decode(errors="replace"),
        "OriginalStatusCode": answer.status_code,
    }
    return aws_error("ModelError", 424, f"Received {kind} error from primary.", original)


def aws_error(code: str, status: int, message: str, more: Mapping[str, Any] | None = None) -> Response:
    """An error in the shape that botocore reads from the SageMaker runtime."""
    return JSONResponse({"Message": message, **(more or {})}, status, {"x-amzn-errortype": code})


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
    os.environ["SM_MODEL_DIR"] = options.model_dir  # as the image does
    capture = Capture(options.capture, options.capture_percentage, options.capture_modes.split(","))
    app = application(worker(options.model_dir), options.endpoint, capture)
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
