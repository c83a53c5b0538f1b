"""What a SageMaker model is made of: the image, the archive, and what the container is told."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.private_network import PrivateNetwork
from components.site import Site
from components.workload_role import WorkloadRole
from model.artifact.package import Artifact, ArtifactError, unpack
from model.contract import RECIPE_FIELDS
from settings import Serving
from settings.serving import Shadow

REPOSITORY = "sagemaker-scikit-learn"
_MODEL_DIR = "/opt/ml/model"


@dataclass(frozen=True)
class Stand:
    """Where models run: under which role, in which network or none, and below which component."""

    site: Site
    serving: Serving
    role: WorkloadRole
    network: PrivateNetwork | None
    child: pulumi.ResourceOptions


def image(serving: Serving) -> str:
    """AWS's image for scikit-learn in the stack's region, by tag or by digest."""
    registry = aws.sagemaker.get_prebuilt_ecr_image(
        repository_name=REPOSITORY, image_tag=serving.image_tag
    ).registry_path
    digest = serving.image_digest
    return f"{registry.rsplit(':', 1)[0]}@{digest}" if digest else registry


def declare(
    name: str, stand: Stand, built: Artifact, url: str, after: Sequence[pulumi.Resource]
) -> aws.sagemaker.Model:
    """The model of one archive: without a network of its own, and told which digests it has to find."""
    ready = stand.network.ready if stand.network else []
    return aws.sagemaker.Model(
        name,
        execution_role_arn=stand.role.arn,
        enable_network_isolation=True,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=image(stand.serving),
            model_data_url=url,
            environment={
                "MODEL_SHA256": built.model_sha256,
                "CARD_SHA256": built.card_sha256,
                # Read by no code: it tells policies, and whoever describes the model, what it knows.
                "TRAINING_DATA": f"{built.card['data']['kind']}:{built.card['digests']['data']}",
                # Our application instead of the image's own, which would install the code with pip at start
                # and load a worker's model at its first request: here a worker that refuses never listens.
                "SAGEMAKER_SERVING_MODULE": "inference:application()",
                "PYTHONPATH": f"{_MODEL_DIR}/code:{_MODEL_DIR}/vendor",
            },
        ),
        vpc_config=stand.network.model_placement() if stand.network else None,
        tags=stand.site.tags,
        opts=pulumi.ResourceOptions.merge(stand.child, pulumi.ResourceOptions(depends_on=[*after, *ready])),
    )


def read_shadow(shadow: Shadow, served: Artifact) -> Artifact:
    """The shadow's archive and what its card says; RunError, one sentence, when it cannot answer the same requests."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            other = dataclasses.replace(unpack(shadow.archive, Path(folder) / "shadow"), path=shadow.archive)
        except ArtifactError as mistake:
            raise pulumi.RunError(f"shadowModel: {mistake}") from None
    lacking = _fields(other) - _fields(served)
    if lacking:
        raise pulumi.RunError(
            f"shadowModel: the recipe {other.card['recipe']} needs {', '.join(sorted(lacking))}, which requests for "
            f"the recipe {served.card['recipe']} do not hold: shadow a model of the same fields."
        )
    return other


def _fields(artifact: Artifact) -> set[str]:
    return set(RECIPE_FIELDS[artifact.card["recipe"]])
