"""Notebooks, studio domains and monitoring jobs beside the endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from endpoint_guard import types as t
from endpoint_guard.credentials import looks_secret
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, Rule, each, fail, need, property_rule, rule

_COMMON: Final[dict[str, Any]] = {"on": t.NOTEBOOK, "pillar": "integrity", "severity": "high"}


def _notebook(**record: Any) -> Rule:
    return property_rule(__name__, **{**_COMMON, **record})


notebook_no_internet = _notebook(
    id="notebook-no-internet",
    title="Notebooks have no direct way to the internet",
    why="The default is Enabled: whatever the notebook reads can leave by it.",
    remedy='Set direct_internet_access="Disabled".',
    references=("SM-010",),
    path="directInternetAccess",
    good=lambda node: node.text() == "Disabled",
    text="reaches the internet directly",
)
notebook_in_network = _notebook(
    id="notebook-in-network",
    title="Notebooks run in the private network",
    why="Outside it no endpoint policy bounds what they reach.",
    remedy="Set subnet_id and security_groups.",
    references=("SM-011",),
    path="subnetId",
    good=lambda node: node.declared,
    text="runs outside the private network",
)
notebook_no_root = _notebook(
    id="notebook-no-root",
    title="Notebook users are not root",
    why="Root can read the role's credentials and turn logging off.",
    remedy='Set root_access="Disabled".',
    references=("SM-012",),
    path="rootAccess",
    good=lambda node: node.text() == "Disabled",
    text="gives its users root access",
)
notebook_own_key = _notebook(
    id="notebook-own-key",
    title="Notebook volumes are encrypted with a customer-managed key",
    why="The volume holds samples of the data.",
    remedy="Set kms_key_id to the stack's key.",
    references=("SM-013",),
    path="kmsKeyId",
    good=lambda node: node.declared and "alias/aws/" not in str(node.value),
    text="keeps its volume without a customer-managed key",
)
notebook_metadata_v2 = _notebook(
    id="notebook-metadata-v2",
    title="Notebooks use the second version of the metadata service",
    pillar="integrity",
    severity="medium",
    why="The first one gives the role's credentials to any forged request.",
    remedy='Set minimum_instance_metadata_service_version="2".',
    references=("SM-014",),
    path="instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion",
    good=lambda node: node.number() == 2,
    text="answers the first version of the metadata service",
)
notebook_platform = _notebook(
    id="notebook-platform",
    title="Notebooks run on a supported platform",
    pillar="integrity",
    severity="low",
    why="An old platform gets no patches.",
    remedy='Set platform_identifier="notebook-al2023-v1" or a later one.',
    references=("SM-017",),
    path="platformIdentifier",
    good=lambda node: node.text().startswith("notebook-al2023"),
    text="runs on an old platform",
)


@rule(
    id="notebook-script-no-secrets",
    title="Notebook scripts hold no secrets",
    pillar="integrity",
    severity="high",
    why="Scripts are shown by Describe calls.",
    remedy="Read the secret at run time.",
    references=("SM-015",),
    on=(t.NOTEBOOK_SCRIPT,),
    scope="resource",
)
def notebook_script_no_secrets(script: Resource, ctx: Context) -> Iterator[Finding]:
    for name in ("onCreate", "onStart"):
        node = script.get(name)
        yield from need(
            node, lambda n: not looks_secret(n.text()), "holds something that looks like a secret"
        )


@rule(
    id="studio-domain-hardened",
    title="Studio domains use single sign-on, a key of the stack and the private network",
    pillar="integrity",
    severity="low",
    level="advisory",
    why="A domain opens notebooks to everybody it lets in.",
    remedy='Set auth_mode="SSO", kms_key_id and app_network_access_type="VpcOnly".',
    references=("SM-019",),
    on=("aws:sagemaker/domain:Domain",),
)
def studio_domain_hardened(domain: Resource, ctx: Context) -> Iterator[Finding]:
    yield from need(domain.get("authMode"), lambda n: n.text() == "SSO", "has users of its own")
    if not domain.get("kmsKeyId").declared:
        yield fail(domain.get("kmsKeyId"), "keeps its volumes without a customer-managed key")
    access = domain.get("appNetworkAccessType")
    yield from need(access, lambda n: n.text() == "VpcOnly", "reaches the internet directly")


@rule(
    id="monitoring-jobs-isolated",
    title="Monitoring jobs are isolated and encrypt what they exchange",
    pillar="integrity",
    severity="medium",
    why="A monitoring job reads every captured request.",
    remedy="Set network_config with isolation and inter-container encryption, and a volume key.",
    references=("SM-009",),
    on=("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",),
    scope="resource",
)
def monitoring_jobs_isolated(job: Resource, ctx: Context) -> Iterator[Finding]:
    names = ("enableNetworkIsolation", "enableInterContainerTrafficEncryption")
    nodes = [job.get(f"networkConfig.{name}") for name in names]
    yield from each(nodes, lambda node: need(node, lambda n: n.flag(), "exchanges data unprotected"))
    key = job.get("jobResources.clusterConfig.volumeKmsKeyId")
    if not key.declared:
        yield fail(key, "keeps its volumes without a key")
