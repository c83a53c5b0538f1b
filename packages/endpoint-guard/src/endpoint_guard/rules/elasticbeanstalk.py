"""Elastic Beanstalk: environments that patch themselves, report their health and keep their logs."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, rule


def _chosen(environment: Resource, ctx: Context, namespace: str, name: str) -> Node:
    """An option of an environment; its own settings win over those of its template."""
    templates = environment.targets("templateName", t.BEANSTALK_TEMPLATE)
    for carrier in (environment, *templates):
        for setting in carrier.get("settings").items():
            if setting.get("namespace").text() == namespace and setting.get("name").text() == name:
                return setting.get("value")
    return environment.get("settings")


def _elsewhere(environment: Resource) -> bool:
    """Whether the options may stand in a template that is not of the stack."""
    named = environment.get("templateName").declared
    return named and not environment.targets("templateName", t.BEANSTALK_TEMPLATE)


@rule(
    id="beanstalk-patched",
    title="Elastic Beanstalk applies platform updates",
    pillar="integrity",
    severity="high",
    why="Fixes of the operating system and the runtime come with the platform's updates only.",
    remedy="Set ManagedActionsEnabled to true in aws:elasticbeanstalk:managedactions, with a time and a level.",
    references=("EBS-001",),
    on=(t.BEANSTALK,),
)
def beanstalk_patched(environment: Resource, ctx: Context) -> Iterator[Finding]:
    node = _chosen(environment, ctx, "aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled")
    if not _elsewhere(environment) and not node.flag():
        yield fail(node, "does not apply platform updates")


@rule(
    id="beanstalk-logged",
    title="Elastic Beanstalk sends its logs to CloudWatch",
    pillar="logging",
    severity="high",
    why="Logs on an instance go with it, and nobody watches them.",
    remedy="Set StreamLogs to true in aws:elasticbeanstalk:cloudwatch:logs.",
    references=("EBS-002",),
    on=(t.BEANSTALK,),
)
def beanstalk_logged(environment: Resource, ctx: Context) -> Iterator[Finding]:
    node = _chosen(environment, ctx, "aws:elasticbeanstalk:cloudwatch:logs", "StreamLogs")
    if not _elsewhere(environment) and not node.flag():
        yield fail(node, "keeps its logs on its instances")


@rule(
    id="beanstalk-watched",
    title="Elastic Beanstalk reports the health of its instances",
    pillar="logging",
    severity="low",
    level="advisory",
    why="Basic health knows only whether an instance answers.",
    remedy="Set SystemType to enhanced in aws:elasticbeanstalk:healthreporting:system.",
    references=("EBS-003",),
    on=(t.BEANSTALK,),
)
def beanstalk_watched(environment: Resource, ctx: Context) -> Iterator[Finding]:
    node = _chosen(environment, ctx, "aws:elasticbeanstalk:healthreporting:system", "SystemType")
    if not _elsewhere(environment) and node.text() != "enhanced":
        yield fail(node, "reports basic health only")
