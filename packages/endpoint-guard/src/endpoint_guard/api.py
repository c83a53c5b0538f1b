"""Relations of a REST API: which stage, usage plan, key, web ACL and settings belong to which method."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource


def api_of(resource: Resource) -> Resource | None:
    """The REST API that a resource belongs to, if it is in the stack."""
    return next(iter(resource.targets("restApi", t.REST_API)), None)


def stages_of(resource: Resource) -> list[Resource]:
    """The stages of the API that a method, or any other part of an API, belongs to."""
    api = api_of(resource)
    return api.users("restApi", t.STAGE) if api else []


def plans_of(stage: Resource) -> list[Resource]:
    """The usage plans that cover a stage."""
    api = api_of(stage)
    near = stage.users("apiStages", t.USAGE_PLAN) + (api.users("apiStages", t.USAGE_PLAN) if api else [])
    return [plan for plan in dict.fromkeys(near) if _covers(plan, stage)]


def _covers(plan: Resource, stage: Resource) -> bool:
    return any(stage in stages_in(plan, entry) for entry in plan.get("apiStages").items())


def stages_in(plan: Resource, entry: Node) -> list[Resource]:
    """The stages that one entry of a usage plan's `apiStages` names."""
    linked = plan.targets("apiStages", t.STAGE) if plan.edges.get("apiStages") else []
    apis = plan.targets("apiStages", t.REST_API)
    text = entry.get("stage")
    if linked and (len(plan.get("apiStages").items()) == 1 or not text.declared):
        # A dependency says what the value was made from; a text that is known says what came out.
        return [stage for stage in linked if not _differ(text, stage.get("stageName"))]
    name = entry.get("stage").text()
    candidates = linked or [stage for api in apis for stage in api.users("restApi", t.STAGE)]
    return [stage for stage in candidates if stage.get("stageName").text() == name]


def _differ(text: Node, name: Node) -> bool:
    known = text.state.value == name.state.value == "known"
    return known and text.value != name.value


def keys_of(plan: Resource) -> list[Resource]:
    """The API keys that are joined to a usage plan."""
    joins = plan.users("usagePlanId", t.USAGE_PLAN_KEY)
    return [key for join in joins for key in join.targets("keyId", t.API_KEY)]


def acls_of(stage: Resource) -> list[Resource]:
    """The web ACLs of the stack in front of a stage, one per association."""
    links = associations_of(stage)
    return [acl for link in links for acl in link.targets("webAclArn", t.WEB_ACL)]


def associations_of(stage: Resource) -> list[Resource]:
    """The associations that put a web ACL in front of a stage."""
    return stage.users("resourceArn", t.WEB_ACL_ASSOCIATION)


def logging_of(acl: Resource) -> list[Resource]:
    """The logging configurations of a web ACL."""
    return acl.users("resourceArn", t.WEB_ACL_LOGGING)


def settings_of(stage: Resource) -> list[Resource]:
    """The method settings of a stage."""
    api = api_of(stage)
    found: list[Resource] = []
    for settings in api.users("restApi", t.METHOD_SETTINGS) if api else []:
        linked = settings.targets("stageName", t.STAGE) if settings.edges.get("stageName") else []
        if stage in linked or (
            not linked and settings.get("stageName").text() == stage.get("stageName").text()
        ):
            found.append(settings)
    return found


def exposed(method: Resource) -> bool:
    """Whether a method needs protection: all but an OPTIONS answered by a mock, as CORS asks for."""
    if method.get("httpMethod").text().upper() != "OPTIONS":
        return True
    return not any(
        integration.get("type").text().upper() == "MOCK" for integration in integrations_of(method)
    )


def integrations_of(method: Resource) -> list[Resource]:
    """The integrations behind a method: those of the same API resource and verb."""
    parents = method.targets("resourceId", t.API_RESOURCE, t.REST_API)
    return [
        integration
        for parent in parents
        for integration in parent.users("resourceId", t.INTEGRATION)
        if integration.get("httpMethod").text().upper() == method.get("httpMethod").text().upper()
    ]


def functions_behind(integration: Resource) -> list[Resource]:
    """The functions of the stack behind an integration, by their ARN or an alias."""
    found = integration.targets("uri", t.FUNCTION, t.FUNCTION_ALIAS)
    aliased = [f for a in found if a.type == t.FUNCTION_ALIAS for f in a.targets("functionName", t.FUNCTION)]
    return list(dict.fromkeys([*(f for f in found if f.type == t.FUNCTION), *aliased]))
