"""Public image repositories."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="images-not-public",
    title="Images are kept in private repositories",
    pillar="network",
    severity="medium",
    level="advisory",
    why="Everybody may pull from a public repository, whatever an image holds by mistake included.",
    remedy="Use ecr.Repository, unless the image is meant for the public.",
    references=("ECR-003",),
    on=(t.PUBLIC_REPOSITORY,),
    scope="resource",
)
def images_not_public(repository: Resource, ctx: Context) -> Iterator[Finding]:
    yield fail(repository, "lets everybody pull its images", "repositoryName")
