"""Mutants of keys, plans and the whole chain in front of a method."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    GONE,
    Mutant,
    mutant,
    put,
    without,
)

PLAN = t.USAGE_PLAN, "api-checkout"
ACL = t.WEB_ACL, "firewall"
LOG = t.WEB_ACL_LOGGING, "firewall"

THROTTLE = "usage-plan-throttled"
JOINED = "usage-plan-joined"

PLANS: list[Mutant] = [
    mutant("AGW-G01", "no throttle", THROTTLE, put(*PLAN, "throttleSettings", GONE)),
    mutant(
        "AGW-G01", "a throttle above the ceiling", THROTTLE, put(*PLAN, "throttleSettings.rateLimit", 5000)
    ),
    mutant(
        "AGW-G01",
        "one method throttled less than its plan",
        THROTTLE,
        put(*PLAN, "apiStages.0.throttles", [{"path": "/score/POST", "rateLimit": 99, "burstLimit": 50}]),
    ),
    mutant("AGW-G02", "no quota", "usage-plan-quota", put(*PLAN, "quotaSettings", GONE)),
    mutant(
        "AGW-G02",
        "a quota above the ceiling",
        "usage-plan-quota",
        put(*PLAN, "quotaSettings.limit", 10_000_000),
    ),
    mutant("AGW-G03", "a key without a plan", "api-key-joined", without(t.USAGE_PLAN_KEY, "api-checkout")),
    mutant("AGW-G03", "a plan without a stage", JOINED, put(*PLAN, "apiStages", [])),
    mutant("AGW-G03", "a plan without a key", JOINED, without(t.USAGE_PLAN_KEY, "api-checkout")),
    mutant(
        "AGW-G03", "a key that is off", "api-key-joined", put(t.API_KEY, "api-checkout", "enabled", False)
    ),
    mutant("AGW-G03", "a stage in no plan", "stage-in-usage-plan", without(t.USAGE_PLAN)),
    mutant("AGW-G04", "the chain without a quota", "method-chain", put(*PLAN, "quotaSettings", GONE)),
    mutant("AGW-G04", "the chain without a key", "method-chain", without(t.USAGE_PLAN_KEY, "api-checkout")),
    mutant("AGW-G04", "the chain without a plan", "method-chain", without(t.USAGE_PLAN)),
    mutant(
        "AGW-G04", "the chain without a firewall", "method-chain", without(t.WEB_ACL_ASSOCIATION, "firewall")
    ),
    mutant(
        "AGW-G04",
        "the chain without the firewall's log",
        "method-chain",
        without(t.WEB_ACL_LOGGING, "firewall"),
    ),
    mutant(
        "AGW-G04",
        "the chain with the key in the log",
        "method-chain",
        put(*LOG, "redactedFields", GONE),
        put(*ACL, "dataProtectionConfig", GONE),
    ),
    mutant(
        "AGW-G04",
        "the chain with the key in samples",
        "method-chain",
        put(*ACL, "dataProtectionConfig", GONE),
    ),
]
