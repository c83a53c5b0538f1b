"""The pack in this process: the same servicer and the same messages as in a process of its own, without the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from endpoint_guard.pack import guard, pack
from endpoint_guard.servicer import Servicer
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import policy
from pulumi_preflight.pack_process import Run

PROFILE = "scoring-endpoint"


class PackInside:
    """Answers as `PackProcess` does. A run over the whole catalogue takes half the time."""

    def __init__(self, folder: Path, run: Run) -> None:
        made = pack(folder, profile=PROFILE)
        behind = policy._PolicyAnalyzerServicer(
            name=made["name"],
            version="0",
            policies=made["policies"],
            enforcement_level=made["enforcement_level"],
        )
        self._servicer = Servicer(behind, guard(folder, profile=PROFILE))
        request = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=run.stack, project=run.project, dry_run=run.preview, config=run.config
        )
        self._servicer.ConfigureStack(request, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def info(self) -> Any:
        return self._servicer.GetAnalyzerInfo(None, None)

    def configure(self, config: Mapping[str, Any]) -> None:
        self._servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config), None)

    def analyze(self, requests: Iterable[Any]) -> list[tuple[str, Any]]:
        answers = ((request.urn, self._servicer.Analyze(request, None)) for request in requests)
        return [(urn, item) for urn, answer in answers for item in answer.diagnostics]

    def analyze_stack(self, resources: Iterable[Any]) -> list[tuple[str, Any]]:
        answer = self._servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), None)
        return [(item.urn, item) for item in answer.diagnostics]
