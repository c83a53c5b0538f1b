"""Patterns of IAM: which action, ARN or condition value a text with wildcards covers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    parts = ["".join("." if c == "?" else re.escape(c) for c in part) for part in text.split("*")]
    first, last = parts[0], parts[-1] if len(parts) > 1 else None
    # The first place where a part between two wildcards fits is as good as any other: none is tried again, or forty
    # wildcards in a row would take years.
    between = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return re.compile(first if last is None else f"{first}{between}.*{last}", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=65_536)
def matches(pattern: str, text: str) -> bool:
    """Whether an IAM pattern with `*` and `?` covers the text, case aside."""
    head = pattern.removesuffix("*")
    if "*" not in head and "?" not in head and pattern.isascii() and text.isascii():
        whole, start = text.lower(), head.lower()
        return whole == start if head == pattern else whole.startswith(start)
    return _pattern(pattern).fullmatch(text) is not None


def overlaps(pattern: str, other: str) -> bool:
    """Whether two patterns may name the same action: either covers the other's text, wildcards read as letters."""
    return matches(pattern, other) or matches(other, pattern)


def fixed(value: str) -> bool:
    """Whether a condition's value names something of one owner: in an ARN the account, or the bucket, is spelt out.

    A policy variable names whatever the caller has; of an organization's path the organization has to be spelt out.
    """
    if "${" in value:
        return False
    if re.match(r"o-[^/]+/", value):
        value = value.split("/", 1)[0]
    if "*" not in value and "?" not in value:
        return True
    parts = value.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        return False
    owner = parts[5].split("/", 1)[0] if parts[2] == "s3" else parts[4]
    return bool(owner) and "*" not in owner and "?" not in owner


_PATHS: Final = ("iam", "logs", "secretsmanager", "ssm")
"""Services whose names have parts: a wildcard for a part is a wildcard for the name."""
_OF_AWS: Final = re.compile(r"aws|aws/[^/]+|aws-service-role|service-role", re.IGNORECASE)
"""Folders that AWS fills for every workload of the account."""
_UNTYPED: Final = ("s3", "sns", "sqs", "execute-api", "codecommit")
"""Services whose ARNs begin with the name, without a word for the kind of resource."""


def loose(arn: str) -> bool:
    """Whether an ARN's wildcard reaches beyond one named thing: `*`, any account or region, or any name.

    A wildcard behind a name's first letters, or below a folder, leaves one family of names; of a bucket even that is
    too much.
    """
    if "*" not in arn and "?" not in arn:
        return False
    parts = arn.split(":", 5)
    models = parts[:3] == ["arn", "aws", "bedrock"] and parts[4:5] == [""]  # AWS's own, in whichever region
    if len(parts) < 6 or any("*" in part or "?" in part for part in (parts[:3] if models else parts[:5])):
        return True
    service, names = parts[2].lower(), [name for name in re.split(r"[/:]", parts[5]) if name]
    if service == "s3" and names[:1] not in (["accesspoint"], ["job"]):
        return not names or any(sign in names[0] for sign in "*?")
    if service == "logs":
        names = [name for name in re.split(r"[/:]", re.sub(r":(log-stream:.*|\*)$", "", parts[5])) if name]
    if service in _PATHS:
        if len(names) > 2 and names[-1] == "*" and not _OF_AWS.fullmatch("/".join(names[1:-1])):
            names = names[:-1]  # all below one folder: a family of names
        return len(names) < 2 or any(name[0] in "*?" for name in names[1:])
    first = 0 if service in _UNTYPED or len(names) == 1 else 1
    return not names or names[first][0] in "*?" or names[0][0] in "*?"
