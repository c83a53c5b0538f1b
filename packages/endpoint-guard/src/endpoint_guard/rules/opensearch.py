"""Search domains: encrypted, private, with rights per index, logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from endpoint_guard import iam
from endpoint_guard import types as t
from endpoint_guard.expect import given, on
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, fail, need, property_rule, rule

_DOMAINS: Final = (t.SEARCH_DOMAIN, t.ELASTIC_DOMAIN)
_POLICIES: Final = (*_DOMAINS, t.SEARCH_DOMAIN_POLICY, t.ELASTIC_DOMAIN_POLICY)

search_encrypted = property_rule(
    __name__,
    id="search-domain-encrypted",
    title="Search domains encrypt their disks",
    pillar="encryption",
    severity="high",
    why="An index holds the documents it was made from.",
    remedy="Set encrypt_at_rest with enabled=True.",
    references=("OSS-001",),
    on=_DOMAINS,
    path="encryptAtRest.enabled",
    good=on,
    text="stores its index unencrypted",
)

search_nodes_tls = property_rule(
    __name__,
    id="search-nodes-encrypted",
    title="Nodes of a search domain talk over TLS",
    pillar="encryption",
    severity="medium",
    why="Documents travel from node to node.",
    remedy="Set node_to_node_encryption with enabled=True.",
    references=("OSS-002",),
    on=_DOMAINS,
    path="nodeToNodeEncryption.enabled",
    good=on,
    text="sends documents from node to node unencrypted",
)


@rule(
    id="search-domain-tls",
    title="Search domains accept TLS 1.2 only",
    pillar="encryption",
    severity="high",
    why="Queries and documents travel in plain text, or under broken TLS, otherwise.",
    remedy='Set domain_endpoint_options with enforce_https=True and tls_security_policy="Policy-Min-TLS-1-2-2019-07" '
    "or a newer one.",
    references=("OSS-003",),
    on=_DOMAINS,
    scope="resource",
)
def search_domain_tls(domain: Resource, ctx: Context) -> Iterator[Finding]:
    options = domain.get("domainEndpointOptions")
    yield from need(options.get("enforceHttps"), on, "answers without TLS")
    policy = options.get("tlsSecurityPolicy")
    yield from need(
        policy, lambda n: "TLS-1-2" in n.text() or "TLS-1-3" in n.text(), "accepts old TLS versions"
    )


search_private = property_rule(
    __name__,
    id="search-domain-private",
    title="Search domains are in a private network",
    pillar="network",
    severity="high",
    why="A domain outside a VPC has a public address, and one policy between it and everybody.",
    remedy="Set vpc_options with subnet_ids and security_group_ids.",
    references=("OSS-004",),
    on=_DOMAINS,
    path="vpcOptions.subnetIds",
    good=given,
    text="has a public address",
)


@rule(
    id="search-domain-closed",
    title="No search domain lets everyone in",
    pillar="auth",
    severity="critical",
    why="Whoever reaches the domain reads and changes every document.",
    remedy="Name roles in access_policies, or narrow everyone by a condition with fixed values.",
    references=("OSS-005",),
    on=_POLICIES,
)
def search_domain_closed(domain: Resource, ctx: Context) -> Iterator[Finding]:
    for s in iam.allowed(domain.get("accessPolicies")):
        addresses = iam.condition_values(s, "aws:SourceIp")
        listed = bool(addresses) and not any(text.endswith("/0") for text in addresses)
        if s.anyone and not listed and not s.narrowed_by(iam.PRINCIPAL_CONDITIONS):
            yield fail(s.node.get("Principal"), "lets everyone in")


search_rights = property_rule(
    __name__,
    id="search-domain-rights",
    title="Search domains give rights per index",
    pillar="auth",
    severity="medium",
    why="Without fine-grained access whoever may query may delete.",
    remedy="Set advanced_security_options with enabled=True.",
    references=("OSS-006",),
    on=_DOMAINS,
    path="advancedSecurityOptions.enabled",
    good=on,
    text="gives everyone who may query all rights",
)


@rule(
    id="search-domain-logged",
    title="Search domains keep an audit log",
    pillar="logging",
    severity="medium",
    why="Without it nobody can tell who read what.",
    remedy="Set log_publishing_options with log_type AUDIT_LOGS and a log group.",
    references=("OSS-007",),
    on=_DOMAINS,
    scope="resource",
)
def search_domain_logged(domain: Resource, ctx: Context) -> Iterator[Finding]:
    options = domain.get("logPublishingOptions")
    kept = [
        o for o in options.items() if o.get("logType").text() == "AUDIT_LOGS" and o.get("enabled").flag(True)
    ]
    if not kept:
        yield fail(options, "keeps no audit log")


@rule(
    id="search-collection-private",
    title="Serverless search collections are not open to the internet",
    pillar="network",
    severity="high",
    why="A public collection has one data access policy between it and everybody.",
    remedy="Set AllowFromPublic to false and name VPC endpoints in SourceVPCEs.",
    references=("OSS-004",),
    on=(t.SEARCH_SECURITY_POLICY,),
    scope="resource",
)
def search_collection_private(policy: Resource, ctx: Context) -> Iterator[Finding]:
    if policy.get("type").text() != "network":
        return
    place = policy.get("policy")
    try:
        entries = json.loads(place.text())
    except (ValueError, RecursionError):
        entries = None
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or entry.get("AllowFromPublic") is not False:
            yield fail(place, "opens a collection to the internet")
