"""What a stack hands out: the names of its outputs, and where their values come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.artifact_store import ModelArtifact
from components.model_endpoint import ModelEndpoint
from components.observability import Observability
from components.scoring_api import ScoringApi
from components.scoring_function import ScoringFunction
from components.token_issuer import token_output


def outputs(
    api: ScoringApi,
    artifact: ModelArtifact,
    endpoint: ModelEndpoint,
    function: ScoringFunction,
    alarms: Observability,
    training: Mapping[str, pulumi.Input[str]],
) -> dict[str, Any]:
    """By name. README has a table of them."""
    return {
        "url": api.url,
        "keyIds": api.key_ids,
        "keyValues": api.key_values,
        "callerPolicy": {"action": "execute-api:Invoke", "resource": api.invoke_arn},
        "tokens": token_output(api.issuer),
        "endpointName": endpoint.name,
        "function": {"name": function.name, "alias": "live", "version": function.function.version},
        "modelVersion": artifact.version,
        "trainingData": artifact.training_data,
        "training": dict(training),
        "artifactUrl": artifact.url,
        "dashboardUrl": alarms.dashboard_url,
    }
