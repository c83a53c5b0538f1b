"""What the account asks of its users' passwords."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


@rule(
    id="account-passwords-strong",
    title="The account asks for strong passwords",
    pillar="auth",
    severity="medium",
    why="Short passwords are guessed.",
    remedy="Set minimum_password_length, and the switches for lower-case, upper-case, numbers and symbols.",
    references=("IAM-101",),
    on=(t.PASSWORD_POLICY,),
    scope="resource",
    settings={"minLength": Setting(14, "characters that a password needs", minimum=6, maximum=128)},
)
def account_passwords_strong(policy: Resource, ctx: Context) -> Iterator[Finding]:
    length = policy.get("minimumPasswordLength")
    if (length.number() or 0) < ctx.number("minLength"):
        yield fail(length, "accepts short passwords")
    for kind in ("LowercaseCharacters", "UppercaseCharacters", "Numbers", "Symbols"):
        yield from need(policy.get(f"require{kind}"), on, "accepts weak passwords")
