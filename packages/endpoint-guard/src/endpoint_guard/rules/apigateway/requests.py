"""Requests: validated against a strict schema, and a stage that serves what was declared."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.rule import Context, Finding, fail, need, rule

_WITH_BODY = ("POST", "PUT", "PATCH", "ANY")


@rule(
    id="requests-validated",
    title="Every method with a body validates it, whatever its content type",
    pillar="integrity",
    severity="high",
    why="A content type that has no model of its own skips the validation.",
    remedy='Set request_validator_id and request_models={"$default": model.name}.',
    references=("AGW-015",),
    on=(t.METHOD,),
)
def requests_validated(method: Resource, ctx: Context) -> Iterator[Finding]:
    if method.get("httpMethod").text().upper() not in _WITH_BODY:
        return
    validators = method.targets("requestValidatorId", t.VALIDATOR)
    if not validators:
        yield fail(method.get("requestValidatorId"), "validates no request")
    for validator in validators:
        for name in ("validateRequestBody", "validateRequestParameters"):
            yield from need(validator.get(name), Node.flag, "leaves a part of the request unchecked")
    models = method.get("requestModels")
    if not models.get("$default").declared:
        yield fail(models, "binds no model to the default content type")
    if not method.targets("requestModels", t.API_MODEL):
        yield fail(models, "binds no model of the stack")
    for _, model in models.entries():
        if model.state.value == "known" and model.text() in ("Empty", "Error"):
            yield fail(model, "binds a model of API Gateway's own, which accepts anything")


@rule(
    id="request-schema-strict",
    title="Request schemas are closed and bounded",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="What the schema does not bound, a caller may send: extra fields, huge arrays, endless strings.",
    remedy="Give objects additionalProperties false and required, arrays maxItems, strings and numbers bounds.",
    references=("AGW-G13",),
    on=(t.API_MODEL,),
)
def request_schema_strict(model: Resource, ctx: Context) -> Iterator[Finding]:
    if not model.users("requestModels", t.METHOD):
        return
    schema = model.get("schema").document()
    for node in schema.leaves():
        if node.path.endswith(".$ref"):
            yield fail(node, "refers to a schema that is not read here")
    if schema.get("type").text() != "object":
        yield fail(schema.get("type"), "does not describe an object")
    yield from _strict(schema)


def _strict(schema: Node) -> Iterator[Finding]:
    if schema.get("$ref").declared:
        return
    kinds = schema.get("type").texts()
    if not kinds and not schema.get("enum").declared:
        yield fail(schema, "leaves a part of the request without a type")
    if "object" in kinds:
        if schema.get("additionalProperties").value is not False or schema.get("patternProperties").declared:
            yield fail(schema, "accepts fields that nobody described")
        if not schema.get("required").declared:
            yield fail(schema, "requires no field")
        for _, child in schema.get("properties").entries():
            yield from _strict(child)
    if "array" in kinds:
        if schema.get("maxItems").number() is None:
            yield fail(schema, "accepts arrays of any length")
        if not schema.get("items").declared:
            yield fail(schema, "accepts arrays of anything")
        else:
            yield from _strict(schema.get("items"))
    if "string" in kinds and not schema.get("enum").declared and schema.get("maxLength").number() is None:
        yield fail(schema, "accepts strings of any length")
    if {"number", "integer"} & set(kinds):
        bounds = [schema.get(name).number() for name in ("minimum", "maximum")]
        if None in bounds:
            yield fail(schema, "accepts numbers without bounds")


@rule(
    id="deployment-redeploys",
    title="A change of the API reaches its stage",
    pillar="integrity",
    severity="medium",
    level="advisory",
    why="Without triggers the stage goes on serving what it served before, unprotected parts included.",
    remedy="Give the deployment triggers: a digest of everything that shapes the API.",
    references=("AGW-G17",),
    on=(t.DEPLOYMENT,),
)
def deployment_redeploys(deployment: Resource, ctx: Context) -> Iterator[Finding]:
    if not deployment.get("triggers").declared:
        yield fail(deployment.get("triggers"), "has no triggers")


@rule(
    id="stage-serves-deployment",
    title="Every stage serves a deployment of the stack, without a canary",
    pillar="integrity",
    severity="high",
    level="advisory",
    why="What a foreign deployment or a canary serves was never checked.",
    remedy="Pass deployment.id, and leave canary_settings unset.",
    references=("AGW-G17", "AGW-G18"),
    on=(t.STAGE,),
)
def stage_serves_deployment(stage: Resource, ctx: Context) -> Iterator[Finding]:
    if not stage.targets("deployment", t.DEPLOYMENT):
        yield fail(stage.get("deployment"), "serves a deployment outside the stack")
    if stage.get("canarySettings").declared:
        yield fail(stage.get("canarySettings"), "serves a canary that nobody checked")


@rule(
    id="no-response-cache",
    title="Scores are never cached",
    pillar="integrity",
    severity="medium",
    why="A cache answers one client with what another one asked, and keeps it.",
    remedy="Leave cache_cluster_enabled and caching_enabled off.",
    references=("AGW-G10", "AGW-013"),
    on=(t.STAGE, t.METHOD_SETTINGS),
    scope="resource",
)
def no_response_cache(resource: Resource, ctx: Context) -> Iterator[Finding]:
    name = "cacheClusterEnabled" if resource.type == t.STAGE else "settings.cachingEnabled"
    yield from need(resource.get(name), lambda n: not n.flag(), "caches responses")
