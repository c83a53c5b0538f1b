"""Policy packs of others, started and asked as the engine does it, for a comparison with ours in one run.

AWSGuard comes from npm into `build/peers`; pulumi/compliance-policies is bundled there from a checkout of its
repository. A peer elsewhere is a folder with a built pack: `--peer NAME=FOLDER`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_preflight import messages
from pulumi_preflight.channel import UNIMPLEMENTED, CallError, Channel
from pulumi_preflight.graph import Graph

from model import progress
from model.errors import UserError

_PROJECT = Path(__file__).resolve().parent.parent
_RUNNER = "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js"
_SERVICE = "/pulumirpc.Analyzer/"
_CALL_SECONDS = 900.0
_AWSGUARD: Mapping[str, str] = {
    # AWSGuard takes its version from here, and does not start without one.
    "package.json": '{"name": "peer", "version": "1.0.0", "private": true, '
    '"dependencies": {"@pulumi/awsguard": "0.3.1", "@pulumi/pulumi": "3.248.0"}}\n',
    "index.js": 'const { AwsGuard } = require("@pulumi/awsguard");\nnew AwsGuard({ all: "mandatory" });\n',
    "PulumiPolicy.yaml": "runtime: nodejs\nversion: 0.0.1\n",
}
_COMPLIANCE_POLICIES: Mapping[str, str] = {
    "package.json": '{"name": "peer", "version": "1.0.0", "private": true, "dependencies": {"@pulumi/aws": "6.68.0", '
    '"@pulumi/policy": "1.21.0", "@pulumi/pulumi": "3.248.0", "esbuild": "0.28.2", "findup-sync": "5.0.0", '
    '"micromatch": "4.0.8"}}\n',
    "index.ts": 'import { PolicyPack } from "@pulumi/policy";\n'
    'import "vendor-aws";\n'
    'import { policyManager } from "@pulumi/compliance-policy-manager";\n'
    'const policies = policyManager.selectPolicies({ vendors: ["aws"] }, "mandatory");\n'
    'new PolicyPack("compliance-policies", { policies });\n',
    "PulumiPolicy.yaml": "runtime: nodejs\nversion: 0.0.1\n",
}


CheckoutOption = Annotated[
    Path | None,
    typer.Option("--compliance-policies", help="A checkout of pulumi/compliance-policies to measure, too."),
]


@dataclass(frozen=True)
class Pack:
    """A pack by its name and the command that starts it; the command ends with the engine's address and the folder.

    `environment` is what it is told beside.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Seconds from the start of the process to its last answer, of CPU beside, its peak memory, and what it said."""

    seconds: float
    cpu_seconds: float
    memory_mb: float
    policies: int
    findings: int


@dataclass(frozen=True)
class Stack:
    """A stack as the bytes of the engine's messages: each resource's inputs, then all outputs."""

    name: str
    project: str
    requests: Sequence[bytes]
    outputs: bytes


def stack(graph: Graph) -> Stack:
    """The messages of a graph, made once for all packs."""
    by_urn = {resource["urn"]: resource for resource in graph.resources}
    return Stack(
        graph.stack,
        graph.project,
        [messages.request(resource, by_urn).SerializeToString() for resource in graph.resources],
        analyzer_pb2.AnalyzeStackRequest(
            resources=[messages.view(resource, by_urn) for resource in graph.resources]
        ).SerializeToString(),
    )


def available(build_dir: Path, checkout: Path | None, say: progress.Say) -> list[Pack]:
    """The peers that can be had here; says which cannot. Raises UserError for a checkout that is not one."""
    packs = [compliance_policies(checkout, build_dir)] if checkout else []
    try:
        packs.insert(0, awsguard(build_dir))
    except UserError as error:
        say(f"AWSGuard is left out: {error}")
    return packs


def ours(name: str = "ours") -> Pack:
    """This project's pack as an executable, all rules on."""
    told = {
        "ENDPOINT_GUARD_PROFILE": "scoring-endpoint",
        "ENDPOINT_GUARD_EXEMPTIONS": str(_PROJECT / "policies" / "exemptions.yaml"),
    }
    command = (sys.executable, "-m", "endpoint_guard.executable")
    return Pack(name, command, _PROJECT / "policies", told)


def awsguard(build_dir: Path) -> Pack:
    """AWSGuard, installed when it is missing. Raises UserError without node and npm."""
    return of_folder("AWSGuard", _installed(build_dir.resolve() / "peers" / "awsguard", _AWSGUARD))


