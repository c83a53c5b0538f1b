"""Glue: what its jobs and crawlers write is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint_guard import types as t
from endpoint_guard.expect import given, on, one_of
from endpoint_guard.graph import Resource
from endpoint_guard.rule import Context, Finding, need, property_rule, rule

glue_encrypted = property_rule(
    __name__,
    id="glue-encrypted",
    title="Glue jobs and crawlers have a security configuration",
    pillar="encryption",
    severity="medium",
    why="Without one, logs, bookmarks and results are written with the defaults of the services behind them.",
    remedy="Declare glue.SecurityConfiguration and name it in security_configuration.",
    references=("GLU-001",),
    on=(t.GLUE_JOB, t.GLUE_CRAWLER, t.GLUE_WORKBENCH),
    path="securityConfiguration",
    good=given,
    text="has no security configuration",
)


@rule(
    id="glue-encrypts-everything",
    title="Security configurations of Glue encrypt logs, bookmarks and results",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="A part that the configuration leaves out is written unencrypted, or with a key of the service.",
    remedy="Set the modes SSE-KMS, CSE-KMS and SSE-KMS (or SSE-S3) for logs, bookmarks and S3.",
    references=("GLU-002",),
    on=(t.GLUE_SECURITY,),
    scope="resource",
)
def glue_encrypts_everything(settings: Resource, ctx: Context) -> Iterator[Finding]:
    for part, modes in (
        ("cloudwatchEncryption.cloudwatchEncryptionMode", ("SSE-KMS",)),
        ("jobBookmarksEncryption.jobBookmarksEncryptionMode", ("CSE-KMS",)),
        ("s3Encryption.s3EncryptionMode", ("SSE-KMS", "SSE-S3")),
    ):
        node = settings.get(f"encryptionConfiguration.{part}")
        yield from need(node, one_of(*modes), "leaves a part unencrypted")


@rule(
    id="catalogue-encrypted",
    title="The Glue catalogue encrypts its entries and the passwords of its connections",
    pillar="encryption",
    severity="medium",
    level="advisory",
    why="Otherwise whoever may read the catalogue also reads the passwords of the databases behind it.",
    remedy="Set catalog_encryption_mode SSE-KMS, and return_connection_password_encrypted=True with a key.",
    references=("GLU-003",),
    on=(t.GLUE_CATALOG,),
    scope="resource",
)
def catalogue_encrypted(catalogue: Resource, ctx: Context) -> Iterator[Finding]:
    settings = catalogue.get("dataCatalogEncryptionSettings")
    mode = settings.get("encryptionAtRest.catalogEncryptionMode")
    passwords = settings.get("connectionPasswordEncryption.returnConnectionPasswordEncrypted")
    yield from need(mode, one_of("SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE"), "keeps its entries unencrypted")
    yield from need(passwords, on, "keeps passwords of connections unencrypted")
