"""ModelEndpoint: the SageMaker endpoint that serves the artifact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components import documents, network_documents, served_model
from components.artifact_store import ModelArtifact
from components.buckets import AccessLogBucket, SecureBucket
from components.encryption import EncryptionKey
from components.log_group import SecureLogGroup
from components.observability import AlarmTopic
from components.private_network import PrivateNetwork
from components.site import Site
from components.workload_role import WorkloadRole
from settings import Serving

VARIANT = "primary"
_INVOCATIONS_PER_INSTANCE = 3000
"""A minute, at which a further instance is started."""
_P99_MICROSECONDS = 250_000


class ModelEndpoint(pulumi.ComponentResource):
    """Model, configuration and endpoint, with scaling, captured requests and a roll-out that takes itself back.

    A shadow, where the settings name one, gets copies of requests; its answers are captured and reach nobody.

    The container has no network. It refuses a model or a card whose digest is not the one declared here. Model and
    configuration are named by the provider, because they are replaced on every change; the endpoint is not.
    """

    name: str
    artifact: ModelArtifact
    endpoint: aws.sagemaker.Endpoint

    def __init__(
        self,
        name: str,
        site: Site,
        serving: Serving,
        *,
        role: WorkloadRole,
        artifact: ModelArtifact,
        key: EncryptionKey,
        network: PrivateNetwork | None,
        topic: AlarmTopic,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        args = {"instanceType": serving.instance_type, "modelVersion": artifact.version}
        super().__init__("fraud:serving:ModelEndpoint", name, args, opts)
        self.name, self.artifact, self._name = site.endpoint_name, artifact, name
        self._site, self._serving, self._safety = site, serving, site.safety
        self._child = pulumi.ResourceOptions(parent=self)
        log = SecureLogGroup(name, site, site.endpoint_log_group, key, opts=self._child)
        capture = self._capture_bucket(key, artifact.logs)
        granted = role.grant(self._statements(artifact, network is not None))
        stand = served_model.Stand(site, serving, role, network, pulumi.ResourceOptions(parent=self))
        models = [
            served_model.declare(name, stand, artifact.artifact, artifact.url, [granted, artifact.uploaded])
        ]
        if serving.shadow is not None:
            other = served_model.read_shadow(serving.shadow, artifact.artifact)
            url, uploaded = artifact.put("model-shadow", other)
            models.append(served_model.declare("model-shadow", stand, other, url, [granted, uploaded]))
        configuration = self._configuration(models, key, capture)
        alarms = self._rollback_alarms(topic)
        self.endpoint = aws.sagemaker.Endpoint(
            name,
            name=self.name,
            endpoint_config_name=configuration.name,
            deployment_config=self._deployment(alarms),
            tags=site.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=site.safety.protect,
                depends_on=[log, *alarms],
                custom_timeouts=pulumi.CustomTimeouts(create="30m", update="90m"),
            ),
        )
        self._scaling()
        self.register_outputs({"name": self.name})

    def _statements(self, artifact: ModelArtifact, private: bool) -> list[documents.Statement]:
        """What CreateModel's execution role needs (AWS: "SageMaker AI execution roles"), and no more."""
        site = self._site
        account, region = served_model.image(self._serving).split(".", 1)[0], site.region
        image = f"arn:{site.partition}:ecr:{region}:{account}:repository/{served_model.REPOSITORY}"
        statements = [
            documents.allow("ReadArtifact", ["s3:GetObject"], f"{artifact.store.arn}/models/*"),
            documents.allow("FindArtifact", ["s3:ListBucket"], artifact.store.arn),
            documents.write_logs(site, site.endpoint_log_group),
            documents.find_log_streams(site, site.endpoint_log_group),
            documents.allow(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                image,
            ),
            documents.allow("RegistryLogin", ["ecr:GetAuthorizationToken"], "*"),
            documents.allow(
                "Metrics",
                ["cloudwatch:PutMetricData"],
                "*",
                Condition={
                    "StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}
                },
            ),
        ]
        if self._serving.capture_percentage:
            statements.append(
                documents.allow(
                    "Capture", ["s3:PutObject"], f"{site.bucket_arn('capture')}/{site.endpoint_name}/*"
                )
            )
        return statements + (network_documents.model_interfaces(site) if private else [])

    def _capture_bucket(self, key: EncryptionKey, logs: AccessLogBucket) -> SecureBucket | None:
        if not self._serving.capture_percentage:
            return None
        return SecureBucket(
            self._site,
            "capture",
            key,
            logs,
            opts=self._child,
        )

    def _configuration(
        self, models: Sequence[aws.sagemaker.Model], key: EncryptionKey, capture: SecureBucket | None
    ) -> aws.sagemaker.EndpointConfiguration:
        """`models`: the one that answers and, where there is one, its shadow."""
        serving, primary = self._serving, self._variant(VARIANT, models[0])
        shadow = serving.shadow and {
            **self._variant("shadow", models[-1]),
            "initial_instance_count": serving.shadow.instances,
            # Beside a weight of 1 the share of requests that are copied.
            "initial_variant_weight": serving.shadow.percentage / 100,
        }
        return aws.sagemaker.EndpointConfiguration(
            self._name,
            kms_key_arn=key.arn,
            production_variants=[aws.sagemaker.EndpointConfigurationProductionVariantArgs(**primary)],
            shadow_production_variants=(
                [aws.sagemaker.EndpointConfigurationShadowProductionVariantArgs(**shadow)] if shadow else None
            ),
            data_capture_config=self._capture_config(key, capture) if capture else None,
            tags=self._site.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(capture.ready) if capture else []),
        )

    def _variant(self, name: str, model: aws.sagemaker.Model) -> dict[str, Any]:
        return {
            "variant_name": name,
            "model_name": model.name,
            "instance_type": self._serving.instance_type,
            "initial_instance_count": self._serving.min_instances,
            "initial_variant_weight": 1,
            "container_startup_health_check_timeout_in_seconds": 300,
            "model_data_download_timeout_in_seconds": 300,
            "enable_ssm_access": False,
        }

    def _capture_config(
        self, key: EncryptionKey, capture: SecureBucket
    ) -> aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs:
        return aws.sagemaker.EndpointConfigurationDataCaptureConfigArgs(
            enable_capture=True,
            initial_sampling_percentage=self._serving.capture_percentage,
            destination_s3_uri=f"s3://{capture.name}/{self.name}",
            kms_key_id=key.arn,
            capture_options=[{"capture_mode": "Input"}, {"capture_mode": "Output"}],
            capture_content_type_header={"json_content_types": ["application/json"]},
        )

    def _rollback_alarms(self, topic: AlarmTopic) -> list[aws.cloudwatch.MetricAlarm]:
        """The alarms that take a new model back; ModelLatency is in microseconds."""
        watched = {
            "errors": ("Invocation5XXErrors", {"statistic": "Sum", "threshold": 5.0}),
            "latency": ("ModelLatency", {"extended_statistic": "p99", "threshold": float(_P99_MICROSECONDS)}),
        }
        return [
            aws.cloudwatch.MetricAlarm(
                f"{self._name}-{what}",
                name=f"{self._site.prefix}-endpoint-{what}",
                alarm_description=f"{metric} of the endpoint; a roll-out in progress is taken back",
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions={"EndpointName": self.name, "VariantName": VARIANT},
                comparison_operator="GreaterThanThreshold",
                evaluation_periods=2,
                period=60,
                treat_missing_data="notBreaching",
                actions_enabled=True,
                alarm_actions=[topic.arn],
                tags=self._site.tags,
                opts=self._child,
                **how,
            )
            for what, (metric, how) in watched.items()
        ]

    def _deployment(
        self, alarms: list[aws.cloudwatch.MetricAlarm]
    ) -> aws.sagemaker.EndpointDeploymentConfigArgs:
        """Blue/green; a canary takes at most half of the instances, so one instance switches at once."""
        routing = {"type": "ALL_AT_ONCE", "wait_interval_in_seconds": 300}
        if self._serving.canary:
            size = {"type": "CAPACITY_PERCENT", "value": 50}
            routing = {"type": "CANARY", "wait_interval_in_seconds": 600, "canary_size": size}
        return aws.sagemaker.EndpointDeploymentConfigArgs(
            blue_green_update_policy={
                "traffic_routing_configuration": routing,
                "termination_wait_in_seconds": 300,
                "maximum_execution_timeout_in_seconds": 3600,
            },
            auto_rollback_configuration={"alarms": [{"alarm_name": alarm.name} for alarm in alarms]},
        )

    def _scaling(self) -> None:
        target = aws.appautoscaling.Target(
            self._name,
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=pulumi.Output.concat("endpoint/", self.endpoint.name, f"/variant/{VARIANT}"),
            min_capacity=self._serving.min_instances,
            max_capacity=self._serving.max_instances,
            tags=self._site.tags,
            opts=self._child,
        )
        aws.appautoscaling.Policy(
            self._name,
            name=f"{self._site.prefix}-invocations",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": _INVOCATIONS_PER_INSTANCE,
                "predefined_metric_specification": {
                    "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
                },
                "scale_in_cooldown": 300,
                "scale_out_cooldown": 60,
            },
            opts=self._child,
        )
