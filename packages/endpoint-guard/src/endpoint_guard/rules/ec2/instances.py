"""Instances and their disks: no secret at start, no public address, no old metadata service, encrypted."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import looks_secret
from endpoint_guard.expect import left_on, on
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, need, property_rule, rule

_MACHINES: Final = (t.INSTANCE, t.SPOT_INSTANCE, t.LAUNCH_TEMPLATE, t.LAUNCH_CONFIGURATION)
_ASSIGNED: Final = re.compile(
    r"""(?ix) (?<![\w-])
    (?P<name> [\w-]{0,80}? (?:password|passwd|secret|api_?key|access_?key|auth_?token|access_?token) [\w-]{0,80} )
    (?P<sign> ["']? \s{0,32}[=:]\s{0,32} | \s{1,32} ) ["']?
    (?! ["'] | \$ | ` | < | \{ | \( | \[ | % | - | file: | https?: | arn: | / | \s ) (?P<value>[^\s"';]{6,})"""
)
"""A name of a secret with a literal behind it; a variable, a command, a path or an address is none.

Bounded, and begun where a word begins: a long text costs its length.
"""
_WORDS: Final = re.compile(r"[A-Za-z]+[.,]?")


@rule(
    id="user-data-no-secrets",
    title="User data of instances holds no secret",
    pillar="integrity",
    severity="critical",
    why="User data is shown by DescribeInstanceAttribute and to every process on the instance.",
    remedy="Fetch the secret at start from Secrets Manager with the instance's role.",
    references=("EC2-001",),
    on=_MACHINES,
    scope="resource",
)
def user_data_no_secrets(machine: Resource, ctx: Context) -> Iterator[Finding]:
    def check(node: Node) -> Iterator[Finding]:
        text = _decoded(node.text())
        if looks_secret(text) or any(_assigns(hit) for hit in _ASSIGNED.finditer(text)):
            yield fail(node, "is given something that looks like a secret")

    yield from each([machine.get("userData"), machine.get("userDataBase64")], check)


def _assigns(hit: re.Match[str]) -> bool:
    """Whether a name and what follows are an assignment, or an option and its value, rather than prose."""
    option = hit["name"].startswith("--")
    return (option or not hit["sign"].isspace()) and _WORDS.fullmatch(hit["value"]) is None


def _decoded(text: str) -> str:
    """The text, decoded when it is Base64."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


@rule(
    id="instance-metadata-v2",
    title="Instances require version 2 of the metadata service",
    pillar="integrity",
    severity="high",
    why="With IMDSv1 one request that a server is tricked into is enough to take the role's credentials.",
    remedy='Set metadata_options with http_tokens="required".',
    references=("EC2-002",),
    on=(*_MACHINES, t.METADATA_DEFAULTS),
    scope="resource",
)
def instance_metadata_v2(machine: Resource, ctx: Context) -> Iterator[Finding]:
    if machine.type == t.METADATA_DEFAULTS:
        tokens = machine.get("httpTokens")
        yield from need(tokens, lambda n: n.text() != "optional", "accepts version 1 of the metadata service")
        return
    options = machine.get("metadataOptions")
    by_template = machine.type == t.INSTANCE and machine.get("launchTemplate").declared
    if by_template and not options.declared:
        return  # the template decides, and is judged itself
    if options.get("httpEndpoint").text() != "disabled" and options.get("httpTokens").text() != "required":
        yield fail(options.get("httpTokens"), "accepts version 1 of the metadata service")


@rule(
    id="instance-no-public-address",
    title="Instances have no public address",
    pillar="network",
    severity="high",
    why="Only the security group stands between the instance and everybody.",
    remedy="Set associate_public_ip_address=False and put a load balancer in front.",
    references=("EC2-003",),
    on=_MACHINES,
    scope="resource",
)
def instance_no_public_address(machine: Resource, ctx: Context) -> Iterator[Finding]:
    places = [machine.root, *machine.get("networkInterfaces").items()]
    nodes = [place.get("associatePublicIpAddress") for place in places]
    yield from each(nodes, lambda node: need(node, lambda n: not n.flag(), "is given a public address"))


def _account_encrypts(ctx: Context) -> bool:
    """Whether the stack switches encryption of new disks on for the whole account and region."""
    return any(entry.get("enabled").flag(default=True) for entry in ctx.graph.of(t.DISKS_BY_DEFAULT))


@rule(
    id="instance-disks-encrypted",
    title="Disks of instances are encrypted",
    pillar="encryption",
    severity="medium",
    why="Snapshots and images made of the disk are readable by whoever they are shared with.",
    remedy="Set encrypted=True on root_block_device and every ebs_block_device, or declare ebs.EncryptionByDefault.",
    references=("EC2-004",),
    on=_MACHINES,
)
def instance_disks_encrypted(machine: Resource, ctx: Context) -> Iterator[Finding]:
    if _account_encrypts(ctx):
        return
    text = "has an unencrypted disk"
    if machine.type == t.LAUNCH_TEMPLATE:
        for entry in machine.get("blockDeviceMappings").items():
            if entry.get("ebs").declared:
                yield from need(entry.get("ebs.encrypted"), on, text)
        return
    by_template = machine.type == t.INSTANCE and machine.get("launchTemplate").declared
    if machine.get("rootBlockDevice").declared or not by_template:
        yield from need(machine.get("rootBlockDevice.encrypted"), on, text)
    for disk in machine.get("ebsBlockDevices").items():
        if not disk.get("snapshotId").declared:  # encrypted or not as the snapshot is
            yield from need(disk.get("encrypted"), on, text)


@rule(
    id="volume-encrypted",
    title="Volumes and copies of snapshots are encrypted",
    pillar="encryption",
    severity="medium",
    why="Snapshots made of the volume are readable by whoever they are shared with.",
    remedy="Set encrypted=True, with kms_key_id for a key of your own.",
    references=("EC2-004",),
    on=(t.VOLUME, t.DISK_SNAPSHOT_COPY, t.IMAGE_COPY),
)
def volume_encrypted(volume: Resource, ctx: Context) -> Iterator[Finding]:
    if not _account_encrypts(ctx):
        yield from need(volume.get("encrypted"), on, "is not encrypted")


disks_by_default = property_rule(
    __name__,
    id="disks-encrypted-by-default",
    title="Encryption of new disks is not switched off for the account",
    pillar="encryption",
    severity="medium",
    why="It is the only guard against a disk that somebody makes by hand.",
    remedy="Set enabled=True.",
    references=("EC2-005",),
    on=t.DISKS_BY_DEFAULT,
    path="enabled",
    good=left_on,
    text="switches encryption of new disks off",
)

image_private = property_rule(
    __name__,
    id="image-not-public",
    title="Machine images are not shared with everybody",
    pillar="auth",
    severity="high",
    why="An image holds whatever was on the disk, and whoever launches it has it.",
    remedy="Name accounts in account_id.",
    references=("EC2-006",),
    on=t.IMAGE_PERMISSION,
    path="group",
    good=lambda node: node.text() != "all",
    text="shares an image with everybody",
)
