"""The function's code: a supported runtime, a pinned package, layers of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.accounts import abroad
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule

_RUNTIMES: Final = [
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs22.x",
    "nodejs24.x",
    "java11",
    "java17",
    "java21",
    "java25",
    "java8.al2",
    "dotnet10",
    "ruby3.3",
    "ruby3.4",
    "provided.al2023",
]
"""Runtimes that AWS still patches at the end of 2026, by the page on Lambda runtimes."""


@rule(
    id="function-runtime-supported",
    title="Functions run on a supported runtime",
    pillar="integrity",
    severity="medium",
    why="An unsupported runtime gets no security patches.",
    remedy="Use a runtime on the list.",
    references=("LAM-010",),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"runtimes": Setting(list(_RUNTIMES), "accepted runtimes")},
)
def function_runtime_supported(function: Resource, ctx: Context) -> Iterator[Finding]:
    if function.get("packageType").text() != "Image":
        runtime = function.get("runtime")
        yield from need(runtime, lambda n: n.text() in ctx.strings("runtimes"), "has an unsupported runtime")


@rule(
    id="function-package-pinned",
    title="The function's package is pinned",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="An unpinned package changes without a change of the program.",
    remedy="Set source_code_hash, s3_object_version, or an image digest.",
    references=("LAM-G08",),
    on=(t.FUNCTION,),
    scope="resource",
)
def function_package_pinned(function: Resource, ctx: Context) -> Iterator[Finding]:
    image = function.get("imageUri")
    if image.declared:
        yield from need(image, lambda n: "@sha256:" in n.text(), "runs an image that is not pinned")
        return
    names = ("sourceCodeHash", "codeSha256", "s3ObjectVersion")
    if not any(function.get(name).declared for name in names):
        yield fail(function.get("sourceCodeHash"), "runs a package that is not pinned")


@rule(
    id="function-package-own",
    title="The function's package comes from the program or a bucket of the stack",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="Whoever owns the other bucket or server decides what runs here.",
    remedy="Pass an archive of the program, or upload it to a bucket of the stack.",
    references=("LAM-G08",),
    on=(t.FUNCTION,),
)
def function_package_own(function: Resource, ctx: Context) -> Iterator[Finding]:
    if function.get("s3Bucket").declared and not function.targets("s3Bucket", t.BUCKET):
        yield fail(function.get("s3Bucket"), "runs a package of a bucket outside the stack")
    if getattr(function.get("code").value, "uri", None):
        yield fail(function.get("code"), "runs a package that is fetched from an address")
    if function.get("fileSystemConfig").declared:
        yield fail(function.get("fileSystemConfig"), "mounts files that may hold other code")


@rule(
    id="alias-serves-version",
    title="An alias serves a published version",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="$LATEST is whatever was uploaded last, without a publication and without a way back.",
    remedy="Set publish=True on the function and function_version=function.version on the alias.",
    references=("LAM-G02", "LAM-G08"),
    on=(t.FUNCTION_ALIAS,),
)
def alias_serves_version(alias: Resource, ctx: Context) -> Iterator[Finding]:
    version = alias.get("functionVersion")
    if version.state is State.KNOWN and version.text() == "$LATEST":
        yield fail(version, "serves whatever was uploaded last")
    for name, weight in alias.get("routingConfig.additionalVersionWeights").entries():
        if name == "$LATEST":
            yield fail(weight, "serves whatever was uploaded last")
    # The version that an unpublished function reports is $LATEST.
    for function in alias.targets("functionVersion", t.FUNCTION) if version.declared else []:
        yield from need(function.get("publish"), Node.flag, "is not published, and an alias serves it")


@rule(
    id="function-no-foreign-layers",
    title="Functions use no layers of other accounts",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="A layer runs in the function with all of its rights.",
    remedy="Put the code into the package, or name the account in the setting.",
    references=("LAM-019",),
    on=(t.FUNCTION,),
    scope="resource",
    settings={"accounts": Setting([], "accounts whose layers are accepted")},
)
def function_no_foreign_layers(function: Resource, ctx: Context) -> Iterator[Finding]:
    for layer in function.get("layers").items():
        account = re.match(r"arn:aws[\w-]*:lambda:[\w-]+:(\d{12}):", layer.text())
        if account is None or account.group(1) not in ctx.strings("accounts"):
            yield fail(layer, "uses a layer that is not accepted")


@rule(
    id="function-limits-explicit",
    title="Functions set timeout, memory and description",
    pillar="integrity",
    severity="low",
    level="advisory",
    why="The default of 3 seconds and 128 MB fits nothing in particular.",
    remedy="Set timeout, memory_size and description.",
    references=("LAM-015", "LAM-016", "LAM-021"),
    on=(t.FUNCTION,),
    scope="resource",
)
def function_limits_explicit(function: Resource, ctx: Context) -> Iterator[Finding]:
    # The provider fills in a default before the pack is asked, so that it cannot be told from the same value, set.
    defaults = {"timeout": 3, "memorySize": 128}

    def check(node: Node) -> Iterator[Finding]:
        if not node.present or (node.path in defaults and node.number() == defaults[node.path]):
            yield fail(node, "leaves timeout, memory or description to a default")

    yield from each([function.get(name) for name in (*defaults, "description")], check)


@rule(
    id="code-signing-enforced",
    title="A code-signing configuration enforces",
    pillar="integrity",
    severity="medium",
    why="In Warn mode unsigned code runs, with a line in a log.",
    remedy='Set untrusted_artifact_on_deployment="Enforce".',
    references=("LAM-G05", "LAM-009"),
    on=(t.CODE_SIGNING,),
)
def code_signing_enforced(config: Resource, ctx: Context) -> Iterator[Finding]:
    node = config.get("policies.untrustedArtifactOnDeployment")
    yield from need(node, lambda n: n.text() == "Enforce", "lets unsigned code run")
    publishers = config.get("allowedPublishers.signingProfileVersionArns")
    for publisher in publishers.items() if publishers.state.value == "known" else []:
        if publisher.state.value == "known" and abroad(publisher):
            yield fail(publisher, "accepts code that another account signed")


@rule(
    id="function-code-signed",
    title="Functions run signed code",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="A signature binds the package to whoever built it.",
    remedy="Set code_signing_config_arn to a configuration of the stack.",
    references=("LAM-009",),
    on=(t.FUNCTION,),
    settings={"required": Setting(True, "whether code signing is asked for")},
)
def function_code_signed(function: Resource, ctx: Context) -> Iterator[Finding]:
    node = function.get("codeSigningConfigArn")
    if node.declared and not function.targets("codeSigningConfigArn", t.CODE_SIGNING):
        yield fail(node, "names a code-signing configuration outside the stack")
    if ctx.flag("required") and not node.declared:
        yield fail(node, "runs unsigned code")