def compliance_policies(checkout: Path, build_dir: Path) -> Pack:
    """All rules for aws of a checkout of pulumi/compliance-policies, which its repository publishes as a library.

    Raises UserError without node and npm, or when the folder is not such a checkout.
    """
    aws, manager = checkout / "vendor-aws" / "aws" / "index.ts", checkout / "policy-manager" / "index.ts"
    if not (aws.is_file() and manager.is_file()):
        raise UserError(f"{checkout} is not a checkout of pulumi/compliance-policies.")
    folder = _installed(build_dir.resolve() / "peers" / "compliance-policies", _COMPLIANCE_POLICIES)
    done = subprocess.run(  # noqa: S603
        [
            *(str(_on_path("node")), "node_modules/esbuild/bin/esbuild", "index.ts", "--outfile=index.js"),
            *("--bundle", "--platform=node", "--log-level=error"),
            *(f"--external:@pulumi/{name}" for name in ("aws", "policy", "pulumi")),
            f"--alias:vendor-aws={aws.resolve()}",
            f"--alias:@pulumi/compliance-policy-manager={manager.resolve()}",
        ],
        cwd=folder,
        env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
        check=False,
    )
    if done.returncode:
        raise UserError(f"{checkout} could not be bundled: see above.")
    return of_folder("compliance-policies", folder)


def _installed(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder with these files and their modules, which are installed when the files are new."""
    npm = _on_path("npm")
    known = all((folder / name).is_file() and (folder / name).read_text() == files[name] for name in files)
    if not known or not (folder / _RUNNER).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        done = subprocess.run(  # noqa: S603
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"],
            cwd=folder,
            check=False,
            capture_output=True,
        )
        if done.returncode:
            raise UserError("npm could not install it.")
    return folder


def _on_path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise UserError("node and npm are not on the path.")
    return found


def of_folder(name: str, folder: Path) -> Pack:
    """A pack for node in a folder with its modules. Raises UserError when they are not there."""
    node = _on_path("node")
    if not (folder / _RUNNER).is_file():
        raise UserError(f"{folder} is not a policy pack for node with its modules installed.")
    return Pack(name, (node, str(folder / _RUNNER)), folder)


def judge(pack: Pack, judged: Stack) -> Verdict:
    """Starts a pack, asks what the engine asks of it in an update, and ends it."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [*pack.command, "127.0.0.1:1", str(pack.folder)],
        cwd=pack.folder,
        env=_environment() | dict(pack.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None  # noqa: S101
    try:
        port = process.stdout.readline().decode().strip()
        if not port.isdigit():
            raise UserError(f"The policy pack {pack.name} did not start.")
        with Channel(int(port)) as channel:
            policies, findings = _ask(channel, judged)
        seconds = time.perf_counter() - started
        return Verdict(seconds, _cpu(process.pid), _peak_mb(process.pid), policies, findings)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _environment() -> dict[str, str]:
    """Python keeps what it compiled, as it does unless it is told not to: a pack is compiled at its first start."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(_PROJECT / "build" / "bench" / "compiled"), **kept}


def _ask(channel: Channel, judged: Stack) -> tuple[int, int]:
    """(policies, findings) of a pack, over the engine's calls in their order, one after the other."""

    def call(method: str, message: bytes = b"") -> bytes:
        return bytes(channel.result(channel.ask(_SERVICE + method, message), _CALL_SECONDS))

    configure = analyzer_pb2.AnalyzerStackConfigureRequest(
        stack=judged.name, project=judged.project, organization="organization"
    )
    try:
        call("ConfigureStack", configure.SerializeToString())
    except CallError as error:  # older SDKs do not know this call, and the engine goes on
        if error.code != UNIMPLEMENTED:
            raise
    info = analyzer_pb2.AnalyzerInfo.FromString(call("GetAnalyzerInfo"))
    call("Configure", _configuration(info).SerializeToString())
    found = 0
    for request in judged.requests:
        call("Remediate", request)
        found += len(analyzer_pb2.AnalyzeResponse.FromString(call("Analyze", request)).diagnostics)
    answer = analyzer_pb2.AnalyzeResponse.FromString(call("AnalyzeStack", judged.outputs))
    return len(info.policies), found + len(answer.diagnostics)


def _configuration(info: Any) -> Any:
    """Every policy mandatory, with the defaults of its own schema."""
    config = {
        policy.name: analyzer_pb2.PolicyConfig(
            enforcementLevel=analyzer_pb2.MANDATORY, properties=struct_pb2.Struct()
        )
        for policy in info.policies
    }
    for policy in info.policies:
        for key, value in policy.configSchema.properties.items():
            if isinstance(value, type(policy.configSchema.properties)) and "default" in value:
                config[policy.name].properties[key] = value["default"]
    return analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1000
