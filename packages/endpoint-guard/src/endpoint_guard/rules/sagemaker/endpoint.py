"""The endpoint: isolated, wired to checked parts, shadows too, without shell or dump."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource, State
from endpoint_guard.rule import Context, Finding, Setting, fail, need, rule


def variants(config: Resource) -> list[Node]:
    """The production variants of an endpoint configuration."""
    return config.get("productionVariants").items()


def shadows(config: Resource) -> list[Node]:
    """The shadow variants, which get copies of requests."""
    return config.get("shadowProductionVariants").items()


@rule(
    id="model-isolated",
    title="The model's container has no network",
    pillar="integrity",
    severity="high",
    why="A container without a network cannot send anything away, whatever runs in it.",
    remedy="Set enable_network_isolation=True.",
    references=("SM-003",),
    on=(t.MODEL,),
    scope="resource",
)
def model_isolated(model: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(model.get("enableNetworkIsolation"), Node.flag, "is not isolated from the network")


@rule(
    id="endpoint-wired-to-stack",
    title="The endpoint serves a configuration and models of the stack",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="What is served from elsewhere was never checked.",
    remedy="Pass the names of the stack's configuration and model.",
    references=("SM-G09",),
    on=(t.ENDPOINT, t.ENDPOINT_CONFIG),
)
def endpoint_wired_to_stack(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.ENDPOINT:
        if not resource.targets("endpointConfigName", t.ENDPOINT_CONFIG):
            yield fail(resource.get("endpointConfigName"), "serves a configuration outside the stack")
        return
    for kind in ("productionVariants", "shadowProductionVariants"):
        listed = resource.get(kind)
        if (kind == "productionVariants" or listed.declared) and not resource.targets(kind, t.MODEL):
            yield fail(listed, "serves a model outside the stack")
    names = [model.get("name") for model in ctx.graph.of(t.MODEL)]
    if any(name.state is not State.KNOWN for name in names):
        return
    for variant in variants(resource) + shadows(resource):
        name = variant.get("modelName")
        if name.state is State.KNOWN and name.text() not in {known.text() for known in names}:
            yield fail(name, "serves a model outside the stack")


@rule(
    id="endpoint-no-shell",
    title="Nobody can open a shell in the container",
    pillar="integrity",
    severity="high",
    why="A shell shows every request and may change the answers.",
    remedy="Leave enable_ssm_access off.",
    references=("SM-G04",),
    on=(t.ENDPOINT_CONFIG,),
    scope="resource",
)
def endpoint_no_shell(config: Resource, ctx: Context) -> Iterator[Finding]:
    for variant in variants(config) + shadows(config):
        yield from need(variant.get("enableSsmAccess"), lambda n: not n.flag(), "allows a shell")


@rule(
    id="endpoint-dumps-encrypted",
    title="Core dumps are off, or encrypted in a bucket of the stack",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="A dump holds the requests that were in memory.",
    remedy="Leave core_dump_config unset.",
    references=("SM-G05",),
    on=(t.ENDPOINT_CONFIG,),
)
def endpoint_dumps_encrypted(config: Resource, ctx: Context) -> Iterator[Finding]:
    for variant in variants(config) + shadows(config):
        dump = variant.get("coreDumpConfig")
        if dump.declared and not dump.get("kmsKeyId").declared:
            yield fail(dump, "writes core dumps without a key")
        destination = dump.get("destinationS3Uri")
        if dump.declared and not _own_bucket(destination):
            yield fail(destination, "writes core dumps outside the stack")


@rule(
    id="endpoint-kinds",
    title="Variants are of a kind that can be hardened",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="Serverless variants exclude network and isolation; queues and multi-model modes escape the checks.",
    remedy="Use instance-based variants with one model.",
    references=("SM-G10",),
    on=(t.ENDPOINT_CONFIG, t.MODEL),
    scope="resource",
)
def endpoint_kinds(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.MODEL:
        for container in [resource.get("primaryContainer"), *resource.get("containers").items()]:
            yield from need(container.get("mode"), lambda n: n.text() != "MultiModel", "loads many models")
        return
    if resource.get("asyncInferenceConfig").declared:
        yield fail(resource.get("asyncInferenceConfig"), "keeps requests and answers for later")
    for variant in variants(resource) + shadows(resource):
        if variant.get("serverlessConfig").declared:
            yield fail(variant.get("serverlessConfig"), "is serverless")
        if variant.get("managedInstanceScaling").declared:
            yield fail(variant.get("managedInstanceScaling"), "scales past the bounds of its scaling target")


@rule(
    id="capture-on-and-kept",
    title="Requests and answers are captured into a bucket of the stack",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="Without capture nobody can tell afterwards what the model saw; elsewhere nobody can protect it.",
    remedy="Enable data capture of Input and Output with a destination in the stack, or switch it off by level.",
    references=("SM-G01",),
    on=(t.ENDPOINT_CONFIG,),
    settings={"required": Setting(True, "whether data capture must be on")},
)
def capture_on_and_kept(config: Resource, ctx: Context) -> Iterator[Finding]:
    capture = config.get("dataCaptureConfig")
    if not capture.get("enableCapture").flag():
        if ctx.flag("required"):
            yield fail(capture.get("enableCapture"), "captures nothing")
        return
    modes = {item.get("captureMode").text() for item in capture.get("captureOptions").items()}
    if ctx.flag("required") and modes != {"Input", "Output"} and modes != {"InputAndOutput"}:
        yield fail(capture.get("captureOptions"), "captures one half only")
    share = capture.get("initialSamplingPercentage")
    if ctx.flag("required"):
        yield from need(share, lambda n: (n.number() or 0) > 0, "captures nothing of its requests")
    destination = capture.get("destinationS3Uri")
    if not config.targets("dataCaptureConfig", t.BUCKET) and not _own_bucket(destination):
        yield fail(destination, "captures into a bucket outside the stack")


def _own_bucket(destination: Node) -> bool:
    name = destination.text().removeprefix("s3://").split("/", 1)[0]
    return any(found.type == t.BUCKET for found in destination.resource.graph.known_as(name))


@rule(
    id="endpoint-log-group",
    title="The endpoint's log group is in the stack",
    pillar="logging",
    severity="high",
    level="advisory",
    why="SageMaker creates it otherwise: without a key and forever.",
    remedy="Declare a LogGroup named /aws/sagemaker/Endpoints/<endpoint>.",
    references=("CW-G04",),
    on=(t.ENDPOINT,),
)
def endpoint_log_group(endpoint: Resource, ctx: Context) -> Iterator[Finding]:
    if endpoint.users("name", t.LOG_GROUP):
        return
    named = ctx.graph.known_as(f"/aws/sagemaker/Endpoints/{endpoint.get('name').text()}")
    if any(found.type == t.LOG_GROUP for found in named):
        return
    yield fail(endpoint.get("name"), "has no declared log group")
