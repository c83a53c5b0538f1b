"""Faults that somebody who does not know the rules would plant: rights, relations and switches, one at a time."""

from __future__ import annotations

from endpoint_guard import types as t

from tests.endpoint_guard.mutants.change import (
    ACCOUNT,
    GONE,
    REGION,
    Mutant,
    add,
    allow,
    drop,
    grant,
    mutant,
    option,
    put,
    unlinked,
    without,
)

MODEL = (t.ROLE_POLICY, "model")
FUNCTION = (t.ROLE_POLICY, "function")
ENDPOINT = (t.ENDPOINT, "model")
BACK = "deploymentConfig.autoRollbackConfiguration.alarms"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/cards"
ARTIFACTS = f"arn:aws:s3:::fraud-prod-artifacts-{ACCOUNT}-{REGION}"
CAPTURE = f"arn:aws:s3:::fraud-prod-capture-{ACCOUNT}-{REGION}"
MINIMAL = "model-role-minimal"
ROLLOUT = "rollout-guarded"
PROTECTED = "stateful-protected"
ENCRYPTED = "bucket-encrypted"
SERVED = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/fraud-prod-endpoint"

_RIGHTS: list[Mutant] = [
    mutant("IAM-G06", f"the model's role may {verb}", MINIMAL, grant(*MODEL, allow(action, resource)))
    for verb, action, resource in (
        ("read a table", "dynamodb:GetItem", TABLE),
        ("scan a table", "dynamodb:Scan", TABLE),
        ("read captured requests", "s3:GetObject", f"{CAPTURE}/*"),
        (
            "read a secret",
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a-b12",
        ),
        ("send mail", "ses:SendEmail", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"),
        ("send to a queue", "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:out"),
        ("publish to a topic", "sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:out"),
        ("call a function", "lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"),
        ("delete its log streams", "logs:DeleteLogStream", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a:*"),
    )
]

_RIGHTS += [
    mutant(
        "IAM-G06 S3-G02",
        "the model's role writes objects beside its own",
        "artifact-bucket-write-protected",
        grant(*MODEL, allow("s3:PutObject", f"{ARTIFACTS}/other/*")),
    ),
]
_ROLLOUT: list[Mutant] = [
    mutant(
        "SM-G06",
        "a way back on somebody else's alarm",
        ROLLOUT,
        unlinked(*ENDPOINT, BACK, [{"alarmName": "x"}]),
    ),
    mutant("SM-G06", "a way back on no alarm", ROLLOUT, put(*ENDPOINT, BACK, [])),
    mutant(
        "SM-G06",
        "the alarms of the way back are gone",
        ROLLOUT,
        without(t.ALARM, "model-errors", "model-latency"),
    ),
    mutant(
        "SM-G06",
        "the way back watches the gateway",
        ROLLOUT,
        unlinked(*ENDPOINT, BACK, [{"alarmName": "fraud-prod-api-5xx"}]),
    ),
]

_PROTECTED: list[Mutant] = [
    mutant("PUL-G07", f"protect is taken off {name}", PROTECTED, option(kind, name, protect=False))
    for kind, name in (
        (t.LOG_GROUP, "firewall"),
        (t.LOG_GROUP, "access"),
        (t.BUCKET, "capture"),
        (t.BUCKET, "access-logs"),
        (t.KEY, "data"),
    )
]

_SWITCHES: list[Mutant] = [
    mutant(
        "S3-016",
        "captured requests are read unseen",
        "bucket-access-logged",
        without(t.BUCKET_LOGGING, "capture"),
    ),
    mutant(
        "S3-017",
        "replaced versions stay forever",
        "bucket-lifecycle",
        put(t.BUCKET_LIFECYCLE, "artifacts", "rules.0.noncurrentVersionExpiration", GONE),
    ),
    mutant(
        "S3-017", "packages have no lifecycle", "bucket-lifecycle", without(t.BUCKET_LIFECYCLE, "packages")
    ),
    mutant(
        "S3-017",
        "access logs have no lifecycle",
        "bucket-lifecycle",
        without(t.BUCKET_LIFECYCLE, "access-logs"),
    ),
    mutant(
        "S3-010",
        "captured requests without encryption",
        "bucket-encrypted",
        without(t.BUCKET_ENCRYPTION, "capture"),
    ),
    mutant(
        "S3-010", "packages without encryption", "bucket-encrypted", without(t.BUCKET_ENCRYPTION, "packages")
    ),
    mutant(
        "S3-011",
        "packages under AES256",
        "bucket-encrypted",
        put(
            t.BUCKET_ENCRYPTION,
            "packages",
            "rules",
            [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        ),
    ),
    mutant(
        "S3-010",
        "access logs without encryption",
        "bucket-encrypted",
        without(t.BUCKET_ENCRYPTION, "access-logs"),
    ),
    mutant(
        "S3-014",
        "access logs without versions",
        "bucket-versioned",
        without(t.BUCKET_VERSIONING, "access-logs"),
    ),
    mutant(
        "S3-001",
        "access logs without a block",
        "bucket-has-public-block",
        without(t.BUCKET_BLOCK, "access-logs"),
    ),
    mutant(
        "S3-009",
        "access logs over plain HTTP",
        "bucket-tls-only",
        drop(t.BUCKET_POLICY, "access-logs", "TlsOnly"),
    ),
    mutant("SM-G07", "nothing scales out", "scaling-bounded", without(t.SCALING_POLICY, "model")),
    mutant(
        "CW-G01",
        "nobody watches the firewall",
        "required-alarms",
        without(t.ALARM, "alarms-firewall-blocked", "alarms-firewall-bots", "alarms-firewall-rate"),
    ),
    mutant(
        "AGW-G08",
        "validation errors quote the request",
        "gateway-response-says-little",
        put(
            t.API_RESPONSE,
            "api-bad-request-body",
            "responseTemplates",
            {"application/json": '{"m": "$context.error.validationErrorString"}'},
        ),
    ),
    mutant(
        "VPC-G02",
        "the key's endpoint for every key",
        "vpc-endpoint-policy-pinned",
        put(t.VPC_ENDPOINT, "private-kms", "policy", GONE),
    ),
    mutant("VPC-006", "the flow log is gone", "flow-logs-on", without(t.FLOW_LOG, "private")),
    mutant(
        "KMS-001",
        "the key rotates every seven years",
        "kms-key-rotates",
        put(t.KEY, "data", "rotationPeriodInDays", 2560),
    ),
    mutant(
        "IAM-012",
        "administrators' rights for the function",
        "iam-no-administrators",
        add(
            t.ROLE_ATTACHMENT,
            "admin",
            {"role": "fraud-prod-function", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
    ),
    mutant(
        "IAM-G05",
        "the function may describe and change the endpoint",
        "iam-no-escalation",
        grant(
            *FUNCTION,
            allow(
                "sagemaker:UpdateEndpoint",
                f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/fraud-prod-endpoint",
            ),
        ),
    ),
    mutant(
        "LAM-G04",
        "the function's log level is DEBUG by configuration",
        "function-log-group",
        put(t.FUNCTION, "score", "loggingConfig.applicationLogLevel", "DEBUG"),
    ),
    mutant(
        "SM-G02",
        "the image is of Docker Hub",
        "model-image-trusted",
        put(t.MODEL, "model", "primaryContainer.image", "python:3.12"),
    ),
    mutant(
        "WAF-G01",
        "the rate rule is far too generous",
        "firewall-rate-rule",
        put(t.WEB_ACL, "firewall", "rules.1.statement.rateBasedStatement.limit", 2_000_000),
    ),
]

BEYOND: list[Mutant] = [*_RIGHTS, *_ROLLOUT, *_PROTECTED, *_SWITCHES]
