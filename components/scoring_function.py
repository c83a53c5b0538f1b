"""ScoringFunction: the Lambda function between the API and the endpoint."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components import documents, network_documents
from components.artifact_store import ModelArtifact
from components.buckets import SET_BY_THE_BUCKET, SecureBucket
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.model_endpoint import ModelEndpoint
from components.private_network import PrivateNetwork
from components.site import Site
from components.workload_role import WorkloadRole
from model.artifact.function_package import FunctionPackage, build_function_package
from settings import Scoring

_ALIAS = "live"
_ANSWER_SECONDS = 2
"""Kept for connecting to the endpoint (up to 1 s on top of the read time-out) and for the answer."""


class ScoringFunction(pulumi.ComponentResource):
    """The function, its package, its log and an alias that the API calls.

    May invoke one endpoint and write one log, nothing else. The package holds four files of the standard library's
    Python; where code signing is on, Lambda refuses any package that this stack's profile has not signed.
    """

    name: str
    alias: aws.lambda_.Alias
    function: aws.lambda_.Function
    timeout: int

    def __init__(
        self,
        name: str,
        site: Site,
        scoring: Scoring,
        *,
        role: WorkloadRole,
        key: EncryptionKey,
        endpoint: ModelEndpoint,
        network: PrivateNetwork | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"timeout": scoring.timeout, "recipe": scoring.recipe}
        super().__init__("fraud:serving:ScoringFunction", name, args, opts)
        self.name, self.timeout = site.function_name, scoring.timeout
        self._site, self._resource_name = site, name
        self._child = pulumi.ResourceOptions(parent=self)
        log = SecureLogGroup(name, site, site.function_log_group, key, payloads=True, opts=self._child)
        granted = role.grant(self._statements(network is not None))
        package = build_function_package()
        code = self._signed(package, endpoint.artifact, key) if scoring.code_signing else self._plain(package)
        self.function = aws.lambda_.Function(
            name,
            name=self.name,
            description="Checks a scoring request, drops what the model does not use, asks the endpoint",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="model.serving.handler.handle",
            timeout=scoring.timeout,
            memory_size=scoring.memory,
            reserved_concurrent_executions=scoring.concurrency,
            kms_key_arn=key.arn,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "ENDPOINT_NAME": endpoint.name,
                    "ENDPOINT_TIMEOUT_SECONDS": str(scoring.timeout - _ANSWER_SECONDS),
                    "MODEL_VERSION": endpoint.artifact.version,
                    "RECIPE": scoring.recipe,
                }
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON", application_log_level="INFO", system_log_level="WARN", log_group=log.name
            ),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
            vpc_config=network.function_placement() if network else None,
            publish=True,
            tags=site.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[granted, log] + (network.ready if network else [])
            ),
            **code,
        )
        self.alias = aws.lambda_.Alias(
            name,
            name=_ALIAS,
            description="What the API calls",
            function_name=self.function.name,
            function_version=self.function.version,
            # A canary is the business of CodeDeploy: it moves the alias, step by step.
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["function_version", "routing_config"] if scoring.canary else None
            ),
        )
        self.register_outputs({"name": self.function.name})

    def _statements(self, private: bool) -> list[documents.Statement]:
        site = self._site
        statements = [
            documents.allow("Score", ["sagemaker:InvokeEndpoint"], site.endpoint_arn),
            documents.write_logs(site, site.function_log_group),
            # X-Ray knows no resources for these (AWS service authorization reference).
            documents.allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ]
        return statements + (network_documents.function_interfaces(site) if private else [])

    def _plain(self, package: FunctionPackage) -> dict[str, object]:
        return {"code": pulumi.FileArchive(str(package.path)), "source_code_hash": package.sha256_base64}

    def _signed(
        self, package: FunctionPackage, artifact: ModelArtifact, key: EncryptionKey
    ) -> dict[str, object]:
        """Uploads the package beside the artifact, lets AWS Signer sign it, and refuses unsigned code."""
        site, store, prefix = self._site, artifact.store, f"functions/{package.sha256}/"
        protected = documents.write_protected(site, site.bucket_arn("packages"))
        signed = SecureBucket(site, "packages", key, artifact.logs, statements=protected, opts=self._child)
        unsigned = aws.s3.BucketObjectv2(
            f"{self._resource_name}-package",
            bucket=store.bucket.id,
            key=f"{prefix}unsigned.zip",
            source=pulumi.FileAsset(str(package.path)),
            source_hash=package.sha256,
            checksum_algorithm="SHA256",
            server_side_encryption="aws:kms",
            kms_key_id=key.arn,
            bucket_key_enabled=True,
            tags=self._site.tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*store.ready], ignore_changes=SET_BY_THE_BUCKET
            ),
        )
        profile = aws.signer.SigningProfile(
            self._resource_name,
            name=f"{self._site.prefix}-function".replace("-", "_"),
            platform_id="AWSLambda-SHA384-ECDSA",
            signature_validity_period={"type": "MONTHS", "value": 135},
            tags=self._site.tags,
            opts=self._child,
        )
        job = aws.signer.SigningJob(
            self._resource_name,
            profile_name=profile.name,
            source={"s3": {"bucket": store.bucket.id, "key": unsigned.key, "version": unsigned.version_id}},
            destination={"s3": {"bucket": signed.bucket.id, "prefix": prefix}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*signed.ready]),
        )
        signing = aws.lambda_.CodeSigningConfig(
            self._resource_name,
            description=f"Code of {self.name} comes from this stack's signing profile",
            allowed_publishers={"signing_profile_version_arns": [profile.version_arn]},
            policies={"untrusted_artifact_on_deployment": "Enforce"},
            tags=self._site.tags,
            opts=self._child,
        )
        return {
            "s3_bucket": signed.bucket.id,
            # Signer names its result after the job.
            "s3_key": pulumi.Output.concat(prefix, job.job_id, ".zip"),
            "code_signing_config_arn": signing.arn,
            "source_code_hash": package.sha256_base64,
        }
