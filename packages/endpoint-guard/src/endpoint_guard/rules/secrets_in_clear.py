"""Secrets written in the program: passwords, tokens and keys given to resources as literals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from endpoint_guard import types as t
from endpoint_guard.credentials import is_secret, looks_secret
from endpoint_guard.graph import MalformedError, Node, Resource, State
from endpoint_guard.rule import Context, Finding, each, fail, need, rule
from endpoint_guard.secret_places import PLACES

_PLACES: Final = {
    t.SECRET_VERSION: ("secretString", "secretBinary", "secretStringWo"),
    t.DB_INSTANCE: ("password", "passwordWo"),
    t.DB_CLUSTER: ("masterPassword", "masterPasswordWo"),
    t.DOCDB_CLUSTER: ("masterPassword", "masterPasswordWo"),
    t.DOCDB_ELASTIC: ("adminUserPassword",),
    t.WAREHOUSE: ("masterPassword", "masterPasswordWo"),
    t.WAREHOUSE_NAMESPACE: ("adminUserPassword", "adminUserPasswordWo"),
    t.CACHE_GROUP: ("authToken", "authTokenWo"),
    t.CACHE_USER: ("passwords", "passwordsWo", "authenticationMode.passwords"),
    t.MEMORY_USER: ("authenticationMode.passwords",),
    t.SEARCH_DOMAIN: ("advancedSecurityOptions.masterUserOptions.masterUserPassword",),
    t.ELASTIC_DOMAIN: ("advancedSecurityOptions.masterUserOptions.masterUserPassword",),
    t.EVENT_CONNECTION: (
        "authParameters.apiKey.value",
        "authParameters.basic.password",
        "authParameters.oauth.clientParameters.clientSecret",
    ),
    t.USER_IDENTITY_PROVIDER: ("providerDetails.client_secret",),
    t.SOURCE_CREDENTIAL: ("token",),
    t.BROKER: ("users.password", "ldapServerMetadata.serviceAccountPassword"),
    t.MIGRATION_ENDPOINT: (
        "password",
        "kafkaSettings.saslPassword",
        "kafkaSettings.sslClientKeyPassword",
        "redisSettings.authPassword",
    ),
    t.LIGHTSAIL_DATABASE: ("masterPassword",),
    t.DIRECTORY: ("password",),
    t.AMPLIFY_APP: (
        "accessToken",
        "oauthToken",
        "basicAuthCredentials",
        "autoBranchCreationConfig.basicAuthCredentials",
    ),
    t.PARAMETER: ("value", "valueWo"),
    **PLACES,
}
"""Where each type takes a secret."""
_VARIABLES: Final = {
    t.APP_RUNNER: (
        "sourceConfiguration.imageRepository.imageConfiguration.runtimeEnvironmentVariables",
        "sourceConfiguration.codeRepository.codeConfiguration.codeConfigurationValues.runtimeEnvironmentVariables",
    ),
    t.CANARY: ("runConfig.environmentVariables",),
    t.AMPLIFY_APP: ("environmentVariables",),
    t.GLUE_CONNECTION: ("connectionProperties", "athenaProperties"),
    t.AIRFLOW: ("airflowConfigurationOptions",),
    t.BEANSTALK: (),
    t.STATE_MACHINE: (),
    t.SCHEDULE: (),
    t.EVENT_TARGET: (),
}
"""Where each type takes variables that everybody may read who may describe it."""
_INPUTS: Final = {t.SCHEDULE: "target.input", t.EVENT_TARGET: "input"}
"""Where each type holds a document that it hands on, and that everybody may read as well."""
_WORD: Final = 8
"""A shorter text is found within others by chance."""


@rule(
    id="secret-not-in-program",
    title="No password or token is written in the program",
    pillar="integrity",
    severity="critical",
    why="The program is read by everybody who works on it, and stays in its history forever.",
    remedy="Take it from a secret setting (pulumi config set --secret), from random.RandomPassword, or let AWS make it "
    "(manage_master_user_password).",
    references=("SEC-101",),
    on=tuple(_PLACES),
)
def secret_not_in_program(resource: Resource, ctx: Context) -> Iterator[Finding]:
    if resource.type == t.PARAMETER and not _holds_secret(resource):
        return
    nodes = [node for path in _PLACES[resource.type] for node in _all(resource, path)]
    yield from each(nodes, _literal)


def _holds_secret(parameter: Resource) -> bool:
    """Whether a parameter is kept as a secret, or looks like one by its name and value."""
    if parameter.get("type").text() == "SecureString":
        return True
    name, value = parameter.get("name").value, parameter.get("value")
    name = name if isinstance(name, str) else parameter.name
    return value.state is State.KNOWN and is_secret(name.rsplit("/", 1)[-1], value.text())


def _all(resource: Resource, path: str) -> Iterator[Node]:
    """The nodes at a path, one for each element of the lists on the way."""
    head, _, rest = path.partition(".")
    places = [resource.get(head)]
    for step in rest.split(".") if rest else ():
        places = [item.get(step) for place in places for item in _elements(place)]
    for place in places:
        yield from _elements(place)


def _elements(node: Node) -> list[Node]:
    return node.items() if isinstance(node.value, list) else [node]


def _literal(node: Node) -> Iterator[Finding]:
    if not node.declared or node.resource.edges.get(node.path.split(".", 1)[0].split("[", 1)[0]):
        return  # made from another resource
    text = node.text()
    if text and not _from_outside(text, node.resource.graph.settings):
        yield fail(node, "holds a secret that is written in the program")


def _from_outside(text: str, settings: frozenset[str]) -> bool:
    """Whether a text comes from the stack's settings, or from the environment that the program and the pack share."""
    part = len(text) >= _WORD
    return text in os.environ.values() or any(text == value or (part and text in value) for value in settings)


