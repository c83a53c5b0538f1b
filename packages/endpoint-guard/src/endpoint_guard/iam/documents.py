"""Where policy documents stand: which types carry them, and which give a role its permissions."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.graph import Node, Resource
from endpoint_guard.iam.statement import statements


def identity_documents(resource: Resource) -> Iterator[Node]:
    """The policy documents that a Role, RolePolicy, Policy, UserPolicy or GroupPolicy holds."""
    if resource.type == t.ROLE:
        for inline in resource.get("inlinePolicies").items():
            if inline.get("policy").declared:
                yield inline.get("policy")
    elif resource.get("policy").declared:
        yield resource.get("policy")


IDENTITY_TYPES = (t.ROLE, t.ROLE_POLICY, t.POLICY, t.USER_POLICY, t.GROUP_POLICY)
CARRIERS = {
    t.ROLE: "assumeRolePolicy",
    t.KEY: "policy",
    t.KEY_POLICY: "policy",
    t.BUCKET: "policy",
    t.BUCKET_POLICY: "policy",
    t.TOPIC: "policy",
    t.TOPIC_POLICY: "policy",
    t.QUEUE_POLICY: "policy",
    t.SECRET_POLICY: "policy",
    t.REST_API: "policy",
    t.REST_API_POLICY: "policy",
    t.VPC_ENDPOINT: "policy",
    t.VPC_ENDPOINT_POLICY: "policy",
    t.LOG_RESOURCE_POLICY: "policyDocument",
    t.ACCESS_POINT: "policy",
    t.ACCESS_POINT_POLICY: "policy",
    t.REPOSITORY_POLICY: "policy",
    t.EVENT_BUS_POLICY: "policy",
    t.MODEL_GROUP_POLICY: "resourcePolicy",
    t.LOG_DESTINATION_POLICY: "accessPolicy",
    t.TABLE_POLICY: "policy",
    t.DATA_STREAM_POLICY: "policy",
    t.SEARCH_DOMAIN: "accessPolicies",
    t.SEARCH_DOMAIN_POLICY: "accessPolicies",
    t.ELASTIC_DOMAIN: "accessPolicies",
    t.ELASTIC_DOMAIN_POLICY: "accessPolicies",
    t.FILE_SYSTEM_POLICY: "policy",
    t.BACKUP_VAULT_POLICY: "policy",
    t.GLACIER_VAULT: "accessPolicy",
    t.EMAIL_POLICY: "policy",
    t.PACKAGE_DOMAIN_POLICY: "policyDocument",
    t.PACKAGE_REPOSITORY_POLICY: "policyDocument",
    t.GLUE_POLICY: "policy",
    t.SCHEMA_REGISTRY_POLICY: "policy",
    t.S3_TABLE_BUCKET_POLICY: "resourcePolicy",
    t.S3_TABLE_POLICY: "resourcePolicy",
    t.KAFKA_POLICY: "policy",
    t.REPLICA_KEY: "policy",
    t.EXTERNAL_KEY: "policy",
    **t.SIDE_POLICIES,
}
"""Which property of which type holds a policy that names principals."""


def role_documents(role: Resource) -> Iterator[Node]:
    """Every document of the stack that gives a role permissions: inline, attached and inline in the role."""
    yield from identity_documents(role)
    for policy in role.users("role", t.ROLE_POLICY):
        yield from identity_documents(policy)
    attachments = [*role.users("role", t.ROLE_ATTACHMENT), *role.users("roles", t.POLICY_ATTACHMENT)]
    for attachment in attachments:
        for policy in attachment.targets("policyArn", t.POLICY):
            yield from identity_documents(policy)


def trusted_services(role: Resource) -> list[str]:
    """The service principals that may assume a role. Raises as `statements` does."""
    found = [s for s in statements(role.get("assumeRolePolicy")) if s.allows]
    return [text.lower() for s in found for text in s.principal_texts("Service")]
