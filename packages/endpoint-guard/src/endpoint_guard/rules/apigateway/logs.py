"""Logs of the API: access log, execution log, tracing, and nothing secret in either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import api
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.remediation import PropertyFix
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_REQUIRED = [
    "$context.requestId",
    "$context.status",
    "$context.identity.apiKeyId",
    "$context.identity.sourceIp",
    "$context.requestTime",
    "$context.httpMethod",
    "$context.resourcePath",
    "$context.wafResponseCode",
    "$context.error.responseType",
]
_FORBIDDEN = re.compile(
    r"\$\{?context\.(identity\.apiKey(?![A-Za-z])|authorizer\.claims|authorizer\.(?!error|integration|latency|status|"
    r"requestId|principalId)[A-Za-z]|error\.validationErrorString|requestOverride|identity\.accessKey(?![A-Za-z]))"
)

_PAIR: Final = r'"[^"]+"\s*:\s*(?:"[^"]*"|\d+)\s*'
_OBJECT: Final = re.compile(rf"\{{\s*{_PAIR}(?:,\s*{_PAIR})*\}}")


@rule(
    id="stage-access-log",
    title="Every stage writes an access log that says who, what and how it ended",
    pillar="logging",
    severity="high",
    why="Without it nobody can tell which client did what.",
    remedy="Set access_log_settings with a destination and a JSON format with the required fields.",
    references=("AGW-004", "AGW-006", "AGW-G08"),
    on=(t.STAGE,),
    settings={"fields": Setting(_REQUIRED, "context variables that the format must name")},
)
def stage_access_log(stage: Resource, ctx: Context) -> Iterator[Finding]:
    destination = stage.get("accessLogSettings.destinationArn")
    if not destination.declared:
        yield fail(destination, "writes no access log")
        return
    form = stage.get("accessLogSettings.format")
    text = form.text()
    if not text.strip().startswith("{") or not _json(form):
        yield fail(form, "has an access-log format that is not JSON")
    for wanted in ctx.strings("fields"):
        if not re.search(re.escape(wanted) + r"(?![A-Za-z])", text):
            yield fail(form, f"has an access-log format without {wanted}")


def _json(node: Node) -> bool:
    # Numbers may stand unquoted in a format: {"status": $context.status}.
    quoted = re.sub(r'(?<!")\$context\.[A-Za-z.]+(?!")', '"x"', node.text())
    return _OBJECT.fullmatch(quoted.strip()) is not None


@rule(
    id="stage-log-hides-secrets",
    title="No access log holds the API key, claims or request values",
    pillar="logging",
    severity="critical",
    why="$context.identity.apiKey is the key itself, and validation errors quote what the caller sent.",
    remedy="Log $context.identity.apiKeyId and $context.error.responseType instead.",
    references=("AGW-G08",),
    on=(t.STAGE,),
)
def stage_log_hides_secrets(stage: Resource, ctx: Context) -> Iterator[Finding]:
    form = stage.get("accessLogSettings.format")
    yield from need(form, lambda n: not _FORBIDDEN.search(n.text()), "logs a secret or a request value")


@rule(
    id="stage-log-destination",
    title="Access logs go to a log group of the stack",
    pillar="logging",
    severity="high",
    level="advisory",
    why="A destination elsewhere has a retention, a key and readers that nobody here checks.",
    remedy="Pass the ARN of the stack's log group as destination_arn.",
    references=("AGW-G09", "CW-G04"),
    on=(t.STAGE,),
)
def stage_log_destination(stage: Resource, ctx: Context) -> Iterator[Finding]:
    node = stage.get("accessLogSettings.destinationArn")
    if node.declared and not stage.targets("accessLogSettings", t.LOG_GROUP):
        yield fail(node, "sends its access log outside the stack")


@rule(
    id="stage-execution-log",
    title="Every stage logs the execution of all methods",
    pillar="logging",
    severity="high",
    why="Errors between gateway and function show nowhere else.",
    remedy='Declare MethodSettings for "*/*" with logging_level ERROR.',
    references=("AGW-005", "AGW-G12"),
    on=(t.STAGE,),
)
def stage_execution_log(stage: Resource, ctx: Context) -> Iterator[Finding]:
    whole = [s for s in api.settings_of(stage) if s.get("methodPath").text() == "*/*"]
    if not whole:
        yield fail(stage, "has no method settings for */*", "stageName")
    for settings in whole:
        level = settings.get("settings.loggingLevel")
        yield from need(level, lambda n: n.text().upper() in ("ERROR", "INFO"), "logs no execution")


@rule(
    id="execution-log-group",
    title="The execution log's group is in the stack",
    pillar="logging",
    severity="high",
    level="advisory",
    why="API Gateway creates it otherwise: without a key and forever.",
    remedy="Declare a LogGroup named API-Gateway-Execution-Logs_<api id>/<stage>.",
    references=("AGW-G09", "CW-G04"),
    on=(t.STAGE,),
)
def execution_log_group(stage: Resource, ctx: Context) -> Iterator[Finding]:
    rest_api = api.api_of(stage)
    for group in ctx.graph.of(t.LOG_GROUP):
        if rest_api is not None and rest_api in group.targets("name", t.REST_API) and group.edges.get("name"):
            return
        name = group.get("name")
        if name.state.value == "known" and name.text().startswith("API-Gateway-Execution-Logs_"):
            return
    yield fail(stage, "has no declared group for its execution log", "stageName")


@rule(
    id="no-data-trace",
    title="No method logs whole requests",
    pillar="logging",
    severity="high",
    why="Data trace writes bodies and headers, card data and keys, into the log.",
    remedy="Leave data_trace_enabled off.",
    references=("AGW-007",),
    on=(t.METHOD_SETTINGS,),
    scope="resource",
    fixes=[PropertyFix("settings.dataTraceEnabled", False)],
)
def no_data_trace(settings: Resource, ctx: Context) -> Iterator[Finding]:
    trace = settings.get("settings.dataTraceEnabled")
    yield from need(trace, lambda n: not n.flag(), "logs whole requests")


@rule(
    id="api-metrics-on",
    title="Methods publish detailed metrics",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Alarms on single methods need them.",
    remedy="Set metrics_enabled=True for */*.",
    references=("AGW-008",),
    on=(t.METHOD_SETTINGS,),
    scope="resource",
    fixes=[PropertyFix("settings.metricsEnabled", True)],
)
def api_metrics_on(settings: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(settings.get("settings.metricsEnabled"), Node.flag, "publishes no metrics")


@rule(
    id="stage-traced",
    title="Stages trace with X-Ray",
    pillar="logging",
    severity="low",
    level="advisory",
    why="A trace shows where a slow or failed request was.",
    remedy="Set xray_tracing_enabled=True.",
    references=("AGW-009",),
    on=(t.STAGE,),
    scope="resource",
    fixes=[PropertyFix("xrayTracingEnabled", True)],
)
def stage_traced(stage: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(stage.get("xrayTracingEnabled"), Node.flag, "does not trace")


@rule(
    id="api-account-logs",
    title="The account's API Gateway may write logs",
    pillar="logging",
    severity="high",
    level="advisory",
    why="Without the account's role every log setting does nothing, silently.",
    remedy="Declare apigateway.Account with cloudwatch_role_arn, or say in the levels who owns it.",
    references=("AGW-G11",),
    on=(t.STAGE,),
    settings={"managedElsewhere": Setting(False, "whether another stack owns the account's role")},
)
def api_account_logs(stage: Resource, ctx: Context) -> Iterator[Finding]:
    accounts = ctx.graph.of(t.API_ACCOUNT)
    if not accounts and not ctx.flag("managedElsewhere"):
        yield fail(stage, "logs nothing: no apigateway.Account in the stack", "stageName")
    for account in accounts:
        node = account.get("cloudwatchRoleArn")
        if not node.declared or not account.targets("cloudwatchRoleArn", t.ROLE):
            yield fail(node, "names no role of the stack to write logs with")
