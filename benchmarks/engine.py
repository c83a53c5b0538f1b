"""What the policy pack adds to a preview on the real Pulumi engine, beside its peers in the same run.

Needs the CLI of `make engine`; the peers also Node and npm. Every candidate previews once a round, so that a busy
moment meets all of them; a figure is the median of a round's difference to the preview without a pack.
"""

from __future__ import annotations

import json
import os
import statistics
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
_MANY = """
import json
import pulumi_aws as aws

for place in range({count}):
    bucket = aws.s3.Bucket(f"bucket-{{place}}", tags={{"Owner": "a"}})
    aws.s3.BucketVersioning(f"v-{{place}}", bucket=bucket.id, versioning_configuration={{"status": "Enabled"}})
    aws.s3.BucketPublicAccessBlock(f"p-{{place}}", bucket=bucket.id, block_public_acls=True)
    role = aws.iam.Role(f"role-{{place}}", assume_role_policy=json.dumps({{"Statement": []}}))
    aws.cloudwatch.LogGroup(f"log-{{place}}", retention_in_days=30)
"""
_PER_ROUND = 5


def candidates(others: Sequence[Pack], folder: Path) -> Mapping[str, Sequence[str]]:
    """Flags of `pulumi preview` by name: no pack, ours, and the peers, whose findings are made advice."""
    own = str(engine.ROOT / ".venv" / "bin" / "endpoint-guard-pack")
    found: dict[str, Sequence[str]] = {"none": (), "endpoint-guard": ("--policy-pack", own)}
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
    for place in range(rounds):
        for name, flags in chosen.items():
            with progress.step(say, f"round {place + 1}: {name}"):
                started = time.perf_counter()
                ended = stack.run("preview", *flags, env={"ENDPOINT_GUARD_PROFILE": "aws"})
                seconds[name].append(time.perf_counter() - started)
            if not ended.of("summaryEvent"):
                raise RuntimeError(ended.out + ended.err)
    added = {
        name: statistics.median(mine - base for mine, base in zip(own, seconds["none"], strict=True))
        for name, own in seconds.items()
        if name != "none"
    }
    return {
        "resources": sum(ended.changes().values()),
        "none": statistics.median(seconds["none"]),
        "added": added,
    }


def many(stack: Workspace, count: int) -> None:
    """Replaces the stack's program by one that declares about `count` small resources."""
    (stack.folder / "__main__.py").write_text(textwrap.dedent(_MANY.format(count=count // _PER_ROUND)))


def main(
    rounds: Annotated[int, typer.Option(help="Previews of each candidate.")] = 5,
    resources: Annotated[int, typer.Option(help="Size of the second program.")] = 1000,
    checkout: peers.CheckoutOption = None,
    build_dir: Annotated[Path, typer.Option(help="Where peers are installed.")] = Path("build"),
) -> None:
    """Measure what the pack adds to a preview of prod, and of a program with many resources; print JSON."""
    found = engine.find()
    if isinstance(found, str):
        raise typer.BadParameter(found)
    others = peers.available(build_dir, checkout, progress.say)
    with tempfile.TemporaryDirectory() as place, aws.serving() as port, warm.serving(Path(place)) as python:
        chosen = candidates(others, Path(place))
        prod = workspace(found, Path(place) / "prod", "prod", port, python)
        figures = {"prod": measure(prod, chosen, rounds, progress.say)}
        many(prod, resources)
        figures[f"{resources} resources"] = measure(prod, chosen, rounds, progress.say)
    progress.out.print_json(json.dumps({"cores": os.cpu_count(), "cli": found.version, **figures}))


if __name__ == "__main__":
    cli.run(main)
