"""Mutants of the key."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Mutant,
    Ref,
    add,
    allow,
    drop,
    grant,
    mutant,
    option,
    put,
)

KEY = t.KEY, "data"
ANYONE = {"Principal": "*"}
ROLE = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody"}}

PUBLIC_KEY = "kms-policy-not-public"

KEYS: list[Mutant] = [
    mutant("KMS-001", "the key does not rotate", "kms-key-rotates", put(*KEY, "enableKeyRotation", False)),
    mutant("KMS-002", "everybody may decrypt", PUBLIC_KEY, grant(*KEY, allow("kms:Decrypt", "*", **ANYONE))),
    mutant(
        "KMS-002",
        "everybody under a condition that narrows nothing",
        PUBLIC_KEY,
        grant(
            *KEY,
            allow(
                "kms:Decrypt",
                "*",
                Principal={"AWS": "*"},
                Condition={"StringLike": {"kms:CallerAccount": "*"}},
            ),
        ),
    ),
    mutant(
        "KMS-002",
        "a separate policy for everybody",
        PUBLIC_KEY,
        add(
            t.KEY_POLICY,
            "open",
            {
                "keyId": Ref(*KEY),
                "policy": '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, '
                '"Action": "kms:Decrypt", "Resource": "*"}}',
            },
        ),
    ),
    mutant("KMS-003", "no policy of its own", "kms-policy-written", put(*KEY, "policy", GONE)),
    mutant("KMS-004", "the key is disabled", "kms-key-single-region", put(*KEY, "isEnabled", False)),
    mutant(
        "KMS-006", "the key may leave its region", "kms-key-single-region", put(*KEY, "multiRegion", True)
    ),
    mutant(
        "KMS-007",
        "the check against lockout is skipped",
        "kms-key-single-region",
        put(*KEY, "bypassPolicyLockoutSafetyCheck", True),
    ),
    mutant("KMS-008", "no description", "kms-key-described", put(*KEY, "description", GONE)),
    mutant(
        "KMS-009",
        "a role decrypts with every key",
        "iam-resources-named",
        grant(t.ROLE_POLICY, "function", allow("kms:Decrypt", "*")),
    ),
    mutant(
        "KMS-G01",
        "a deleted key is gone in a week",
        "kms-deletion-window",
        put(*KEY, "deletionWindowInDays", 7),
    ),
    mutant("KMS-G01", "the key is not protected", "stateful-protected", option(*KEY, protect=False)),
    mutant(
        "KMS-G02",
        "a service decrypts for any account",
        "kms-services-conditioned",
        grant(*KEY, allow("kms:Decrypt", "*", Principal={"Service": "sns.amazonaws.com"})),
    ),
    mutant(
        "KMS-G03",
        "the log service is not admitted",
        "kms-policy-admits-services",
        drop(*KEY, "Logs"),
        drop(*KEY, "ExecutionLog"),
    ),
    mutant(
        "KMS-G03 SNS-G01",
        "the alarm service is not admitted",
        "kms-policy-admits-services",
        drop(*KEY, "Alarms"),
    ),
    mutant(
        "KMS-G04",
        "one role manages the key and decrypts",
        "kms-admin-apart-from-use",
        grant(*KEY, allow("kms:*", "*", **ROLE)),
    ),
    mutant(
        "KMS-G05",
        "a grant without constraints",
        "kms-grants-narrow",
        add(
            t.GRANT,
            "grant",
            {"keyId": Ref(*KEY), "granteePrincipal": Ref(t.ROLE, "model", "arn"), "operations": ["Decrypt"]},
        ),
    ),
]
