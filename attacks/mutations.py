"""Variants of a declared stack, each without one control, and the probe that has to turn red. Plain data."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_preflight.graph import Graph

from attacks import changes
from attacks.changes import Change
from localaws import tokens


@dataclass(frozen=True)
class Mutation:
    """A control in words, the pack's rules that hold it, what takes it away, and the probe that has to notice.

    `beside` names probes whose answers the noticing one looks at.
    """

    control: str
    rules: tuple[str, ...]
    probe: str
    change: Change
    beside: tuple[str, ...] = ()

    def apply(self, graph: Graph) -> Graph:
        """A copy of `graph` without the control."""
        resources = copy.deepcopy(graph.resources)
        self.change(resources)
        return dataclasses.replace(graph, resources=resources)


_BASELINE = ("firewall-baseline",)
_VALIDATED = ("requests-validated",)

MUTATIONS = (
    Mutation(
        "an API key",
        ("method-requires-api-key",),
        "key-missing",
        changes.with_inputs(tokens.METHOD, apiKeyRequired=False),
    ),
    Mutation(
        "a signature",
        ("method-requires-authorization",),
        "key-not-enough",
        changes.with_inputs(tokens.METHOD, authorization="NONE"),
    ),
    Mutation("one verb only", ("method-chain",), "method-other", changes.second_verb),
    Mutation("named paths only", ("no-catch-all-routes",), "path-unknown", changes.catch_all),
    Mutation(
        "no function behind OPTIONS", ("options-is-a-mock",), "cors-preflight", changes.preflight_to_function
    ),
    Mutation(
        "keys in a plan",
        ("api-key-joined", "usage-plan-joined"),
        "legitimate-call",
        changes.with_inputs(tokens.USAGE_PLAN, apiStages=[]),
    ),
    Mutation(
        "a rate for each client", ("usage-plan-throttled",), "plan-exhausted", changes.plans_without_throttle
    ),
    Mutation(
        "a quota",
        ("usage-plan-quota",),
        "quota-used-up",
        changes.with_inputs(tokens.USAGE_PLAN, quotaSettings=None),
    ),
    Mutation(
        "a quota",
        ("usage-plan-quota",),
        "extraction-budget",
        changes.with_inputs(tokens.USAGE_PLAN, quotaSettings=None),
    ),
    Mutation("a rate for the stage", ("stage-throttled",), "stage-exhausted", changes.stage_without_throttle),
    Mutation("no looser method", ("no-looser-method-settings",), "stage-exhausted", changes.looser_method),
    Mutation("a firewall", ("stage-behind-firewall",), "path-traversal", changes.remove(tokens.ASSOCIATION)),
    Mutation("the core rules", _BASELINE, "cross-site-scripting", changes.without_rules("common")),
    Mutation(
        "the core rules and Bot Control",
        _BASELINE,
        "agent-none",
        changes.without_rules("common", "bot-control"),
    ),
    Mutation("the core rules", _BASELINE, "metadata-service", changes.without_rules("common")),
    Mutation("rules for bad inputs", _BASELINE, "log4j-lookup", changes.without_rules("known-bad-inputs")),
    Mutation("rules against SQL", _BASELINE, "sql-injection", changes.without_rules("sql-injection")),
    Mutation("rules for Linux", _BASELINE, "system-files", changes.without_rules("linux")),
    Mutation("Bot Control", _BASELINE, "agent-library", changes.without_rules("bot-control")),
    Mutation(
        "nothing counted", ("firewall-nothing-counted",), "sql-injection", changes.counted("sql-injection")
    ),
    Mutation(
        "nothing counted", ("firewall-nothing-counted",), "key-guessing", changes.counted("bot-control")
    ),
    Mutation(
        "nothing allowed early",
        ("firewall-no-early-allow",),
        "agent-library",
        changes.with_rules(changes.allowed_early),
    ),
    Mutation(
        "known callers only excepted",
        _BASELINE,
        "agent-library",
        changes.with_inputs(tokens.IP_SET, addresses=["0.0.0.0/1", "128.0.0.0/1"]),
    ),
    Mutation(
        "known callers excepted", _BASELINE, "agent-known-caller", changes.with_rules(changes.nobody_excepted)
    ),
    Mutation(
        "known callers by their real address",
        _BASELINE,
        "address-spoofed",
        changes.with_rules(changes.by_forwarded_set),
    ),
    Mutation(
        "known callers excepted from the bots' rules only",
        _BASELINE,
        "known-caller-attacks",
        changes.with_rules(changes.excepted_everywhere),
    ),
    Mutation(
        "a rate by address", ("firewall-rate-rule",), "flood-one-address", changes.without_rules("rate-limit")
    ),
    Mutation(
        "a rate by the real address",
        ("firewall-rate-rule",),
        "flood-disguised",
        changes.with_rules(changes.by_forwarded_address),
    ),
    Mutation(
        "a body limit (both rules)",
        ("firewall-body-size", *_BASELINE),
        "body-past-inspection",
        changes.without_rules("body-size", "common"),
    ),
    Mutation(
        "bodies validated",
        _VALIDATED,
        "field-wrong-type",
        changes.with_inputs(tokens.VALIDATOR, validateRequestBody=False),
    ),
    Mutation(
        "every content type validated",
        _VALIDATED,
        "content-type-bypass",
        changes.with_inputs(tokens.METHOD, requestModels={"application/json": "ScoreRequest"}),
    ),
    Mutation("a closed schema", ("request-schema-strict",), "field-unknown", changes.open_schema),
    Mutation(
        "refusals of one form",
        (),
        "errors-have-one-form",
        changes.remove(tokens.GATEWAY_RESPONSE),
        ("key-missing", "field-missing"),
    ),
    Mutation(
        "headers on refusals",
        (),
        "headers-of-answers",
        changes.with_inputs(tokens.GATEWAY_RESPONSE, responseParameters={}),
        ("key-missing", "field-missing"),
    ),
    Mutation(
        "keys hidden in the firewall's log",
        ("firewall-log-hides-keys",),
        "secrets-in-logs",
        changes.everything_logged,
        ("legitimate-call",),
    ),
    Mutation(
        "keys hidden in the access log",
        ("stage-log-hides-secrets",),
        "secrets-in-logs",
        changes.log_shows("$context.identity.apiKey"),
        ("legitimate-call",),
    ),
    Mutation(
        "no validator text in the access log",
        ("stage-log-hides-secrets",),
        "card-number-anywhere",
        changes.log_shows("$context.error.validationErrorString"),
    ),
    Mutation(
        "no data trace, and no mask over it",
        ("no-data-trace", "logs-mask-card-data"),
        "card-number-served",
        changes.data_trace,
    ),
    Mutation(
        "query and path hidden in the firewall's log, and no mask over it",
        ("firewall-log-hides-keys", "logs-mask-card-data"),
        "card-number-in-address",
        changes.address_logged,
    ),
    Mutation(
        "card numbers masked in logs",
        ("logs-mask-card-data",),
        "card-number-in-headers",
        changes.remove(tokens.LOG_PROTECTION),
    ),
)

TOKENS: Mapping[str, str] = {"authentication": "api-key-and-jwt"}
"""The settings of the stack whose requests carry a token, for the next ones."""

TOKEN_MUTATIONS = (
    Mutation(
        "a token",
        ("method-requires-authorization",),
        "token-missing",
        changes.with_inputs(tokens.METHOD, authorization="NONE"),
    ),
    Mutation("one user pool", (), "token-of-another-pool", changes.another_pool),
    Mutation("one scope", (), "token-of-another-scope", changes.another_scope),
    Mutation(
        "a scope, and so an access token",
        (),
        "token-of-a-user",
        changes.with_inputs(tokens.METHOD, authorizationScopes=None),
    ),
)

NOT_SHOWN: Mapping[str, str] = {
    "api-endpoint-type": "an endpoint of AWS's, which is not imitated",
    "api-key-source-header": "a stack whose keys come from an authorizer is not served here",
    "capture-on-and-kept": "what is captured is what the function passes on: its code drops the card",
    "domain-modern-tls": "TLS is not imitated; the tests show its probes red where old or no TLS is taken",
    "endpoint-invoked-by-function-only": "IAM policies are not imitated",
    "function-no-side-door": "a function's own address is not imitated",
    "integration-safe": "an integration other than AWS_PROXY is not served here; the answers are the function's code",
    "model-isolated": "the container's network is not imitated",
    "stage-access-log": "the log, not an answer, would be missing",
    "stage-serves-deployment": "one stage is served, and no canary",
    "timeouts-nest": "needs a model that hangs: see the tests of the local server's faults",
}
"""Controls that a probe names and no variant of a served stack can take away, with the reason."""


def unthrottled(graph: Graph) -> Graph:
    """A copy of `graph` that takes requests as fast as they come: for tests that look at something else."""
    resources = copy.deepcopy(graph.resources)
    changes.plans_without_throttle(resources)
    changes.stage_without_throttle(resources)
    changes.without_rules("rate-limit")(resources)
    return dataclasses.replace(graph, resources=resources)
