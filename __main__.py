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
logs = c.AccessLogBucket(site, ["artifacts", "capture", "packages", "training"])
training = c.optional_training("training", site, s.training, logs=logs)

source = ArtifactSource(s.training.data, s.training.recipe, decision=s.training.decision)
artifact = c.ModelArtifact("model", site, source, key=key, logs=logs)
endpoint = c.ModelEndpoint(
    "model", site, s.serving, role=model_role, artifact=artifact, key=key, network=network, topic=topic
)
function = c.ScoringFunction(
    "score", site, s.scoring, role=function_role, key=key, endpoint=endpoint, network=network
)
api = c.ScoringApi("api", site, s.api, key=key, function=function)
firewall = c.WebFirewall("firewall", site, s.firewall, key=key, api=api, front=s.front_door)
c.optional_address(site, s, api=api, artifact=artifact, key=key)

names = {"api": api.name, "function": function.name, "endpoint": endpoint.name, "firewall": firewall.name}
watched = c.all_metrics(site, s, names, artifact.artifact.card, api.key_ids)
alarms = c.Observability("alarms", site, s.alarms, topic=topic, watched=watched, names=names)
c.optional_rollout("rollout", site, canary=s.scoring.canary, function=function, alarms=alarms.guards)

for output, value in c.outputs(api, artifact, endpoint, function, alarms, training).items():
    pulumi.export(output, value)
