"""Asynchronous ways: what becomes of an event that could not be handled."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="events-not-lost",
    title="Events that a function cannot handle have a destination",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="After the last attempt an event is dropped without a word.",
    remedy="Set destination_config with on_failure.",
    references=("LAM-017",),
    on=(t.EVENT_SOURCE, t.EVENT_INVOKE),
)
def events_not_lost(resource: Resource, ctx: Context) -> Iterator[Finding]:
    # A queue keeps its own dead letters; streams and direct calls need a destination.
    source = resource.get("eventSourceArn")
    if ":sqs:" in str(source.value) or (source.declared and resource.targets("eventSourceArn", t.QUEUE)):
        return
    if not resource.get("destinationConfig.onFailure").declared:
        yield fail(resource.get("destinationConfig.onFailure"), "drops what cannot be handled")


@rule(
    id="function-url-origins-named",
    title="Function URLs name the origins that may call them",
    pillar="resilience",
    severity="medium",
    why="With every origin allowed, any page in a browser may call.",
    remedy="Set cors with named allow_origins.",
    references=("LAM-014",),
    on=(t.FUNCTION_URL,),
    scope="resource",
)
def function_url_origins_named(url: Resource, ctx: Context) -> Iterator[Finding]:
    for node in url.get("cors.allowOrigins").items():
        if "*" in node.text():
            yield fail(node, "allows every origin")
