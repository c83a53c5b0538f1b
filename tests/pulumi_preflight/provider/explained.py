"""Why our answers may differ from the recordings of the real engine: the whole list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Difference = tuple[str, str, Any, Any]
"""Type without `aws:`, dotted path, what was recorded, what we answer."""
Reasons = tuple[tuple[str, str, str], ...]
"""Reason, type, path; type and path are patterns."""

EXPLAINED: Reasons = (
    ("pulumi-aws 7 has a region on every resource", r".*", r"region"),
    ("pulumi-aws 7 restores assets, the recording has paths", r".*", r"code|source"),
    ("came with provider 6, dropped by 5.100", r"apigateway/restApi", r"endpointAccessMode|securityPolicy"),
    ("came with provider 6, dropped by 5.100", r"cloudwatch/logGroup", r"deletionProtectionEnabled"),
    ("came with provider 6, dropped by 5.100", r"cloudwatch/logResourcePolicy", r"policyScope|revisionId"),
    ("came with provider 6, dropped by 5.100", r"lambda/function", r"responseStreamingInvokeArn"),
    ("came with provider 6, dropped by 5.100", r"s3/bucket", r"bucketRegion"),
    ("came with provider 6, dropped by 5.100", r"ec2/instance", r"primaryNetworkInterface(Id)?"),
    ("gone with provider 6", r"apigateway/deployment", r"executionArn|invokeUrl"),
    ("gone with provider 6", r"ec2/flowLog", r"logGroupName"),
    ("gone with provider 6", r"ec2/instance", r"cpuCoreCount|cpuThreadsPerCore"),
    ("gone with provider 6", r"redshift/cluster", r"logging|snapshotCopy"),
    ("on by default since provider 6", r"redshift/cluster", r"encrypted"),
)
EMULATOR: Reasons = (
    ("the emulator loses it", r"lambda/function", r"codeSigningConfigArn"),
    ("the emulator loses it", r"kms/key", r"rotationPeriodInDays"),
    ("the emulator loses it", r"sns/topic", r"signatureVersion"),
    ("the emulator loses it", r"s3/bucketNotification", r"eventbridge"),
    ("the emulator leaves it out, AWS does not", r"cloudwatch/logGroup", r"logGroupClass"),
    ("the emulator leaves it out, AWS does not", r"lambda/function", r"loggingConfig"),
    (
        "the emulator leaves it out, AWS does not",
        r"s3/bucket",
        r"requestPayer|serverSideEncryptionConfiguration.*",
    ),
    ("the emulator keeps the text as it was sent", r"cloudwatch/dashboard", r"dashboardBody"),
    ("the emulator's own", r"ec2/subnet", r"availabilityZoneId"),
    ("the emulator's own", r"ec2/vpcEndpoint", r"dnsEntries.*|subnetConfigurations.*|networkInterfaceIds"),
    ("the emulator's own", r"eks/.*", r"version|releaseVersion|remoteAccess|resources.*"),
    ("the emulator's own", r"signer/signingJob|wafv2/ipSet", r"profileVersion|lockToken"),
    ("the emulator's own", r"wafv2/webAcl", r"capacity"),
    ("the emulator's own", r"s3/bucketObjectv2", r"versionId"),
    ("the emulator's own", r"iam/user", r"uniqueId"),
    ("the emulator's own", r"lambda/function", r"vpcConfig\.vpcId"),
    ("the size of the archive", r"lambda/function", r"sourceCodeSize"),
    (
        "follows from the bucket's default retention",
        r"s3/bucketObjectv2",
        r"objectLock(Mode|RetainUntilDate)",
    ),
)


def unexplained(found: Iterable[Difference], reasons: Reasons) -> list[Difference]:
    return [
        item
        for item in found
        if not any(re.fullmatch(type_, item[0]) and re.fullmatch(path, item[1]) for _, type_, path in reasons)
    ]
