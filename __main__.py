"""The program: settings to components to exports."""

import pulumi

import components as c
import settings
from model.artifact.package import ArtifactSource

s = settings.load()
site = c.locate(s.naming, s.safety)

model_role = c.WorkloadRole("model", site, "sagemaker")
function_role = c.WorkloadRole("function", site, "lambda")
users = {model_role: ["kms:Decrypt", "kms:GenerateDataKey"], function_role: ["kms:Decrypt"]}
key = c.EncryptionKey("data", site, users)
topic = c.AlarmTopic("alarms", site, s.alarms, key=key)
network = c.optional_network("private", site, s.network, key=key)
logs = c.AccessLogBucket(site, ["artifacts", "capture", "packages"])

source = ArtifactSource(s.training.data, s.training.recipe, decision=s.training.decision)
artifact = c.ModelArtifact("model", site, source, key=key, logs=logs)
endpoint = c.ModelEndpoint(
    "model", site, s.serving, role=model_role, artifact=artifact, key=key, network=network, topic=topic
)
function = c.ScoringFunction(
    "score", site, s.scoring, role=function_role, key=key, endpoint=endpoint, network=network
)
api = c.ScoringApi("api", site, s.api, key=key, function=function)
firewall = c.WebFirewall("firewall", site, s.firewall, key=key, api=api)
names = {"api": api.name, "function": function.name, "endpoint": endpoint.name, "firewall": firewall.name}
drift = c.drift_metrics(s.alarms, function.name, artifact.artifact.card)
alarms = c.Observability("alarms", site, topic=topic, watched={**c.serving_metrics(site, **names), **drift})

pulumi.export("url", api.url)
pulumi.export("keyIds", api.key_ids)
pulumi.export("keyValues", api.key_values)
pulumi.export("callerPolicy", {"action": "execute-api:Invoke", "resource": api.invoke_arn})
pulumi.export("endpointName", endpoint.name)
pulumi.export("modelVersion", artifact.version)
pulumi.export("dashboardUrl", alarms.dashboard_url)
