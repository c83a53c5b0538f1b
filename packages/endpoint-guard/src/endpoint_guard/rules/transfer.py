"""Transfer Family: files arrive over protocols that encrypt, by modern algorithms, and leave a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.expect import given, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, property_rule, rule

_OLD: Final = ("TransferSecurityPolicy-2018-11", "TransferSecurityPolicy-2020-06")
"""Policies with SHA-1 among their algorithms."""


@rule(
    id="file-server-encrypted",
    title="File servers accept encrypted protocols only",
    pillar="encryption",
    severity="medium",
    why="FTP sends passwords and files unencrypted.",
    remedy='Leave "FTP" out of protocols.',
    references=("TFR-001",),
    on=(t.TRANSFER_SERVER,),
    scope="resource",
)
def file_server_encrypted(server: Resource, ctx: Context) -> Iterator[Finding]:
    for node in server.get("protocols").items():
        if node.text().upper() == "FTP":
            yield fail(node, "accepts unencrypted connections")


file_server_modern = property_rule(
    __name__,
    id="file-server-modern",
    title="File servers accept modern algorithms only",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="The default policy still accepts SHA-1.",
    remedy='Set security_policy_name to a current policy, such as "TransferSecurityPolicy-2024-01".',
    references=("TFR-002",),
    on=t.TRANSFER_SERVER,
    path="securityPolicyName",
    good=lambda node: node.text() not in ("", *_OLD),
    text="accepts old algorithms",
)

file_server_private = property_rule(
    __name__,
    id="file-server-private",
    title="File servers are reached from the network only",
    pillar="network",
    severity="medium",
    level="advisory",
    why="A public endpoint takes everybody's attempts at a password or key, and has no security group.",
    remedy='Set endpoint_type="VPC" with endpoint_details.',
    references=("TFR-003",),
    on=t.TRANSFER_SERVER,
    path="endpointType",
    good=one_of("VPC", "VPC_ENDPOINT"),
    text="is reachable from the internet",
)


@rule(
    id="file-server-logged",
    title="File servers and connectors write a log",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="Without it nobody can say who fetched which file.",
    remedy="Set structured_log_destinations or logging_role.",
    references=("TFR-004",),
    on=(t.TRANSFER_SERVER, t.TRANSFER_CONNECTOR),
    scope="resource",
)
def file_server_logged(server: Resource, ctx: Context) -> Iterator[Finding]:
    if not any(given(server.get(name)) for name in ("structuredLogDestinations", "loggingRole")):
        yield fail(server.get("loggingRole"), "writes no log")
