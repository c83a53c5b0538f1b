"""Remote components of Python plugins: what the real engine has made is what an evaluation records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.engine.cli import Cli
from tests.engine.workspace import Workspace
from tests.pulumi_preflight.sample_plugin import LOG, NESTED, run_site, write_site

PACKAGES = "packages:\n  store: ./store\n  log: ./log\n"
PROGRAM = """
def everywhere(args):
    if args.type_ == "aws:s3/bucket:Bucket":
        args.props["forceDestroy"] = True
    return pulumi.ResourceTransformResult(args.props, args.opts)


pulumi.runtime.register_resource_transform(everywhere)
west = aws.Provider("west", region="eu-west-1", skip_credentials_validation=True)
outer = pulumi.ComponentResource("a:b:Outer", "outer", None, ResourceOptions(providers=[west]))
topic = aws.sns.Topic("topic")
other = aws.sns.Topic("other")
tags = {"Topic": other.arn, "Team": "x", "Secret": Output.secret("planted-0123456789")}
store = Store("one", topic.arn, tags=tags, token=Output.secret("planted-0123456789"))
Store("two", "x", ResourceOptions(parent=outer, protect=True, depends_on=[store]))
aws.ssm.Parameter("arn", type="String", value=store.arn)
aws.ssm.Parameter("key", type="String", value=store.key.apply(lambda key: key.arn))
"""
RELATIONS = ("parent", "dependencies", "propertyDependencies", "protect", "custom", "type")


@pytest.fixture
def site(cli: Cli, aws: int, python: Path | None, tmp_path: Path) -> Workspace:
    """A project with two plugins and a backend; its stack is to come."""
    folder = write_site(tmp_path, PROGRAM, {"store": NESTED, "log": LOG}, PACKAGES)
    (folder / ".backend").mkdir()
    return Workspace(cli, folder, "dev", aws, python)


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _in_order(item) for key, item in value.items()}
    return sorted(value) if isinstance(value, list) else value


def _relations(resources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Relations and the names of inputs, by URN."""
    found = {}
    for one in resources:
        relations = {key: _in_order(one.get(key)) or None for key in RELATIONS}
        provider = (one.get("provider") or "").rpartition("::")[0]
        inputs = sorted(key for key in one.get("inputs", {}) if not key.startswith("__"))
        found[one["urn"]] = {**relations, "provider": provider, "inputs": inputs}
    return found


def test_both_make_the_same_of_a_remote_component(site: Workspace) -> None:
    offline = run_site(site.folder)
    assert offline.warnings == ()
    site.pulumi("stack", "init", "dev")
    ended = site.run("up", "--skip-preview")
    assert ended.code == 0, ended.out + ended.err
    online = _relations(site.state())
    assert sum("$store:index:Store$" in urn or "::store:index:Store$" in urn for urn in online) == 12
    assert _relations(offline.resources) == online
