"""The same verdicts through the real Pulumi CLI, where there is one on PATH. It needs no login and no provider."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pulumi_preflight.graph import Graph

from tests.harness import PROJECT, declared

PULUMI = shutil.which("pulumi")
pytestmark = pytest.mark.skipif(PULUMI is None, reason="the Pulumi CLI is not on PATH")


def analyze(graph: Graph, folder: Path) -> tuple[int, list[dict[str, object]]]:
    """Exit code and events of `pulumi policy analyze` on the graph as an exported state."""
    state = folder / "state.json"
    state.write_text(json.dumps(graph.to_export()))
    command = [str(PULUMI), "policy", "analyze", "--file", str(state), "--json", "--non-interactive"]
    command += ["--policy-pack", "policies", "--policy-pack-config", f"policies/levels/{graph.stack}.json"]
    offline = {
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    ended = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **offline}, capture_output=True, text=True, timeout=120
    )
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def test_the_cli_passes_our_own_stack(tmp_path: Path) -> None:
    code, _ = analyze(declared("prod"), tmp_path)
    assert code == 0


def test_the_cli_refuses_a_method_without_a_key(tmp_path: Path) -> None:
    graph = declared("prod")
    resources = copy.deepcopy(graph.resources)
    (method,) = [r for r in resources if r["type"] == "aws:apigateway/method:Method"]
    for side in ("inputs", "outputs"):
        method[side]["apiKeyRequired"] = False
    code, events = analyze(replace(graph, resources=resources), tmp_path)
    assert code != 0
    assert "method-requires-api-key" in json.dumps(events)
