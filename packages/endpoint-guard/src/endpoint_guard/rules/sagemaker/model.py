"""The model that answers is the model that was built: image, artifact, container."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule
from endpoint_guard.storage import DIGEST

_VERSIONED: Final = re.compile(r"(:[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$")
_REGISTRIES: Final = [
    "683313688378",  # SageMaker's scikit-learn images: us-east-1
    "257758044811",  # us-east-2
    "746614075791",  # us-west-1
    "246618743249",  # us-west-2
    "492215442770",  # eu-central-1
    "141502667606",  # eu-west-1
    "764974769150",  # eu-west-2
    "659782779980",  # eu-west-3
    "662702820516",  # eu-north-1
    "121021644041",  # ap-southeast-1
    "783357654285",  # ap-southeast-2
    "354813040037",  # ap-northeast-1
    "366743142698",  # ap-northeast-2
    "720646828776",  # ap-south-1
    "341280168497",  # ca-central-1
    "737474898029",  # sa-east-1
]


def containers(model: Resource) -> list[Node]:
    primary = model.get("primaryContainer")
    return ([primary] if primary.declared else []) + model.get("containers").items()


@rule(
    id="model-image-trusted",
    title="The model's image comes from an accepted registry",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="The image runs beside the data; whoever owns the registry owns the answers.",
    remedy="Use an image of a registry account on the list.",
    references=("SM-G02",),
    on=(t.MODEL,),
    scope="resource",
    settings={"registries": Setting(list(_REGISTRIES), "accounts whose registries are accepted")},
)
def model_image_trusted(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        image = container.get("image")
        account = image.text().split(".", 1)[0]
        if account not in ctx.strings("registries") or ".dkr.ecr." not in image.text():
            yield fail(image, "runs an image of a registry that is not on the list")


@rule(
    id="model-image-pinned",
    title="The model's image is pinned",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="A tag can be moved to another image overnight.",
    remedy="Append @sha256:<digest> to the image; where no digest is known beforehand, switch it off by level.",
    references=("SM-G02",),
    on=(t.MODEL,),
    scope="resource",
    settings={"digest": Setting(True, "whether a digest is asked for")},
)
def model_image_pinned(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        image = container.get("image")
        pinned = re.search(r"@sha256:[0-9a-f]{64}$", image.text()) is not None
        if not pinned and ctx.flag("digest"):
            yield fail(image, "runs an image that is not pinned")


@rule(
    id="model-image-versioned",
    title="The model's image names a version",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="An image without a version tag is whatever was pushed last.",
    remedy="Append a version tag or a digest to the image.",
    references=("SM-G02",),
    on=(t.MODEL,),
    scope="resource",
)
def model_image_versioned(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        image = container.get("image")
        yield from need(image, lambda n: bool(_VERSIONED.search(n.text())), "runs an image without a version")


@rule(
    id="model-artifact-pinned",
    title="The model reads an artifact of the stack under its own digest",
    pillar="integrity",
    severity="critical",
    why="An artifact that can be replaced under its name is code that anyone with write access can change.",
    remedy="Upload to models/<sha256>/model.tar.gz in a bucket of the stack and pass that address.",
    references=("SM-G03",),
    profile="scoring-endpoint",
    on=(t.MODEL,),
)
def model_artifact_pinned(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        address = _address(container)
        top = container.path.split("[")[0]
        if not address.declared:
            yield fail(address, "names no artifact")
        elif not model.targets(top, t.BUCKET, t.BUCKET_OBJECT) and not _named_bucket(address):
            yield fail(address, "reads an artifact outside the stack")
        elif address.state.value == "known" and not DIGEST.search(address.text()):
            yield fail(address, "reads an artifact whose address does not hold its digest")
        else:
            yield from each([address], lambda node: _uploaded(node, top))  # noqa: B023


def _address(container: Node) -> Node:
    plain = container.get("modelDataUrl")
    return plain if plain.declared else container.get("modelDataSource.s3DataSource.s3Uri")


def _named_bucket(address: Node) -> bool:
    match = re.match(r"s3://([^/]+)/", address.text())
    graph = address.resource.graph
    return bool(match and any(b.type == t.BUCKET for b in graph.known_as(match.group(1))))


def _uploaded(address: Node, top: str) -> Iterator[Finding]:
    """A known address must be that of an object that the stack uploads."""
    graph = address.resource.graph
    if address.state.value == "unknown":
        if not address.resource.targets(top, t.BUCKET_OBJECT):
            address.text()
        return
    keys = graph.remember("object keys", lambda: {str(o.get("key").value) for o in graph.of(t.BUCKET_OBJECT)})
    if address.text().removeprefix("s3://").partition("/")[2] not in keys:
        yield fail(address, "reads an artifact that the stack does not upload")


@rule(
    id="model-artifact-whole",
    title="Nothing besides the pinned artifact gets into the container",
    pillar="integrity",
    severity="critical",
    why="A second data source, a package or code from elsewhere is loaded too, and no digest covers it.",
    remedy="Leave additional sources and model_package_name unset, and code inside the artifact.",
    references=("SM-G03",),
    profile="scoring-endpoint",
    on=(t.MODEL,),
    scope="resource",
    settings={"variables": Setting([], "variables that must carry the digests which the container checks")},
)
def model_artifact_whole(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        for name in ("additionalModelDataSources", "modelPackageName", "multiModelConfig"):
            if container.get(name).declared:
                yield fail(container.get(name), "loads something besides the pinned artifact")
        if container.get("modelDataUrl").declared and container.get("modelDataSource").declared:
            yield fail(container.get("modelDataSource"), "loads something besides the pinned artifact")
        code = container.get("environment.SAGEMAKER_SUBMIT_DIRECTORY")
        yield from need(code, lambda n: "://" not in n.text(), "loads code from outside the artifact")
        for name in ctx.strings("variables"):
            digest = container.get("environment").get(name)
            yield from need(
                digest, lambda n: DIGEST.fullmatch(n.text()) is not None, "carries no digest to check"
            )


_TRAINING_DATA: Final = "TRAINING_DATA"
_EXAMPLE_ACCOUNT: Final = "123456789012"
"""AWS writes it in its documentation; it belongs to nobody, so nothing is deployed there."""


def _sample(model: Resource, ctx: Context) -> Iterator[Node]:
    """The marks of containers whose model was trained on generated data."""
    for container in containers(model):
        mark = container.get("environment").get(str(ctx.settings["variable"]))
        if mark.declared and mark.text().startswith("sample"):
            yield mark


def _deploys_nowhere(ctx: Context) -> bool:
    """Whether every provider is pinned to accounts that belong to nobody."""
    pinned = [re.findall(r"\d{12}", str(p.get("allowedAccountIds").value)) for p in ctx.graph.of(t.PROVIDER)]
    nowhere = set(ctx.strings("rehearsal"))
    return bool(pinned) and all(accounts and set(accounts) <= nowhere for accounts in pinned)


_MARK: Final = {
    "variable": Setting(_TRAINING_DATA, "variable of the container that says what it was trained on")
}


@rule(
    id="model-not-sample",
    title="No model of sample data is served where it can be deployed",
    pillar="integrity",
    severity="high",
    why="A model of generated data answers like a real one, and its answers mean nothing.",
    remedy="Train on your own data. A rehearsal pins the provider to the account of AWS's examples.",
    references=("SM-G11",),
    on=(t.MODEL,),
    settings={**_MARK, "rehearsal": Setting([_EXAMPLE_ACCOUNT], "accounts that belong to nobody")},
)
def model_not_sample(model: Resource, ctx: Context) -> Iterator[Finding]:
    if _deploys_nowhere(ctx):
        return
    for mark in _sample(model, ctx):
        yield fail(mark, "serves a model that was trained on sample data")


@rule(
    id="model-trained-on-data",
    title="The model was trained on real data",
    pillar="integrity",
    severity="low",
    why="Whoever reads a report should know whether the model in it knows anything.",
    remedy="Train on your own data.",
    references=("SM-G11",),
    on=(t.MODEL,),
    level="advisory",
    settings=_MARK,
)
def model_trained_on_data(model: Resource, ctx: Context) -> Iterator[Finding]:
    for mark in _sample(model, ctx):
        yield fail(mark, "serves a model that was trained on generated sample data")
