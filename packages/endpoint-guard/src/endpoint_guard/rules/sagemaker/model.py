"""The model that answers is the model that was built: image, artifact, container."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam, storage
from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, Setting, each, fail, need, rule

_DIGEST: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
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
        elif address.state.value == "known" and not _DIGEST.search(address.text()):
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
    title="Nothing beside the pinned artifact gets into the container",
    pillar="integrity",
    severity="critical",
    why="A second data source, a package or code from elsewhere is loaded too, and no digest covers it.",
    remedy="Leave additional sources and model_package_name unset, and code inside the artifact.",
    references=("SM-G03",),
    on=(t.MODEL,),
    scope="resource",
    settings={"variables": Setting([], "variables that must carry the digests which the container checks")},
)
def model_artifact_whole(model: Resource, ctx: Context) -> Iterator[Finding]:
    for container in containers(model):
        for name in ("additionalModelDataSources", "modelPackageName", "multiModelConfig"):
            if container.get(name).declared:
                yield fail(container.get(name), "loads something beside the pinned artifact")
        if container.get("modelDataUrl").declared and container.get("modelDataSource").declared:
            yield fail(container.get("modelDataSource"), "loads something beside the pinned artifact")
        code = container.get("environment.SAGEMAKER_SUBMIT_DIRECTORY")
        yield from need(code, lambda n: "://" not in n.text(), "loads code from outside the artifact")
        for name in ctx.strings("variables"):
            digest = container.get("environment").get(name)
            yield from need(
                digest, lambda n: _DIGEST.fullmatch(n.text()) is not None, "carries no digest to check"
            )


@rule(
    id="artifact-upload-pinned",
    title="Uploads carry their digest in the key and a SHA-256 checksum",
    pillar="integrity",
    severity="critical",
    why="The digest in the key makes every model a new address; the checksum proves the transfer.",
    remedy='Set key="models/<sha256>/..." and checksum_algorithm="SHA256" with source_hash.',
    references=("SM-G03",),
    on=(t.BUCKET_OBJECT, t.BUCKET_OBJECT_OLD),
    scope="resource",
)
def artifact_upload_pinned(item: Resource, ctx: Context) -> Iterator[Finding]:
    key = item.get("key")
    yield from need(key, lambda n: _DIGEST.search(n.text()) is not None, "has no digest in its key")
    algorithm = item.get("checksumAlgorithm")
    yield from need(algorithm, lambda n: n.text() == "SHA256", "is uploaded without a SHA-256 checksum")
    hash_ = item.get("sourceHash")
    if hash_.state.value == "known" and key.state.value == "known":
        digest = _DIGEST.search(key.text())
        if digest and re.fullmatch(r"[0-9a-f]{64}", hash_.text()) and hash_.text() != digest.group():
            yield fail(key, "has another digest in its key than that of its source")


@rule(
    id="artifact-bucket-write-protected",
    title="At run time nobody can change the artifact",
    pillar="integrity",
    severity="critical",
    why="Whoever can write the artifact can run code in the container.",
    remedy="Deny writes and deletes on the bucket to everyone but the deployer, by policy.",
    references=("S3-G02",),
    on=(t.BUCKET,),
    settings={"writers": Setting([], "logical names of policies whose holder may write artifacts")},
)
def artifact_bucket_write_protected(bucket: Resource, ctx: Context) -> Iterator[Finding]:
    if not storage.holds_artifacts(bucket):
        return
    documents = storage.policies_of(bucket)
    denied = {
        action
        for document in documents
        for s in iam.statements(document)
        if not s.allows and s.everybody and storage.reaches_every_object(s, bucket) and _about_writers(s)
        for action in _WRITING
        if s.covers(action)
    }
    if len(denied) < 3:
        yield fail(documents[0] if documents else bucket.get("policy"), "lets others than the deployer write")
    for holder in ctx.graph.of(*iam.IDENTITY_TYPES):
        if holder.name not in ctx.strings("writers"):
            yield from each([holder.root], lambda node: _writes(node.resource, bucket))


def _writes(holder: Resource, bucket: Resource) -> Iterator[Finding]:
    """The places in a role's policy that allow writing objects into the bucket."""
    for node in holder.graph.remember(("written", holder.urn), lambda: _written(holder)):
        if _reaches(node.text(), bucket.get("bucket").text()):
            yield fail(node, f'lets a role write into the bucket "{bucket.name}" of artifacts')


def _written(holder: Resource) -> list[Node]:
    """The resources that a role's policy lets it write objects into."""
    found = [s for document in iam.identity_documents(holder) for s in iam.statements(document)]
    writing = [s for s in found if any(s.grants(action) for action in _WRITING)]
    return [node for s in writing for node in s.node.get("Resource").items()]


def _reaches(arn: str, name: str) -> bool:
    """Whether an ARN covers an object of the bucket with this name."""
    parts = arn.split(":", 5)
    return arn == "*" or (len(parts) == 6 and iam.matches(parts[5].split("/", 1)[0], name))


_WRITING: Final = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")


def _about_writers(s: iam.Statement) -> bool:
    """Whether a deny stops everybody, everybody but those it names, or at least every workload of the stack."""
    if not s.conditions:
        return True
    if s.condition_keys() - {"aws:principalarn"}:
        return False
    if not s.condition_keys(positive=True):
        return any("not" in operator for operator in s.conditions)
    named = [text for text in iam.condition_values(s, "aws:PrincipalArn") if ":role/" in text]
    graph = s.node.resource.graph
    users = [role.users(name, kind) for role in graph.of(t.ROLE) for kind, name in _HOLDERS]
    roles = {role for found in users for user in found for role in user.targets(_PATHS[user.type], t.ROLE)}
    known = [role.get("name").value for role in roles if role.get("name").state.value == "known"]
    return all(any(iam.matches(text.rsplit("/", 1)[-1], str(name)) for text in named) for name in known)


_PATHS: Final = {t.FUNCTION: "role", t.MODEL: "executionRoleArn"}
_HOLDERS: Final = tuple(_PATHS.items())
