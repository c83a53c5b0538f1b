"""Logs of the web ACL: complete, kept, and without the API key."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import api, waf
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="firewall-logged",
    title="Every web ACL logs to a group of the stack",
    pillar="logging",
    severity="high",
    why="Without the log nobody learns what was blocked, or why a customer was.",
    remedy="Declare WebAclLoggingConfiguration with one log group named aws-waf-logs-...",
    references=("WAF-001", "WAF-G08", "CW-G04"),
    on=(t.WEB_ACL,),
)
def firewall_logged(acl: Resource, ctx: Context) -> Iterator[Finding]:
    logging = api.logging_of(acl)
    if not logging:
        yield fail(acl, "writes no log", "name")
    for entry in logging:
        node = entry.get("logDestinationConfigs")
        if not node.declared or (isinstance(node.value, list) and len(node.value) != 1):
            yield fail(node, "does not name exactly one destination")
        groups = entry.targets("logDestinationConfigs", t.LOG_GROUP)
        if node.declared and not groups:
            yield fail(node, "sends the firewall's log outside the stack")
        for group in groups:
            name = group.get("name")
            yield from need(
                name, lambda n: n.text().startswith("aws-waf-logs-"), "has a name that WAF refuses"
            )


@rule(
    id="firewall-log-hides-keys",
    title="The firewall's log leaves the credential headers out",
    pillar="logging",
    severity="critical",
    level="advisory",
    why="The log shows every header of a request, the API key among them.",
    remedy="Name x-api-key and authorization in redacted_fields or in data_protection_config.",
    references=("WAF-G05",),
    on=(t.WEB_ACL_LOGGING,),
    settings={"headers": Setting(["x-api-key", "authorization"], "headers that must not be logged")},
)
def firewall_log_hides_keys(logging: Resource, ctx: Context) -> Iterator[Finding]:
    hidden = waf.redacted_headers(logging)
    for acl in logging.targets("resourceArn", t.WEB_ACL):
        hidden |= waf.hidden_headers(acl)
    for header in ctx.strings("headers"):
        if header.lower() not in hidden:
            yield fail(logging.get("redactedFields"), f"logs the header {header} in plain text")


@rule(
    id="firewall-samples-hide-keys",
    title="Request samples do not show the API key",
    pillar="logging",
    severity="high",
    level="advisory",
    why="Redaction of the log does not reach the samples in the console.",
    remedy="Cover x-api-key by data_protection_config, or turn sampled_requests_enabled off everywhere.",
    references=("WAF-G06",),
    on=(t.WEB_ACL,),
)
def firewall_samples_hide_keys(acl: Resource, ctx: Context) -> Iterator[Finding]:
    if "x-api-key" not in waf.hidden_headers(acl):
        for node in waf.samples(acl):
            yield fail(node, "keeps samples that show the key header")


@rule(
    id="firewall-log-complete",
    title="The firewall's log keeps what was blocked or counted",
    pillar="logging",
    severity="high",
    level="advisory",
    why="A filter that drops blocked requests hides the attack from the log.",
    remedy="Leave logging_filter unset, or keep BLOCK and COUNT.",
    references=("WAF-G07",),
    on=(t.WEB_ACL_LOGGING,),
    scope="resource",
)
def firewall_log_complete(logging: Resource, ctx: Context) -> Iterator[Finding]:
    chosen = logging.get("loggingFilter")
    if not chosen.declared:
        return
    actions: set[str] = set()
    for item in chosen.get("filters").items():
        conditions = [c.get("actionCondition.action").text().upper() for c in item.get("conditions").items()]
        every = item.get("requirement").text().upper() == "MEETS_ALL"
        if item.get("behavior").text().upper() == "KEEP":
            # With MEETS_ALL a second condition, be it a label, keeps less than each of them would.
            actions |= set(conditions) if not every or len(conditions) == 1 else set()
        elif not _harmless(conditions, every):
            yield fail(item, "drops blocked or counted requests from the log")
    keeps_all = chosen.get("defaultBehavior").text().upper() == "KEEP"
    if not keeps_all and not {"BLOCK", "COUNT"} <= actions:
        yield fail(chosen, "keeps neither all nor the blocked and counted requests")


def _harmless(conditions: list[str], every: bool) -> bool:
    """Whether a filter that drops can never meet a blocked or counted request; "" stands for a label."""
    let_through = [action in ("ALLOW", "CAPTCHA", "CHALLENGE") for action in conditions]
    return any(let_through) if every else bool(let_through) and all(let_through)


@rule(
    id="firewall-metrics-on",
    title="Every rule of the firewall publishes metrics",
    pillar="logging",
    severity="medium",
    why="An alarm on blocked requests has nothing to look at otherwise.",
    remedy="Set cloudwatch_metrics_enabled=True in each visibility_config.",
    references=("WAF-005",),
    on=(t.WEB_ACL, t.RULE_GROUP),
)
def firewall_metrics_on(acl: Resource, ctx: Context) -> Iterator[Finding]:
    places: list[Node] = [acl.root]
    if acl.type == t.WEB_ACL:
        places += [item.node for item in waf.rules_of(acl) if item.node.resource.type != t.WEB_ACL_GROUP]
    else:
        places += acl.get("rules").items()
    for place in places:
        node = place.get("visibilityConfig.cloudwatchMetricsEnabled")
        yield from need(node, Node.flag, "publishes no metrics")
