"""Certificates."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="certificate-of-one-host",
    title="Certificates name hosts",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Whoever has the key of a wildcard certificate speaks for every host of the domain.",
    remedy="Set a full domain_name and full subject_alternative_names.",
    references=("ACM-002",),
    on=(t.CERTIFICATE,),
    scope="resource",
)
def certificate_of_one_host(certificate: Resource, ctx: Context) -> Iterator[Finding]:
    for node in (certificate.get("domainName"), *certificate.get("subjectAlternativeNames").items()):
        if node.text().startswith("*"):
            yield fail(node, "speaks for every host of a domain")


@rule(
    id="certificate-sound",
    title="Certificates use a strong key and are logged",
    pillar="encryption",
    severity="medium",
    why="A weak key can be worked out; an unlogged certificate can be issued unnoticed.",
    remedy="Leave transparency logging on, and use RSA_2048 or stronger or EC.",
    references=("ACM-001",),
    on=(t.CERTIFICATE,),
    scope="resource",
)
def certificate_sound(certificate: Resource, ctx: Context) -> Iterator[Finding]:
    if certificate.get("keyAlgorithm").text() == "RSA_1024":
        yield fail(certificate.get("keyAlgorithm"), "has a weak key")
    logged = certificate.get("options.certificateTransparencyLoggingPreference")
    if logged.text() == "DISABLED":
        yield fail(logged, "is not logged")
