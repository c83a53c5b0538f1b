"""Mutants of the buckets and the key."""

from __future__ import annotations

from typing import Any

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    Mutant,
    Ref,
    add,
    allow,
    drop,
    edit,
    grant,
    mutant,
    option,
    put,
    unlinked,
    without,
)

ART = "artifacts"
ARTIFACTS = f"arn:aws:s3:::fraud-prod-artifacts-{ACCOUNT}-us-east-1"
POLICY = t.BUCKET_POLICY, ART
LOGS = t.BUCKET_POLICY, "access-logs"
DEFAULT = "rules.0.applyServerSideEncryptionByDefault"
OWN = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
ANYONE = {"Principal": "*"}
ROLE = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody"}}


def _acl(**properties: Any) -> Any:
    return add(t.BUCKET_ACL, "acl", {"bucket": Ref(t.BUCKET, ART, "bucket"), **properties})


def _grantee(group: str) -> dict[str, Any]:
    uri = f"http://acs.amazonaws.com/groups/global/{group}"
    return {"grants": [{"grantee": {"type": "Group", "uri": uri}, "permission": "READ"}]}


BLOCK = "bucket-blocks-public"
PUBLIC = "bucket-policy-not-public"
TLS = "bucket-tls-only"
ENCRYPTED = "bucket-encrypted"
WRITES = "artifact-bucket-write-protected"

