"""What the policy pack adds to a preview on the real Pulumi engine, beside its peers in the same run.

Needs the CLI of `make engine`; the peers also Node and npm. Every candidate previews once a round, so that a busy
moment meets all of them; a figure is the median of a round's difference to the preview without a pack.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import peers
from benchmarks.peers import Pack
from model import progress
from model.commands import cli
from model.files import write_text
from tests.engine import aws, warm
from tests.engine import cli as engine
from tests.engine.workspace import Workspace, workspace

_STARTER = """\
#!/usr/bin/env node
// The SDK's own starter, without the language host: the engine names its address, the pack prints its port.
process.env.PULUMI_NODEJS_POLICY_PACK = "1";
// A pack takes its version from the package.json of the working folder.
process.chdir(__dirname);
require("./index.js");
"""
_ADVISORY = '{"all": "advisory"}'
# With nothing to find but a handful of notes: showing findings is the engine's work.
_MANY = """
import json
import pulumi
import pulumi_aws as aws

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
kept, tags = pulumi.ResourceOptions(protect=True), {{"Owner": "a"}}
caller = {{"Effect": "Allow", "Principal": {{"Service": "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole"}}
trust = json.dumps({{"Version": "2012-10-17", "Statement": [caller]}})
ACCOUNT = "arn:aws:iam::123456789012:root"
GROUPS = "arn:aws:logs:us-east-1:123456789012:log-group:*"
owner = {{"Effect": "Allow", "Principal": {{"AWS": ACCOUNT}}, "Action": "kms:*", "Resource": "*"}}
logs = {{
    "Effect": "Allow",
    "Principal": {{"Service": "logs.us-east-1.amazonaws.com"}},
    "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    "Resource": "*",
    "Condition": {{"ArnLike": {{"kms:EncryptionContext:aws:logs:arn": GROUPS}}}},
}}
key = aws.kms.Key(
    "key",
    description="Logs",
    enable_key_rotation=True,
    deletion_window_in_days=30,
    policy=json.dumps({{"Version": "2012-10-17", "Statement": [owner, logs]}}),
    tags=tags,
    opts=kept,
)

for place in range({count}):
    log = aws.cloudwatch.LogGroup(f"log-{{place}}", retention_in_days=365, kms_key_id=key.arn, tags=tags, opts=kept)
    aws.cloudwatch.LogMetricFilter(
        f"filter-{{place}}",
        log_group_name=log.name,
        pattern="ERROR",
        metric_transformation={{"name": "errors", "namespace": "many", "value": "1"}},
    )
    alarm = aws.cloudwatch.MetricAlarm(
        f"alarm-{{place}}",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=1,
        metric_name="errors",
        namespace="many",
        period=60,
        statistic="Sum",
        alarm_actions=[TOPIC],
        treat_missing_data="notBreaching",
        tags=tags,
    )
    aws.cloudwatch.CompositeAlarm(
        f"both-{{place}}",
        alarm_name=f"both-{{place}}",
        alarm_rule=alarm.name.apply(lambda name: f"ALARM({{name}})"),
        alarm_actions=[TOPIC],
        tags=tags,
    )
    aws.iam.Role(f"role-{{place}}", assume_role_policy=trust, tags=tags)
"""
_EMPTY = """\
#!{python}
# A pack of one policy that finds nothing: what is left is the engine's own work for any pack.
import signal
import sys

from endpoint_guard.wire import protocol
from endpoint_guard.wire.server import Server

info = protocol.Info(name="empty", version="0.0.1", supportsConfig=True)
info.policies.add(name="nothing", policy_type=protocol.POLICY_TYPES["resource"])
said = {{"GetPluginInfo": protocol.PluginInfo(version="0.0.1"), "GetAnalyzerInfo": info}}
answers = {{call: message.SerializeToString() for call, message in said.items()}}
answers |= dict.fromkeys(("ConfigureStack", "Configure", "Remediate", "Analyze", "AnalyzeStack"), b"")


def answer(path, message):
    content = answers.get(path.rpartition("/")[2])
    return None if content is None else (content,)


server = Server(answer)
sys.stdout.write(f"{{server.add_insecure_port('127.0.0.1:0')}}\\n")
server.start()
sys.stdout.flush()
signal.signal(signal.SIGINT, signal.SIG_DFL)  # the engine waits for its end
signal.pause()
"""
_FLOOR = "an empty pack"
_PER_ROUND = 5
_ENVIRONMENT = {"ENDPOINT_GUARD_PROFILE": "aws"}


def candidates(others: Sequence[Pack], folder: Path) -> Mapping[str, Sequence[str]]:
    """Flags of `pulumi preview` by name: no pack, ours, one without rules, and the peers, with findings as advice."""
    own = str(engine.ROOT / ".venv" / "bin" / "endpoint-guard-pack")
    empty = folder / "empty"
    empty.write_text(_EMPTY.format(python=sys.executable))
    empty.chmod(0o755)
    found: dict[str, Sequence[str]] = {
        "none": (),
        "endpoint-guard": ("--policy-pack", own),
        _FLOOR: ("--policy-pack", str(empty)),
    }
    levels = folder / "advisory.json"
    levels.write_text(_ADVISORY)
    for peer in others:
        starter = peer.folder / "start"
        starter.write_text(_STARTER)
        starter.chmod(0o755)
        found[peer.name] = ("--policy-pack", str(starter), "--policy-pack-config", str(levels))
    return found


def measure(
    stack: Workspace, chosen: Mapping[str, Sequence[str]], rounds: int, say: progress.Say
) -> dict[str, Any]:
    """Median seconds of a preview without a pack, and what each pack adds to it."""
    seconds: dict[str, list[float]] = {name: [] for name in chosen}
    findings: dict[str, int] = {}
    for name, flags in chosen.items():
        with progress.step(say, f"findings: {name}"):
            ended = stack.run("preview", *flags, env=_ENVIRONMENT)
        if not ended.of("summaryEvent"):
            raise RuntimeError(ended.out + ended.err)
        findings[name] = len(ended.of("policyEvent"))
    for place in range(rounds):
        for name, flags in chosen.items():
            with progress.step(say, f"round {place + 1}: {name}"):
                started = time.perf_counter()
                # Without an event log, which names every policy at every resource.
                stack.pulumi("preview", "-s", stack.stack, *flags, env=_ENVIRONMENT)
                seconds[name].append(time.perf_counter() - started)
    added = {
        name: statistics.median(mine - base for mine, base in zip(own, seconds["none"], strict=True))
        for name, own in seconds.items()
        if name != "none"
    }
    return {
        "resources": sum(ended.changes().values()),
        "findings": findings,
        "none": statistics.median(seconds["none"]),
        "added": added,
    }


def many(stack: Workspace, count: int) -> None:
    """Replaces the stack's program by one that declares about `count` small resources, well."""
    (stack.folder / "__main__.py").write_text(textwrap.dedent(_MANY.format(count=count // _PER_ROUND)))


def page(run: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        "# The pack on the real engine",
        "",
        "Written by `python -m benchmarks.engine --compliance-policies CHECKOUT --out docs/engine-benchmark.md`: what "
        f"a policy pack adds to `pulumi preview` (CLI {run['cli']}, {run['cores']} cores, no event log), seconds by "
        f"the clock, median of {run['rounds']} rounds in which every candidate has its turn. AWS is the local provider "
        "of the engine tests and the program's Python is warm, so that little else hides what a pack takes.",
        "",
        "An empty pack has one policy that finds nothing, and imports no SDK: what it adds is the engine's own work "
        "for any pack, two calls for every resource. The larger program keeps two cores busy by itself.",
    ]
    for name, figures in run["programs"].items():
        added, floor = figures["added"], figures["added"][_FLOOR]
        lines += [
            "",
            f"## {name}: {figures['resources']:,} resources, {figures['none']:.2f} s without a pack",
            "",
            "| pack | findings | adds, s | beyond an empty pack, s |",
            "|---|---:|---:|---:|",
            *(
                f"| {pack} | {figures['findings'][pack]} | {seconds:.2f} | {seconds - floor:.2f} |"
                for pack, seconds in added.items()
            ),
        ]
    return "\n".join(lines) + "\n"


def main(
    rounds: Annotated[int, typer.Option(help="Previews of each candidate.")] = 5,
    resources: Annotated[int, typer.Option(help="Size of the second program.")] = 1000,
    checkout: peers.CheckoutOption = None,
    build_dir: Annotated[Path, typer.Option(help="Where peers are installed.")] = Path("build"),
    out: Annotated[Path | None, typer.Option(help="Also write the page to this file.")] = None,
) -> None:
    """Measure what the pack adds to a preview of prod, and of a program with many resources; print JSON."""
    cli.check_output(out)
    found = engine.find()
    if isinstance(found, str):
        raise typer.BadParameter(found)
    others = peers.available(build_dir, checkout, progress.say)
    with tempfile.TemporaryDirectory() as place, aws.serving() as port, warm.serving(Path(place)) as python:
        chosen = candidates(others, Path(place))
        prod = workspace(found, Path(place) / "prod", "prod", port, python)
        figures = {"prod": measure(prod, chosen, rounds, progress.say)}
        many(prod, resources)
        figures["many small resources"] = measure(prod, chosen, rounds, progress.say)
    run = {"cores": os.cpu_count(), "cli": found.version, "rounds": rounds, "programs": figures}
    progress.out.print_json(json.dumps(run))
    if out is not None:
        write_text(out, page(run))


if __name__ == "__main__":
    cli.run(main)
