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
issuer = c.optional_issuer("callers", site, s.api)
api = c.ScoringApi("api", site, s.api, key=key, function=function, issuer=issuer)
firewall = c.WebFirewall("firewall", site, s.firewall, key=key, api=api)
names = {"api": api.name, "function": function.name, "endpoint": endpoint.name, "firewall": firewall.name}
watched: dict[str, c.Watch] = {
    **c.serving_metrics(site, s.scoring, s.alarms, **names),
    **c.usage_metrics(site, s.alarms, s.api.clients),
    **c.drift_metrics(s.alarms, function.name, artifact.artifact.card, api.key_ids),
}
alarms = c.Observability("alarms", site, s.alarms, topic=topic, watched=watched, names=names)
guards = [alarms.alarm_names[label] for label in ("function-errors", "function-duration", "api-5xx")]
c.optional_rollout("rollout", site, canary=s.scoring.canary, function=function, alarms=guards)

pulumi.export("url", api.url)
pulumi.export("keyIds", api.key_ids)
pulumi.export("keyValues", api.key_values)
pulumi.export("callerPolicy", {"action": "execute-api:Invoke", "resource": api.invoke_arn})
pulumi.export("tokens", c.token_output(issuer))
pulumi.export("endpointName", endpoint.name)
pulumi.export("function", {"name": function.name, "alias": "live", "version": function.function.version})
pulumi.export("modelVersion", artifact.version)
pulumi.export("trainingData", artifact.training_data)
pulumi.export("artifactUrl", artifact.url)
pulumi.export("dashboardUrl", alarms.dashboard_url)
