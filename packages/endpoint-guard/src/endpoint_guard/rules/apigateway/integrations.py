"""What an API method calls: over TLS, in the stack, and nothing unread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from endpoint_guard import api
from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="integration-encrypted",
    title="Integrations use TLS and verify it",
    pillar="network",
    severity="high",
    why="A plain or unverified connection can be read, and changed, by anyone on its path.",
    remedy="Use an https address and leave tls_config unset.",
    references=("AGW-G16",),
    on=(t.INTEGRATION,),
)
def integration_encrypted(integration: Resource, ctx: Context) -> Iterator[Finding]:
    insecure = integration.get("tlsConfig.insecureSkipVerification")
    yield from need(insecure, lambda n: not n.flag(), "does not verify the backend's certificate")
    if integration.get("type").text().startswith("HTTP"):
        yield from need(
            integration.get("uri"), lambda n: n.text().startswith("https://"), "calls its backend without TLS"
        )


@rule(
    id="integration-safe",
    title="Integrations are of an allowed type and pass nothing unread",
    pillar="network",
    severity="high",
    level="advisory",
    why="An unchecked content type, or a backend that each caller chooses, bypasses the validation.",
    remedy="Use AWS_PROXY, or passthrough_behavior NEVER otherwise.",
    references=("AGW-G16",),
    on=(t.INTEGRATION,),
    settings={"types": Setting(["AWS_PROXY", "AWS", "MOCK"], "allowed integration types")},
)
def integration_safe(integration: Resource, ctx: Context) -> Iterator[Finding]:
    kind = integration.get("type")
    yield from need(kind, lambda n: n.text() in ctx.strings("types"), "has a type that is not allowed")
    if integration.get("credentials").declared:
        callers = integration.get("credentials")
        yield from need(callers, lambda n: ":user/" not in n.text(), "calls with the rights of each caller")
    uri = integration.get("uri")
    if uri.declared and uri.state.value == "known":
        yield from _target(uri)
    if kind.text() in ("AWS", "HTTP"):
        passing = integration.get("passthroughBehavior")
        yield from need(passing, lambda n: n.text() == "NEVER", "passes unread content types through")


def _target(uri: Node) -> Iterator[Finding]:
    """What a known URI may not do: be chosen by the stage, bypass the function, or lead to another account."""
    text = uri.text()
    if "stageVariables." in text:
        yield fail(uri, "is chosen by a stage variable, which nobody checked")
    if re.search(r":(runtime\.)?sagemaker:", text):
        yield fail(uri, "calls the model past the function")
    yield from called_abroad(uri)


_SERVICE: Final = re.compile(r"^arn:[^:]+:apigateway:[^:]*:([\w.-]+):(?:action|path)/")


@rule(
    id="integration-calls-code",
    title="Methods lead to code that checks the request, not straight to another service",
    pillar="network",
    severity="high",
    profile="scoring-endpoint",
    why="A service that is called directly, under a role of the gateway, takes the function's place and its checks.",
    remedy="Give the method an AWS_PROXY integration with a function of the stack.",
    references=("AGW-G16",),
    on=(t.INTEGRATION,),
    settings={"services": Setting(["lambda"], "services that a method may call")},
)
def integration_calls_code(integration: Resource, ctx: Context) -> Iterator[Finding]:
    uri = integration.get("uri")
    if not integration.get("type").text().startswith("AWS") or uri.state is State.UNKNOWN:
        return  # an unknown address is made from something that other rules judge
    if api.functions_behind(integration):
        return
    called = _SERVICE.search(uri.text())
    if called is None or called.group(1).lower() not in ctx.strings("services"):
        yield fail(uri, "calls a service other than a function")


_ECHOES: Final = re.compile(
    r"(?:^|\$!?\{?)(?:context\.(?:error\.validationErrorString|identity\.apiKey(?!Id)|authorizer\.|identity\.accessKey)"
    r"|method\.request\.)"
    r"|\$!?\{?(?:input\b|util\.escapeJavaScript)"
)
"""In a template after a dollar sign; a parameter is nothing but the name."""


@rule(
    id="gateway-response-says-little",
    title="The gateway's own answers give nothing of the request back",
    pillar="network",
    severity="medium",
    level="advisory",
    why="A validation message quotes the value that was sent, and every proxy sees it next to the caller's key.",
    remedy="Answer with $context.requestId and a fixed text.",
    references=("AGW-G15",),
    on=(t.API_RESPONSE,),
    scope="resource",
)
def gateway_response_says_little(response: Resource, ctx: Context) -> Iterator[Finding]:
    for name in ("responseTemplates", "responseParameters"):
        for _, node in response.get(name).entries():
            yield from need(node, lambda n: not _ECHOES.search(n.text()), "gives back what the caller sent")


def called_abroad(uri: Node) -> Iterator[Finding]:
    """A finding when a known URI names a function of another account."""
    if uri.state is not State.KNOWN:
        return
    called = re.search(r"/functions/(arn:[^/]+)/invocations", uri.text())
    if called and abroad(Node(uri.resource, uri.path, called.group(1))):
        yield fail(uri, "calls a function of another account")


@rule(
    id="timeouts-nest",
    title="The function gives up before the gateway does",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="Otherwise the caller gets a bare 504 while the function goes on working.",
    remedy="Keep the function's timeout below the integration's timeout_milliseconds.",
    references=("LAM-G06",),
    on=(t.INTEGRATION,),
    settings={
        "variable": Setting(
            "ENDPOINT_TIMEOUT_SECONDS", "variable that says how long a function waits for the model"
        )
    },
)
def timeouts_nest(integration: Resource, ctx: Context) -> Iterator[Finding]:
    limit = integration.get("timeoutMilliseconds").number() or 29_000
    for function in api.functions_behind(integration):
        timeout = function.get("timeout").number() or 3
        if timeout * 1000 >= limit:
            yield fail(function.get("timeout"), "outlasts its gateway")
        waits = function.get("environment.variables").get(str(ctx.settings["variable"]))
        yield from need(waits, partial(_below, timeout), "waits for the model longer than it may run")


def _below(limit: float, node: Node) -> bool:
    return (node.number() or 0) < limit
