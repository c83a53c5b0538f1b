"""The pack in this process: the same servicer and the same messages as in a process of its own, without the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from endpoint_guard import description
from endpoint_guard.build import guard
from endpoint_guard.servicer import Servicer
from pulumi.runtime.proto import analyzer_pb2
from pulumi_preflight.pack_process import Run

PROFILE = "scoring-endpoint"


class PackInside:
    """Answers as `PackProcess` does. A run over the whole catalogue takes half the time."""

    def __init__(self, folder: Path, run: Run) -> None:
        made = guard(folder, profile=PROFILE)
        self._servicer = Servicer(description.info(made, PROFILE), made)
        self._servicer.begin(run.stack, run.project, run.config.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def info(self) -> Any:
        return analyzer_pb2.AnalyzerInfo.FromString(self._servicer.info.SerializeToString())

    def configure(self, config: Mapping[str, Any]) -> None:
        self._servicer.configure(config)

    def analyze(self, requests: Iterable[Any]) -> list[tuple[str, Any]]:
        answers = ((request.urn, self._servicer.about_resource(request)) for request in requests)
        return [(urn, item) for urn, answer in answers for item in answer.diagnostics]

    def analyze_stack(self, resources: Iterable[Any]) -> list[tuple[str, Any]]:
        answer = analyzer_pb2.AnalyzeResponse.FromString(b"".join(self._servicer.about_stack(resources)))
        return [(item.urn, item) for item in answer.diagnostics]
