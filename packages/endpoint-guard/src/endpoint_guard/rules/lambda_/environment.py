"""Environments: no secret in them, and nothing that sends the program elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import is_secret
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule
from endpoint_guard.rules.sagemaker.model import containers
from endpoint_guard.steering import steers


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
    settings={"allowed": Setting([], "variables that are accepted, as NAME or as NAME=value")},
)
def environment_steers_nothing(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.MODEL:
        places = [container.get("environment") for container in containers(resource)]
    else:
        places = [resource.get("environment.variables")]
    for place in places:
        for name, node in place.entries():
            known = node.value if isinstance(node.value, str) else ""
            if steers(name, known) and not {name, f"{name}={known}"} & set(ctx.strings("allowed")):
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
                yield from need(node, lambda n, name=name: not is_secret(name, n.text()), _SECRET)  # type: ignore[misc]


_SECRET: Final = "holds something that looks like a secret"  # noqa: S105
