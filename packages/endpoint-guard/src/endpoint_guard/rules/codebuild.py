"""Build projects: no secret in plain text, no way to the host, logged, artifacts encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import is_secret
from endpoint_guard.expect import off, one_of
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, each, fail, need, property_rule, rule

_CREDENTIALS: Final = re.compile(r"://[^/\s@]+@")


@rule(
    id="build-env-no-secrets",
    title="Build projects hold no secret in plain text",
    pillar="integrity",
    severity="critical",
    why="Everybody who may read the project reads its variables, and builds print them.",
    remedy="Use type PARAMETER_STORE or SECRETS_MANAGER, and a connection for the source.",
    references=("CBD-001",),
    on=(t.BUILD_PROJECT,),
    scope="resource",
)
def build_env_no_secrets(project: Resource, ctx: Context) -> Iterator[Finding]:
    def check(variable: Node) -> Iterator[Finding]:
        name, value = variable.get("name").text(), variable.get("value")
        if variable.get("type").text() in ("", "PLAINTEXT") and is_secret(name, value.text()):
            yield fail(value, "holds something that looks like a secret")

    yield from each(project.get("environment.environmentVariables").items(), check)
    for source in (project.get("source"), *project.get("secondarySources").items()):
        address = source.get("location")
        yield from need(
            address, lambda n: not _CREDENTIALS.search(n.text()), "names its source with a password"
        )


build_unprivileged = property_rule(
    __name__,
    id="build-unprivileged",
    title="Builds do not have the privileges of their host",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="A privileged build controls every device of its host; only building images needs it.",
    remedy="Leave privileged_mode off where no image is built.",
    references=("CBD-002",),
    on=t.BUILD_PROJECT,
    path="environment.privilegedMode",
    good=off,
    text="runs privileged builds",
)


@rule(
    id="build-logged",
    title="Builds write a log that is encrypted",
    pillar="logging",
    severity="medium",
    why="Without a log nobody can tell what went into an artifact.",
    remedy="Leave CloudWatch logs on, or switch s3_logs on without encryption_disabled.",
    references=("CBD-003",),
    on=(t.BUILD_PROJECT,),
    scope="resource",
)
def build_logged(project: Resource, ctx: Context) -> Iterator[Finding]:
    watch, bucket = project.get("logsConfig.cloudwatchLogs"), project.get("logsConfig.s3Logs")
    if watch.get("status").text() == "DISABLED" and bucket.get("status").text() != "ENABLED":
        yield fail(watch.get("status"), "writes no log")
    if bucket.get("encryptionDisabled").flag():
        yield fail(bucket.get("encryptionDisabled"), "writes its log unencrypted")


@rule(
    id="build-artifacts-encrypted",
    title="Artifacts and reports of builds are encrypted",
    pillar="encryption",
    severity="medium",
    why="What is built is what runs.",
    remedy="Leave encryption_disabled off.",
    references=("CBD-004",),
    on=(t.BUILD_PROJECT, t.BUILD_REPORTS),
    scope="resource",
)
def build_artifacts_encrypted(project: Resource, ctx: Context) -> Iterator[Finding]:
    if project.type == t.BUILD_REPORTS:
        node = project.get("exportConfig.s3Destination.encryptionDisabled")
        yield from need(node, off, "writes its reports unencrypted")
        return
    for artifacts in (project.get("artifacts"), *project.get("secondaryArtifacts").items()):
        yield from need(artifacts.get("encryptionDisabled"), off, "writes its artifacts unencrypted")


build_private = property_rule(
    __name__,
    id="build-private",
    title="Builds are not shown to everybody",
    pillar="auth",
    severity="high",
    why="Logs and artifacts of a public project are open to the internet.",
    remedy="Leave project_visibility unset.",
    references=("CBD-005",),
    on=t.BUILD_PROJECT,
    path="projectVisibility",
    good=one_of("PRIVATE", default="PRIVATE"),
    text="shows its builds to everybody",
)
