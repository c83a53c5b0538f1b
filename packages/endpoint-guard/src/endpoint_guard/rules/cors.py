"""Cross-origin requests: which pages may make a browser write, or send what it holds for its user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, rule

_EVERY: Final = ("*", "http://*", "https://*")
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


@rule(
    id="browser-origins-named",
    title="Buckets and HTTP APIs name the origins from which a browser may write or send credentials",
    pillar="network",
    severity="low",
    level="advisory",
    why="With every origin allowed, any page that a user opens can do so from the user's browser and network.",
    remedy="Name the origins in the CORS configuration, or leave it at GET and HEAD without credentials.",
    references=("S3-028", "AGW-028"),
    on=(t.BUCKET_CORS, t.BUCKET, t.HTTP_API),
    scope="resource",
)
def browser_origins_named(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.HTTP_API:
        cors = resource.get("corsConfiguration")
        if cors.declared:
            yield from _judged(cors, "allowOrigins", "allowMethods")
    else:
        yield from each(
            resource.get("corsRules").items(), lambda one: _judged(one, "allowedOrigins", "allowedMethods")
        )


def _judged(cors: Node, origins: str, methods: str) -> Iterator[Finding]:
    if not any(text in _EVERY for text in cors.get(origins).texts()):
        return
    if cors.get("allowCredentials").flag():
        yield fail(cors.get(origins), "lets a page of any origin send the user's credentials")
    elif any(text.upper() not in _SAFE for text in cors.get(methods).texts()):
        yield fail(cors.get(origins), "lets a page of any origin write")
