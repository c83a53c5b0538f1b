"""Small provider plugins and the SDK of one, for tests of remote components."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.harness import Form, write_project

PACKAGES = "packages:\n  store: ./store\n"

STORE = """
from typing import Any, Optional, TypedDict

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions
from pulumi.provider.experimental import component_provider_host


class StoreArgs(TypedDict):
    label: pulumi.Input[str]
    token: Optional[pulumi.Input[str]]
    tags: Optional[dict[str, pulumi.Input[str]]]


class Store(pulumi.ComponentResource):
    arn: pulumi.Output[str]
    key: pulumi.Output[Any]
    token: pulumi.Output[str]

    def __init__(self, name: str, args: StoreArgs, opts: Optional[ResourceOptions] = None) -> None:
        super().__init__("store:index:Store", name, {"label": args["label"]}, opts)
        print(f"made by the plugin: {name}")
        pulumi.log.info(f"{pulumi.get_project()} {pulumi.get_stack()} {pulumi.Config('sample').get('word')}")
        child = ResourceOptions(parent=self)
        self.key = aws.kms.Key(f"{name}-key", description=args["label"], opts=child)
        part = pulumi.ComponentResource("store:index:Part", f"{name}-part", None, child)
        bucket = aws.s3.Bucket(f"{name}-files", tags=args.get("tags") or {}, opts=ResourceOptions(parent=part))
        client = aws.apigateway.ApiKey(f"{name}-client", value=args.get("token"), opts=child)
        self.arn = bucket.arn
        self.token = client.value
        self.register_outputs({"arn": self.arn})


if __name__ == "__main__":
    component_provider_host(name="store", components=[Store])
"""

SDK = """
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions


class Store(pulumi.ComponentResource):
    def __init__(self, name, label, opts=None, **more):
        given = {"label": label, "arn": None, "key": None, "token": None, **more}
        opts = ResourceOptions.merge(ResourceOptions(version="0.1.0"), opts)
        super().__init__("store:index:Store", name, given, opts, True)

    @property
    @pulumi.getter
    def arn(self) -> Output[str]:
        return pulumi.get(self, "arn")

    @property
    @pulumi.getter
    def key(self) -> Output[Any]:
        return pulumi.get(self, "key")

    @property
    @pulumi.getter
    def token(self) -> Output[str]:
        return pulumi.get(self, "token")
"""


LOG = """
import sys

import pulumi
import pulumi.provider
import pulumi_aws as aws


class Log(pulumi.ComponentResource):
    def __init__(self, name, inputs, opts):
        super().__init__("log:index:Log", name, {}, opts)
        days = inputs["days"]
        self.group = aws.cloudwatch.LogGroup(
            f"{name}-group", retention_in_days=days, opts=pulumi.ResourceOptions(parent=self)
        )
        self.register_outputs({})


class Logs(pulumi.provider.Provider):
    def construct(self, name, resource_type, inputs, options=None):
        made = Log(name, inputs, options)
        return pulumi.provider.ConstructResult(made.urn, {"group": made.group})

    def call(self, token, args):
        if token != "log:index:Log/said":
            raise ValueError(token)
        return pulumi.provider.CallResult({"text": pulumi.Output.concat("said ", args["word"])})


if __name__ == "__main__":
    pulumi.provider.main(Logs("1.2.3", "{}"), sys.argv[1:])
"""
LOG_SDK = """
class Log(pulumi.ComponentResource):
    def __init__(self, name, days, opts=None):
        super().__init__("log:index:Log", name, {"days": days, "group": None}, opts, True)

    @property
    @pulumi.getter
    def group(self) -> pulumi.Output:
        return pulumi.get(self, "group")

    def said(self, word):
        return pulumi.runtime.call("log:index:Log/said", {"__self__": self, "word": word}, res=self)
"""
NESTED = STORE.replace("class StoreArgs", LOG_SDK + "\n\nclass StoreArgs").replace(
    "        self.arn =", '        Log(f"{name}-log", 7, child)\n        self.arn ='
)
"""The same with a component of `LOG` in it."""


def write_plugin(folder: Path, main: str = STORE, file: str = "runtime: python\n") -> Path:
    """A plugin in `folder`."""
    folder.mkdir(parents=True)
    (folder / "PulumiPlugin.yaml").write_text(file)
    (folder / "__main__.py").write_text(textwrap.dedent(main))
    return folder


def write_site(
    folder: Path, program: str, plugins: Mapping[str, str] | None = None, packages: str = PACKAGES
) -> Path:
    """A project whose program has the SDK of `STORE`, with plugins by their folders."""
    config = {"aws:region": "eu-west-1", "sample:word": "open"}
    write_project(folder, SDK + textwrap.dedent(program), config)
    (folder / "Pulumi.yaml").write_text(f"name: sample\nruntime: python\n{packages}")
    for name, main in ({"store": STORE} if plugins is None else plugins).items():
        write_plugin(folder / name, main)
    return folder


def run_site(
    folder: Path, form: Form = "update", said: list[str] | None = None, *, allow_unseen: bool = False
) -> Graph:
    """The graph of a project with plugins; what is said on the way is added to `said`."""
    say = (lambda line: None) if said is None else said.append
    return evaluate("dev", preview=form == "preview", project=folder, say=say, allow_unseen=allow_unseen)
