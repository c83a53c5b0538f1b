"""Certificates."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, rule


@rule(
    id="certificate-sound",
    title="Certificates name one host, use a strong key and are logged",
    pillar="encryption",
    severity="medium",
    why="A wildcard certificate speaks for every host; an unlogged one can be issued unnoticed.",
    remedy="Set a full domain_name, leave transparency logging on, and use RSA_2048 or stronger or EC.",
    references=("ACM-001",),
    on=(t.CERTIFICATE,),
    scope="resource",
)
def certificate_sound(certificate: Resource, ctx: Context) -> Iterator[Finding]:
    for node in (certificate.get("domainName"), *certificate.get("subjectAlternativeNames").items()):
        if node.text().startswith("*"):
            yield fail(node, "speaks for every host of a domain")
    if certificate.get("keyAlgorithm").text() == "RSA_1024":
        yield fail(certificate.get("keyAlgorithm"), "has a weak key")
    logged = certificate.get("options.certificateTransparencyLoggingPreference")
    if logged.text() == "DISABLED":
        yield fail(logged, "is not logged")