@rule(
    id="service-env-no-secrets",
    title="No service is given a secret among its variables",
    pillar="integrity",
    severity="critical",
    why="Everybody who may describe the service reads its variables.",
    remedy="Pass the name of a secret and read it at run time.",
    references=("SEC-102",),
    on=tuple(_VARIABLES),
    scope="resource",
)
def service_env_no_secrets(resource: Resource, ctx: Context) -> Iterator[Finding]:
    def check(item: tuple[str, Node]) -> Iterator[Finding]:
        name, node = item
        if is_secret(name, node.text()):
            yield fail(node, "holds something that looks like a secret")

    if resource.type == t.STATE_MACHINE:
        node = resource.get("definition")
        yield from need(
            node, lambda n: not looks_secret(n.text()), "holds something that looks like a secret"
        )
    for item in _variables(resource):
        yield from each([item[1]], lambda node, item=item: check(item))  # type: ignore[misc]


def _variables(resource: Resource) -> Iterator[tuple[str, Node]]:
    """The names and values of the variables that a service is given."""
    for path in _VARIABLES[resource.type]:
        yield from resource.get(path).entries()
    if resource.type in _INPUTS:
        yield from _members(resource.get(_INPUTS[resource.type]))
    for setting in resource.get("settings").items() if resource.type == t.BEANSTALK else ():
        if setting.get("namespace").text() == "aws:elasticbeanstalk:application:environment":
            yield setting.get("name").text(), setting.get("value")


def _members(node: Node) -> Iterator[tuple[str, Node]]:
    """The names and texts in a JSON document, at whatever depth; none in a text of another kind."""
    try:
        content = node.document() if node.text() else node
    except MalformedError:
        return
    open_ = content.entries() if content.state is State.KNOWN else []
    while open_:
        name, member = open_.pop()
        if isinstance(member.value, dict):
            open_.extend(member.entries())
        elif isinstance(member.value, str):
            yield name, member
