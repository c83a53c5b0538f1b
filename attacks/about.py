"""What a report of attacks is about and evidence of, for a reader who has the report alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pulumi_preflight.graph import Graph, reveal
from pulumi_preflight.judge import commit

from attacks.probes import ALL
from localaws import tokens
from localaws.declared_api import read_api
from localaws.run import foreign_pools

HERE = "served on this machine by an imitation of AWS: what it does not imitate was not attacked"


@dataclass(frozen=True)
class About:
    """What was attacked, how much of the catalogue was tried, and what it is evidence of, a sentence each."""

    subject: str = ""
    part: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The report's title; that of a part says so."""
        return (
            f"Attacks{f' on {self.subject}' if self.subject else ''}{f' ({self.part})' if self.part else ''}"
        )


def about(
    stack: str | None, url: str | None, only: str | None, graph: Graph | None, tried: int, project: Path
) -> About:
    """What a run with these options is about; `tried` is the number of its probes."""
    host = urlsplit(url).netloc if url else ""
    versions = [
        f"commit {at}" if (at := commit(project)) else "",
        f"model {model}" if graph and (model := model_version(graph)) else "",
    ]
    evidence = (
        f"requests sent to {host}" if url else HERE,
        *(
            [f"not imitated: {said}" for said in foreign_pools(read_api(graph, ""))]
            if graph and not url
            else []
        ),
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        ", ".join(version for version in versions if version),
    )
    part = f"only {tried} of {len(ALL)} probes: {only}" if only else ""
    return About(stack or host, part, tuple(sentence for sentence in evidence if sentence))


def model_version(graph: Graph) -> str:
    """The version of the model that the stack's function expects; empty where none is declared."""
    for resource in graph.by_type(tokens.FUNCTION):
        environment = reveal(resource)["inputs"].get("environment") or {}
        if version := (environment.get("variables") or {}).get("MODEL_VERSION"):
            return str(version)
    return ""
