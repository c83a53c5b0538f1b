"""Reading of IAM documents as IAM reads them."""

from endpoint_guard.iam.conditions import (
    PRINCIPAL_CONDITIONS,
    SERVICE_CONDITIONS,
    denies_plain_http,
    names_identities,
)
from endpoint_guard.iam.documents import (
    CARRIERS,
    IDENTITY_TYPES,
    identity_documents,
    role_documents,
    trusted_services,
)
from endpoint_guard.iam.patterns import fixed, loose, matches, overlaps
from endpoint_guard.iam.statement import POSITIVE, Statement, allowed, condition_values, statements

__all__ = [
    "CARRIERS",
    "IDENTITY_TYPES",
    "POSITIVE",
    "PRINCIPAL_CONDITIONS",
    "SERVICE_CONDITIONS",
    "Statement",
    "allowed",
    "condition_values",
    "denies_plain_http",
    "fixed",
    "identity_documents",
    "loose",
    "matches",
    "names_identities",
    "overlaps",
    "role_documents",
    "statements",
    "trusted_services",
]
