"""The stack's resources: one file, one ComponentResource."""

from components.address import optional_address
from components.artifact_store import ModelArtifact
from components.buckets import AccessLogBucket
from components.encryption import EncryptionKey
from components.function_rollout import optional_rollout
from components.model_endpoint import ModelEndpoint
from components.observability import AlarmTopic, Observability
from components.outputs import outputs
from components.private_network import optional_network
from components.scoring_api import ScoringApi
from components.scoring_function import ScoringFunction
from components.site import locate
from components.training_ground import optional_training
from components.watched import all_metrics
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
    "WebFirewall",
    "WorkloadRole",
    "all_metrics",
    "locate",
    "optional_address",
    "optional_network",
    "optional_rollout",
    "optional_training",
    "outputs",
]
