"""Kubernetes clusters: the way to the API, its log, its secrets, its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.accounts import foreign
from endpoint_guard.graph import Resource, State
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule

_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")
_LOGS: Final = ["api", "audit", "authenticator"]


@rule(
    id="kubernetes-api-private",
    title="The Kubernetes API is not open to the internet",
    pillar="network",
    severity="high",
    why="Only a token stands between everybody and the cluster; by default the endpoint is public.",
    remedy="Set endpoint_public_access=False in vpc_config, or name networks in public_access_cidrs.",
    references=("EKS-001",),
    on=(t.KUBERNETES,),
    scope="resource",
)
def kubernetes_api_private(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    network = cluster.get("vpcConfig")
    if not network.get("endpointPublicAccess").flag(default=True):
        return
    networks = network.get("publicAccessCidrs")
    if not networks.declared or any(text in _EVERYWHERE for text in networks.texts()):
        yield fail(network.get("endpointPublicAccess"), "opens its API to the internet")


@rule(
    id="kubernetes-secrets-own-key",
    title="Kubernetes secrets are encrypted with a key of your own",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Only a customer-managed key has a policy, a log of its use and an off switch that we hold.",
    remedy='Set encryption_config with provider.key_arn and resources=["secrets"].',
    references=("EKS-002",),
    on=(t.KUBERNETES,),
    scope="resource",
)
def kubernetes_secrets_own_key(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    encryption = cluster.get("encryptionConfig")
    if not encryption.declared or "secrets" not in encryption.get("resources").texts():
        yield fail(encryption, "keeps its secrets without a customer-managed key")
    elif not encryption.get("provider.keyArn").declared:
        yield fail(encryption.get("provider.keyArn"), "keeps its secrets without a customer-managed key")


@rule(
    id="kubernetes-api-logged",
    title="The Kubernetes API is logged",
    pillar="logging",
    severity="medium",
    why="Without the audit log nobody can tell who did what in the cluster.",
    remedy="Set enabled_cluster_log_types with at least the configured types.",
    references=("EKS-003",),
    on=(t.KUBERNETES,),
    scope="resource",
    settings={"types": Setting(list(_LOGS), "log types that are asked for")},
)
def kubernetes_api_logged(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    node = cluster.get("enabledClusterLogTypes")
    missing = [name for name in ctx.strings("types") if name not in node.texts()]
    if missing:
        yield fail(node, f"does not log {', '.join(missing)}")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@rule(
    id="kubernetes-supported",
    title="Kubernetes clusters run a supported version",
    pillar="integrity",
    severity="high",
    why="A version out of support gets no fixes, and AWS upgrades it at a time of its own.",
    remedy="Set version to the oldest accepted one or later, or leave it out for the default.",
    references=("EKS-005",),
    on=(t.KUBERNETES,),
    scope="resource",
    settings={"oldest": Setting("1.31", "oldest version that is accepted")},
)
def kubernetes_supported(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    node, oldest = cluster.get("version"), str(ctx.settings["oldest"])
    if node.state is State.UNKNOWN and not cluster.edges.get("version"):
        return  # left to AWS, whose default is a supported one
    if node.text() and _number(node.text()) < _number(oldest):
        yield fail(node, "runs a version out of support")


@rule(
    id="nodes-no-open-shell",
    title="Kubernetes nodes are not open to SSH from everywhere",
    pillar="network",
    severity="high",
    why="With a key pair and no source group, EKS opens port 22 of the nodes to the internet.",
    remedy="Set source_security_group_ids in remote_access, or leave ec2_ssh_key out.",
    references=("EKS-004",),
    on=(t.NODE_GROUP,),
    scope="resource",
)
def nodes_no_open_shell(group: Resource, ctx: Context) -> Iterator[Finding]:
    access = group.get("remoteAccess")
    if (
        access.present
        and access.get("ec2SshKey").declared
        and not access.get("sourceSecurityGroupIds").declared
    ):
        yield fail(access.get("sourceSecurityGroupIds"), "is open to SSH from everywhere")


@rule(
    id="kubernetes-access-own-accounts",
    title="Access to Kubernetes clusters is given to principals of the stack's own accounts",
    pillar="auth",
    severity="high",
    level="advisory",
    why="The administrators of the other account decide who may assume the role, and with it act in the cluster.",
    remedy="Set principal_arn to a role of the stack's account, or list the other account in the setting.",
    references=("EKS-006",),
    on=(t.KUBERNETES_ENTRY, t.KUBERNETES_ACCESS),
    settings={"accounts": Setting([], "accounts other than the stack's own that may be admitted")},
)
def kubernetes_access_own_accounts(access: Resource, ctx: Context) -> Iterator[Finding]:
    principal = access.get("principalArn")
    yield from need(
        principal, lambda n: "*" not in n.text(), "admits every principal that matches a wildcard"
    )
    yield from need(
        principal, lambda n: not foreign(n, ctx.strings("accounts")), "admits another account to the cluster"
    )
