"""Containers: no secret in their definitions, no way to the host, no public address, logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import is_secret, looks_secret
from endpoint_guard.expect import off, one_of
from endpoint_guard.graph import MalformedError, Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, property_rule, rule

_SECRET: Final = "holds something that looks like a secret"  # noqa: S105


def containers(definition: Resource) -> list[Node]:
    """The containers of a task definition; of a batch job its only one.

    Raises UnreadableError while the document is unknown and MalformedError when it is not a JSON list.
    """
    if definition.type == t.BATCH_JOB:
        place = definition.get("containerProperties")
        return [place.document()] if place.present else []
    place = definition.get("containerDefinitions")
    if not place.present:
        return []
    try:
        found = json.loads(place.text())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise MalformedError(place)
    return [Node(definition, f"{place.path}[{i}]", entry) for i, entry in enumerate(found)]


@rule(
    id="task-env-no-secrets",
    title="Task definitions hold no secret in plain text",
    pillar="integrity",
    severity="critical",
    why="Everybody who may describe the task definition reads its environment, and old revisions stay readable.",
    remedy="Name the secret or the parameter under secrets, by its ARN in valueFrom.",
    references=("ECS-001",),
    on=(t.TASK_DEFINITION, t.BATCH_JOB),
    scope="resource",
    settings={"allowed": Setting([], "variables that may hold long random text")},
)
def task_env_no_secrets(definition: Resource, ctx: Context) -> Iterator[Finding]:
    allowed = ctx.strings("allowed")

    def check(variable: Node) -> Iterator[Finding]:
        name, value = variable.get("name").text(), variable.get("value")
        if name not in allowed and is_secret(name, value.text()):
            yield fail(value, _SECRET)

    for container in containers(definition):
        yield from each(container.get("environment").items(), check)
        for place in (container.get("command"), container.get("entryPoint")):
            for node in place.items():
                yield from need(node, lambda n: not looks_secret(n.text()), _SECRET)


@rule(
    id="containers-unprivileged",
    title="No container has the privileges of its host",
    pillar="integrity",
    severity="high",
    why="Whoever takes over a privileged container has the host, and every other container on it.",
    remedy="Leave privileged, and pidMode and ipcMode host, out of the task definition.",
    references=("ECS-002", "ECS-003"),
    on=(t.TASK_DEFINITION, t.BATCH_JOB),
    scope="resource",
)
def containers_unprivileged(definition: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(definition):
        yield from need(container.get("privileged"), off, "runs a privileged container")
    for name in ("pidMode", "ipcMode"):
        yield from need(
            definition.get(name), lambda n: n.text() != "host", "shares a namespace with its host"
        )


@rule(
    id="containers-logged",
    title="Every container writes a log",
    pillar="logging",
    severity="high",
    why="What a container prints is gone with it.",
    remedy="Set logConfiguration with a logDriver on every container.",
    references=("ECS-004",),
    on=(t.TASK_DEFINITION,),
    scope="resource",
)
def containers_logged(definition: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(definition):
        driver = container.get("logConfiguration.logDriver")
        if driver.text() in ("", "none"):
            yield fail(driver, "runs a container that writes no log")


@rule(
    id="containers-read-only",
    title="Containers cannot change their own files",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="What an attacker cannot write does not stay.",
    remedy="Set readonlyRootFilesystem, with volumes for what has to be written.",
    references=("ECS-005",),
    on=(t.TASK_DEFINITION,),
    scope="resource",
)
def containers_read_only(definition: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(definition):
        yield from need(
            container.get("readonlyRootFilesystem"), Node.flag, "runs a container that can change its files"
        )


@rule(
    id="containers-not-root",
    title="Containers do not run as root",
    pillar="integrity",
    severity="low",
    level="advisory",
    why="Root in the container is one mistake away from root outside of it.",
    remedy="Set user, unless the image names one itself.",
    references=("ECS-006",),
    on=(t.TASK_DEFINITION,),
    scope="resource",
)
def containers_not_root(definition: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(definition):
        user = container.get("user")
        if str(user.value or "").split(":")[0] in ("root", "0"):
            yield fail(user, "runs a container as root")


@rule(
    id="task-volumes-encrypted",
    title="Tasks reach their file systems over TLS",
    pillar="encryption",
    severity="medium",
    why="Files travel in plain text through the network otherwise.",
    remedy='Set transit_encryption="ENABLED" in efs_volume_configuration.',
    references=("ECS-007",),
    on=(t.TASK_DEFINITION,),
    scope="resource",
)
def task_volumes_encrypted(definition: Resource, ctx: Context) -> Iterator[Finding]:
    for volume in definition.get("volumes").items():
        efs = volume.get("efsVolumeConfiguration")
        if efs.declared:
            yield from need(
                efs.get("transitEncryption"), one_of("ENABLED"), "reaches a file system without TLS"
            )


_ADDRESSES: Final = {
    t.ECS_SERVICE: "networkConfiguration",
    t.TASK_SET: "networkConfiguration",
    t.EVENT_TARGET: "ecsTarget.networkConfiguration",
    t.SCHEDULE: "target.ecsParameters.networkConfiguration",
}
"""Where each type that starts tasks says whether they get a public address."""


@rule(
    id="service-no-public-address",
    title="Tasks have no public address",
    pillar="network",
    severity="high",
    why="A public address lets everybody past the load balancer and its checks.",
    remedy="Set assign_public_ip=False and run the tasks in private subnets behind a load balancer.",
    references=("ECS-008",),
    on=tuple(_ADDRESSES),
    scope="resource",
)
def service_no_public_address(starter: Resource, ctx: Context) -> Iterator[Finding]:
    node = starter.get(f"{_ADDRESSES[starter.type]}.assignPublicIp")
    yield from need(
        node, lambda n: n.text() != "ENABLED" and not n.flag(), "gives its tasks public addresses"
    )


host_network = property_rule(
    __name__,
    id="tasks-own-network",
    title="Tasks have a network of their own",
    pillar="network",
    severity="medium",
    level="advisory",
    why="In the host's network a container reaches every port of the host, and no group of its own holds it.",
    remedy='Set network_mode="awsvpc".',
    references=("ECS-011",),
    on=t.TASK_DEFINITION,
    path="networkMode",
    good=lambda node: node.text() != "host",
    text="shares the network of its host",
)

platform_latest = property_rule(
    __name__,
    id="fargate-platform-latest",
    title="Fargate services run on the latest platform",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="Fixes of the platform come with its versions.",
    remedy='Leave platform_version at "LATEST".',
    references=("ECS-012",),
    on=(t.ECS_SERVICE, t.TASK_SET),
    path="platformVersion",
    good=one_of("LATEST", default="LATEST"),
    text="stays on one version of the platform",
)


@rule(
    id="cluster-watched",
    title="Container clusters report what their containers do",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Without figures per container nobody sees one that eats everything.",
    remedy='Set settings with name="containerInsights" and value="enabled" or "enhanced".',
    references=("ECS-009",),
    on=(t.ECS_CLUSTER,),
    scope="resource",
)
def cluster_watched(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    watched = [
        entry.get("value").text()
        for entry in cluster.get("settings").items()
        if entry.get("name").text() == "containerInsights"
    ]
    if not any(value in ("enabled", "enhanced") for value in watched):
        yield fail(cluster.get("settings"), "reports nothing about its containers")


@rule(
    id="exec-sessions-logged",
    title="Sessions in containers are logged",
    pillar="logging",
    severity="medium",
    why="A session in a container can do everything the task may do.",
    remedy='Leave logging at "DEFAULT", or set "OVERRIDE" with a log_configuration.',
    references=("ECS-010",),
    on=(t.ECS_CLUSTER,),
    scope="resource",
)
def exec_sessions_logged(cluster: Resource, ctx: Context) -> Iterator[Finding]:
    logging = cluster.get("configuration.executeCommandConfiguration.logging")
    yield from need(logging, lambda n: n.text() != "NONE", "does not log sessions in its containers")