BUCKETS: list[Mutant] = [
    mutant(
        "S3-001",
        "one of the four switches is off",
        BLOCK,
        put(t.BUCKET_BLOCK, ART, "restrictPublicBuckets", False),
    ),
    mutant("S3-001", "no public access block", "bucket-has-public-block", without(t.BUCKET_BLOCK, "capture")),
    mutant(
        "S3-002",
        "everybody may read",
        PUBLIC,
        grant(*POLICY, allow("s3:GetObject", f"{ARTIFACTS}/*", **ANYONE)),
    ),
    mutant("S3-002", "a canned ACL for everybody", "bucket-no-acls", _acl(acl="public-read")),
    mutant(
        "S3-003",
        "everybody may write",
        PUBLIC,
        grant(*POLICY, allow(["s3:PutObject"], f"{ARTIFACTS}/*", Principal={"AWS": ["*"]})),
    ),
    mutant(
        "S3-004",
        "a grant to everybody with an account",
        "bucket-no-acls",
        _acl(accessControlPolicy=_grantee("AuthenticatedUsers")),
    ),
    mutant(
        "S3-005",
        "ACLs stay in force",
        "bucket-no-acls",
        put(t.BUCKET_OWNERSHIP, ART, "rule.objectOwnership", "ObjectWriter"),
    ),
    mutant(
        "S3-006",
        "a condition that narrows nothing",
        PUBLIC,
        grant(
            *POLICY,
            allow(
                "s3:GetObject",
                f"{ARTIFACTS}/*",
                Principal={"AWS": "*"},
                Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
            ),
        ),
    ),
    mutant(
        "S3-006",
        "an open statement behind a narrow one",
        PUBLIC,
        grant(
            *POLICY,
            allow(
                "s3:GetObject",
                f"{ARTIFACTS}/*",
                Principal="*",
                Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
            ),
        ),
        grant(*POLICY, allow("s3:ListBucket", ARTIFACTS, Principal="*")),
    ),
    mutant(
        "S3-007",
        "another account may write",
        PUBLIC,
        grant(
            *POLICY,
            allow("s3:PutObject", f"{ARTIFACTS}/*", Principal={"AWS": "arn:aws:iam::999999999999:root"}),
        ),
    ),
    mutant(
        "S3-008",
        "a deny of everything to everybody",
        "bucket-policy-no-lockout",
        grant(
            *POLICY, {"Effect": "Deny", "Action": "s3:*", "Resource": [ARTIFACTS, f"{ARTIFACTS}/*"], **ANYONE}
        ),
    ),
    mutant(
        "S3-008",
        "a deny of policy changes to everybody",
        "bucket-policy-no-lockout",
        grant(*POLICY, {"Effect": "Deny", "Action": ["s3:PutBucketPolicy"], "Resource": ARTIFACTS, **ANYONE}),
    ),
    mutant("S3-009", "plain HTTP is not refused", TLS, drop(*POLICY, "TlsOnly")),
    mutant("S3-009", "only uploads refuse plain HTTP", TLS, edit(*POLICY, "TlsOnly", Action="s3:PutObject")),
    mutant(
        "S3-009", "only objects refuse plain HTTP", TLS, edit(*POLICY, "TlsOnly", Resource=f"{ARTIFACTS}/*")
    ),
    mutant(
        "S3-009",
        "one principal alone is refused plain HTTP",
        TLS,
        edit(*POLICY, "TlsOnly", Principal=ROLE["Principal"]),
    ),
    mutant("S3-010", "no default encryption", ENCRYPTED, without(t.BUCKET_ENCRYPTION, "capture")),
    mutant(
        "S3-011",
        "SSE-S3 instead of KMS",
        ENCRYPTED,
        put(t.BUCKET_ENCRYPTION, ART, DEFAULT, {"sseAlgorithm": "AES256"}),
    ),
    mutant(
        "S3-012", "no key named", ENCRYPTED, put(t.BUCKET_ENCRYPTION, ART, f"{DEFAULT}.kmsMasterKeyId", GONE)
    ),
    mutant(
        "S3-012",
        "the key that AWS manages",
        ENCRYPTED,
        unlinked(t.BUCKET_ENCRYPTION, ART, f"{DEFAULT}.kmsMasterKeyId", "alias/aws/s3"),
    ),
    mutant(
        "S3-013",
        "no bucket key",
        "bucket-key-enabled",
        put(t.BUCKET_ENCRYPTION, ART, "rules.0.bucketKeyEnabled", False),
    ),
    mutant(
        "S3-014",
        "versions are suspended",
        "bucket-versioned",
        put(t.BUCKET_VERSIONING, ART, "versioningConfiguration.status", "Suspended"),
    ),
    mutant("S3-014", "no versions", "bucket-versioned", without(t.BUCKET_VERSIONING, "capture")),
    mutant("S3-016", "no access log", "bucket-access-logged", without(t.BUCKET_LOGGING, ART)),
    mutant("S3-017", "no lifecycle", "bucket-lifecycle", without(t.BUCKET_LIFECYCLE, "capture")),
    mutant(
        "S3-018",
        "uploads that never end are kept",
        "bucket-lifecycle",
        put(t.BUCKET_LIFECYCLE, ART, "rules.0.abortIncompleteMultipartUpload", GONE),
    ),
    mutant(
        "S3-018",
        "only a part of the bucket ends its uploads",
        "bucket-lifecycle",
        put(t.BUCKET_LIFECYCLE, ART, "rules.0.filter", {"prefix": "tmp/"}),
    ),
    mutant("S3-020", "no default retention", "artifact-locked", without(t.BUCKET_LOCK, ART)),
    mutant(
        "S3-020", "the bucket cannot lock", "artifact-locked", put(t.BUCKET, ART, "objectLockEnabled", False)
    ),
    mutant(
        "S3-022",
        "an object without a key",
        "object-encrypted",
        put(t.BUCKET_OBJECT, "model", "kmsKeyId", GONE),
    ),
    mutant(
        "S3-022",
        "an object under SSE-S3",
        "object-encrypted",
        put(t.BUCKET_OBJECT, "model", "serverSideEncryption", "AES256"),
    ),
    mutant(
        "S3-G01", "any key may encrypt an upload", "uploads-use-stack-key", drop(*POLICY, "AccountKeyOnly")
    ),
    mutant(
        "S3-G01",
        "a key of any account will do",
        "uploads-use-stack-key",
        edit(
            *POLICY,
            "AccountKeyOnly",
            Condition={
                "ArnNotLike": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:*:*:key/*"}
            },
        ),
    ),
    mutant("S3-G02", "the artifact can be replaced", WRITES, drop(*POLICY, "WriteProtected")),
    mutant(
        "S3-G02", "a version can be deleted", WRITES, edit(*POLICY, "WriteProtected", Action="s3:PutObject")
    ),
    mutant(
        "S3-G02",
        "a role of the stack may write the artifact",
        WRITES,
        grant(t.ROLE_POLICY, "api-logs", allow("s3:PutObject", f"{ARTIFACTS}/models/*")),
    ),
    mutant(
        "S3-G03",
        "a destroy empties the bucket",
        "bucket-no-force-destroy",
        put(t.BUCKET, ART, "forceDestroy", True),
    ),
    mutant(
        "S3-G03", "the bucket is not protected", "stateful-protected", option(t.BUCKET, ART, protect=False)
    ),
    mutant("S3-G04", "old TLS is accepted", "bucket-tls-floor", drop(*POLICY, "ModernTls")),
    mutant(
        "S3-G05",
        "a bucket logs into itself",
        "bucket-access-logged",
        put(t.BUCKET_LOGGING, ART, "targetBucket", Ref(t.BUCKET, ART, "bucket")),
    ),
    mutant(
        "S3-G05",
        "the log goes outside the stack",
        "bucket-access-logged",
        put(t.BUCKET_LOGGING, ART, "targetBucket", "somebody-elses-logs"),
    ),
    mutant(
        "S3-G05",
        "a role writes into the log bucket",
        "log-bucket-locked-down",
        grant(*LOGS, allow("s3:PutObject", "arn:aws:s3:::fraud-prod-access-logs/*", **ROLE)),
    ),
    mutant(
        "S3-G05",
        "logs are taken from any account",
        "log-bucket-locked-down bucket-policy-not-public",
        edit(*LOGS, "AccessLogDelivery", Condition=GONE),
    ),
]
