"""Environments: no secret in them, and nothing that sends the program elsewhere."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule
from endpoint_guard.rules.sagemaker.model import containers

_STEERING: Final = re.compile(
    r"AWS_ENDPOINT_URL\w*|AWS_LAMBDA_EXEC_WRAPPER|AWS_CA_BUNDLE|LD_PRELOAD|LD_LIBRARY_PATH|PYTHONSTARTUP|"
    r"(?i:https?_proxy|all_proxy|pip_(extra_)?index_url|requests_ca_bundle)"
)


@rule(
    id="environment-steers-nothing",
    title="No variable sends calls elsewhere or loads other code",
    pillar="integrity",
    severity="high",
    why="One such variable turns a pinned package into somebody else's program, or its calls into somebody else's.",
    remedy="Remove the variable.",
    references=("LAM-G08", "LAM-G09", "SM-G03"),
    on=(t.MODEL, t.FUNCTION),
    scope="resource",
    settings={"allowed": Setting([], "variables that are accepted")},
)
def environment_steers_nothing(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.MODEL:
        places = [container.get("environment") for container in containers(resource)]
    else:
        places = [resource.get("environment.variables")]
    for place in places:
        for name, node in place.entries():
            if _STEERING.fullmatch(name) and name not in ctx.strings("allowed"):
                yield fail(node, "sends calls elsewhere or loads other code")


@rule(
    id="container-env-no-secrets",
    title="No container or function holds a secret in its environment",
    pillar="integrity",
    severity="critical",
    why="Environments are shown by Describe calls and in the console.",
    remedy="Pass the name of a secret and read it at run time, or do without it.",
    references=("SM-G08", "LAM-006", "AGW-018"),
    on=(t.MODEL, t.FUNCTION, t.STAGE, t.DEPLOYMENT),
    scope="resource",
    settings={
        "allowed": Setting(["MODEL_SHA256", "CARD_SHA256"], "variables that may hold long random text")
    },
)
def container_env_no_secrets(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.MODEL:
        places = [container.get("environment") for container in containers(resource)]
    else:
        places = [resource.get("environment.variables" if resource.type == t.FUNCTION else "variables")]
    for place in places:
        for name, node in place.entries():
            if name not in ctx.strings("allowed"):
                yield from need(node, lambda n, name=name: not secret_variable(name, n.text()), _SECRET)  # type: ignore[misc]


_SECRET: Final = "holds something that looks like a secret"  # noqa: S105
_NAMES: Final = re.compile(
    r"(?i)(password|passwd|(^|_)(db_?)?(pass|pwd)(_|$)|secret|(api|access|private|signing)_?key|credential|(auth|access|session)_?token$)"
)
_SHAPES: Final = re.compile(
    r"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{30,}|xox[abp]-|eyJ[\w-]{10,}\.eyJ|"
    r"://[^/\s:@]+:[^/\s:@]+@"
)


def secret_variable(name: str, value: str) -> bool:
    """Whether a variable's name or value looks like a secret; a reference (an ARN or a name) is none."""
    if _SHAPES.search(value):
        return True
    if _NAMES.search(name) and value and not value.startswith(("arn:", "/", "alias/")):
        return True
    return (
        len(value) >= 32 and re.fullmatch(r"[A-Za-z0-9+/=_-]+", value) is not None and _entropy(value) > 4.2
    )


def looks_secret(text: str) -> bool:
    """Whether a text holds something with the shape of a credential."""
    return _SHAPES.search(text) is not None


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
