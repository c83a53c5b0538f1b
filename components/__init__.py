"""The stack's resources: one file, one ComponentResource."""

from components.artifact_store import ModelArtifact
from components.buckets import AccessLogBucket
from components.drift import drift_metrics
from components.encryption import EncryptionKey
from components.function_rollout import optional_rollout
from components.model_endpoint import ModelEndpoint
from components.observability import AlarmTopic, Observability
from components.private_network import optional_network
from components.scoring_api import ScoringApi
from components.scoring_function import ScoringFunction
from components.site import locate
from components.token_issuer import optional_issuer, token_output
from components.watched import Watch, serving_metrics, usage_metrics
from components.web_firewall import WebFirewall
from components.workload_role import WorkloadRole

__all__ = [
    "AccessLogBucket",
    "AlarmTopic",
    "EncryptionKey",
    "ModelArtifact",
    "ModelEndpoint",
    "Observability",
    "ScoringApi",
    "ScoringFunction",
    "Watch",
    "WebFirewall",
    "WorkloadRole",
    "drift_metrics",
    "locate",
    "optional_issuer",
    "optional_network",
    "optional_rollout",
    "serving_metrics",
    "token_output",
    "usage_metrics",
]
