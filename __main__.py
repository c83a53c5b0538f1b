"""The program: settings to components to exports."""

import pulumi

import settings
from components import observability as obs
from components.artifact_store import ModelArtifact
from components.buckets import AccessLogBucket
from components.encryption import EncryptionKey
from components.model_endpoint import ModelEndpoint
from components.private_network import optional_network
from components.scoring_api import ScoringApi
from components.scoring_function import ScoringFunction
from components.site import locate
from components.web_firewall import WebFirewall
from components.workload_role import WorkloadRole
from model.package import ArtifactSource

s = settings.load()
safety = s.safety
site = locate(s.naming.prefix, s.naming.stage, s.naming.tags)

model_role = WorkloadRole("model", site, "sagemaker", boundary=safety.permissions_boundary)
function_role = WorkloadRole("function", site, "lambda", boundary=safety.permissions_boundary)
users = {model_role: ["kms:Decrypt", "kms:GenerateDataKey"], function_role: ["kms:Decrypt"]}
key = EncryptionKey("data", site, users, deployer=safety.deployer, protect=safety.protect)
topic = obs.AlarmTopic("alarms", site, s.alarms, key=key)
network = optional_network("private", site, s.network, safety, key=key)

logs = AccessLogBucket(site, ["artifacts", "capture"], keep_days=safety.log_retention, protect=safety.protect)
source = ArtifactSource(data=s.training.data, recipe=s.training.recipe)
artifact = ModelArtifact("model", site, source, key, logs, safety)
endpoint = ModelEndpoint("model", site, s.serving, safety, role=model_role, artifact=artifact, key=key, logs=logs, network=network, topic=topic)  # fmt: skip
function = ScoringFunction("score", site, s.scoring, safety, role=function_role, key=key, endpoint=endpoint, artifact=artifact, network=network)  # fmt: skip
api = ScoringApi("api", site, s.api, safety, key=key, function=function)
firewall = WebFirewall("firewall", site, s.firewall, safety, key=key, api=api)
watched = obs.serving_metrics(site, api=api.name, function=function.name, endpoint=endpoint.name, firewall=firewall.name)  # fmt: skip
page = obs.Observability("alarms", site, topic=topic, watched=watched)

pulumi.export("url", api.url)
pulumi.export("keyIds", api.key_ids)
pulumi.export("keyValues", api.key_values)
pulumi.export("callers", {"action": "execute-api:Invoke", "resource": api.invoke_arn})
pulumi.export("endpointName", endpoint.name)
pulumi.export("modelVersion", artifact.version)
pulumi.export("dashboardUrl", page.dashboard_url)
