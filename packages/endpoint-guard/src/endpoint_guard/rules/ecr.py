"""Image repositories: what was pushed stays what it is, and is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

image_tags_immutable = property_rule(
    __name__,
    id="image-tags-immutable",
    title="A tag of an image repository cannot be moved to another image",
    pillar="integrity",
    severity="medium",
    why="Whoever may push replaces the image that runs under the same name.",
    remedy='Set image_tag_mutability="IMMUTABLE".',
    references=("ECR-001",),
    on=t.REPOSITORY,
    path="imageTagMutability",
    good=one_of("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
    text="lets tags be moved to other images",
)


@rule(
    id="images-scanned",
    title="Images are scanned for known weaknesses",
    pillar="integrity",
    severity="high",
    why="A known weakness in a base image is found by attackers with the same scanner.",
    remedy="Set image_scanning_configuration with scan_on_push=True, or declare RegistryScanningConfiguration.",
    references=("ECR-002",),
    on=(t.REPOSITORY,),
)
def images_scanned(repository: Resource, ctx: Context) -> Iterator[Finding]:
    if not ctx.graph.of(t.REGISTRY_SCANNING):
        yield from need(
            repository.get("imageScanningConfiguration.scanOnPush"),
            on,
            "does not scan the images it is given",
        )
