"""ModelArtifact: the model's archive, built when none fits, in a bucket that only the deployer writes to."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components import documents
from components.buckets import SET_BY_THE_BUCKET, AccessLogBucket, SecureBucket
from components.encryption import EncryptionKey
from components.site import Site
from model.artifact.package import Artifact, ArtifactSource, ensure


class ModelArtifact(pulumi.ComponentResource):
    """The archive in S3 under its own digest, in a versioned, locked, write-protected bucket.

    Builds the archive first (training included) when there is none for this data, code and recipe. The digest in
    the key makes a new model a new endpoint configuration, and an unchanged one no change at all.
    """

    url: str
    version: str
    sha256: str
    training_data: dict[str, str]
    """Of what kind, `files` or `sample`, and the SHA-256 of its content."""
    artifact: Artifact
    store: SecureBucket
    logs: AccessLogBucket
    uploaded: aws.s3.BucketObjectv2

    def __init__(
        self,
        name: str,
        site: Site,
        source: ArtifactSource,
        *,
        key: EncryptionKey,
        logs: AccessLogBucket,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        built = ensure(source, say=pulumi.log.info)
        self.training_data = {"kind": built.card["data"]["kind"], "digest": built.card["digests"]["data"]}
        args = {
            "modelVersion": built.version,
            "digest": built.sha256,
            "recipe": source.recipe,
            "trainingData": self.training_data,
        }
        super().__init__("fraud:model:ModelArtifact", name, args, opts)
        self.logs = logs
        self.artifact, self.version, self.sha256 = built, built.version, built.sha256
        self.store = SecureBucket(
            site,
            "artifacts",
            key,
            logs,
            statements=documents.write_protected(site, site.bucket_arn("artifacts")),
            object_lock_days=site.safety.object_lock,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._key, self._site = key, site
        self.url, self.uploaded = self.put(name, built)
        self.register_outputs({"url": self.url, "version": self.version})

    def put(self, name: str, artifact: Artifact) -> tuple[str, aws.s3.BucketObjectv2]:
        """The archive in the bucket, under its own digest: its address, and the object."""
        object_key = f"models/{artifact.sha256}/model.tar.gz"
        uploaded = aws.s3.BucketObjectv2(
            name,
            bucket=self.store.bucket.id,
            key=object_key,
            source=pulumi.FileAsset(str(artifact.path)),
            source_hash=artifact.sha256,
            checksum_algorithm="SHA256",
            server_side_encryption="aws:kms",
            kms_key_id=self._key.arn,
            bucket_key_enabled=True,
            content_type="application/gzip",
            force_destroy=not self._site.safety.protect,
            tags=self._site.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*self.store.ready], ignore_changes=SET_BY_THE_BUCKET
            ),
        )
        return f"s3://{self.store.name}/{object_key}", uploaded
