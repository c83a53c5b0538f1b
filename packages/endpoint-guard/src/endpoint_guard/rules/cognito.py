"""Users: no guests, strong passwords, a second factor, no hints to those who try names."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import left_on, off, on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Setting, fail, need, property_rule, rule

no_guests = property_rule(
    __name__,
    id="identity-pool-no-guests",
    title="Identity pools give credentials to known users only",
    pillar="auth",
    severity="high",
    why="Everybody who knows the pool's id gets AWS credentials of the guest role.",
    remedy="Set allow_unauthenticated_identities=False.",
    references=("COG-001",),
    on=t.IDENTITY_POOL,
    path="allowUnauthenticatedIdentities",
    good=off,
    text="gives credentials to guests",
)

no_classic_flow = property_rule(
    __name__,
    id="identity-pool-enhanced-flow",
    title="Identity pools use the enhanced flow",
    pillar="auth",
    severity="medium",
    why="In the classic flow the client chooses the role, and its session has no scope-down policy.",
    remedy="Leave allow_classic_flow off.",
    references=("COG-002",),
    on=t.IDENTITY_POOL,
    path="allowClassicFlow",
    good=off,
    text="lets the client choose its role",
)


@rule(
    id="user-passwords-strong",
    title="User pools ask for strong passwords",
    pillar="auth",
    severity="medium",
    why="Short passwords are guessed.",
    remedy="Set password_policy with minimum_length and the four require_ switches, or leave it out: the default "
    "asks for eight characters of four kinds.",
    references=("COG-003",),
    on=(t.USER_POOL,),
    scope="resource",
    settings={"minLength": Setting(8, "characters that a password needs", 6, 99)},
)
def user_passwords_strong(pool: Resource, ctx: Context) -> Iterator[Finding]:
    policy = pool.get("passwordPolicy")
    if not policy.declared:
        return
    length = policy.get("minimumLength")
    if (length.number() or 8) < ctx.number("minLength"):
        yield fail(length, "accepts short passwords")
    for name in ("requireLowercase", "requireUppercase", "requireNumbers", "requireSymbols"):
        yield from need(policy.get(name), on, "accepts weak passwords")


@rule(
    id="user-second-factor",
    title="User pools offer a second factor",
    pillar="auth",
    severity="medium",
    why="A stolen password is enough otherwise.",
    remedy='Set mfa_configuration="ON" (or "OPTIONAL") and software_token_mfa_configuration.',
    references=("COG-004",),
    on=(t.USER_POOL,),
)
def user_second_factor(pool: Resource, ctx: Context) -> Iterator[Finding]:
    if not _machines_only(pool):
        known = one_of("ON", "OPTIONAL", default="OFF")
        yield from need(pool.get("mfaConfiguration"), known, "offers no second factor")


@rule(
    id="user-pool-threat-protection",
    title="User pools watch for stolen credentials",
    pillar="auth",
    severity="low",
    level="advisory",
    why="Passwords that leaked elsewhere are tried at once.",
    remedy='Set user_pool_add_ons with advanced_security_mode="ENFORCED".',
    references=("COG-005",),
    on=(t.USER_POOL,),
)
def user_pool_guarded(pool: Resource, ctx: Context) -> Iterator[Finding]:
    if not _machines_only(pool):
        mode = pool.get("userPoolAddOns.advancedSecurityMode")
        yield from need(mode, one_of("ENFORCED"), "does not watch for stolen credentials")


def _machines_only(pool: Resource) -> bool:
    """Whether nobody can sign in: every client of the pool gets tokens for itself, by its own secret."""
    flows = [
        set(client.get("allowedOauthFlows").texts())
        for client in pool.users("userPoolId", t.USER_POOL_CLIENT)
    ]
    return bool(flows) and all(one == {"client_credentials"} for one in flows)


user_pool_protected = property_rule(
    __name__,
    id="user-pool-protected",
    title="User pools are protected from deletion",
    pillar="resilience",
    severity="low",
    level="advisory",
    why="Passwords cannot be restored from anywhere.",
    remedy='Set deletion_protection="ACTIVE".',
    references=("COG-006",),
    on=t.USER_POOL,
    path="deletionProtection",
    good=one_of("ACTIVE"),
    text="can be deleted by one call",
)

user_names_hidden = property_rule(
    __name__,
    id="user-names-hidden",
    title="Clients of user pools do not reveal which users exist",
    pillar="auth",
    severity="medium",
    why="Whoever may try names collects those that exist.",
    remedy='Set prevent_user_existence_errors="ENABLED".',
    references=("COG-007",),
    on=t.USER_POOL_CLIENT,
    path="preventUserExistenceErrors",
    good=one_of("ENABLED"),
    text="reveals which users exist",
)

tokens_revocable = property_rule(
    __name__,
    id="user-tokens-revocable",
    title="Tokens of user pools can be revoked",
    pillar="auth",
    severity="low",
    why="A stolen refresh token is good for a month otherwise.",
    remedy="Leave enable_token_revocation on.",
    references=("COG-008",),
    on=t.USER_POOL_CLIENT,
    path="enableTokenRevocation",
    good=left_on,
    text="gives tokens that cannot be revoked",
)


@rule(
    id="user-tokens-not-in-addresses",
    title="Clients of user pools get tokens by code, over HTTPS",
    pillar="auth",
    severity="medium",
    why="A token in an address stays in histories, logs and referrers.",
    remedy='Use allowed_oauth_flows=["code"] and https:// addresses in callback_urls.',
    references=("COG-009",),
    on=(t.USER_POOL_CLIENT,),
    scope="resource",
)
def user_tokens_not_in_addresses(client: Resource, ctx: Context) -> Iterator[Finding]:
    for flow in client.get("allowedOauthFlows").items():
        yield from need(flow, lambda n: n.text() != "implicit", "puts tokens into addresses")
    for address in client.get("callbackUrls").items():
        local = ("http://localhost", "http://127.0.0.1", "http://[::1]")
        if address.text().startswith("http://") and not address.text().startswith(local):
            yield fail(address, "sends codes to an address without TLS")
