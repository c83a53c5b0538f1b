"""Types and shapes of earlier versions of the provider, read as the current ones: one rule reads them all.

pulumi-aws 6 wrote a bucket and its settings as `BucketV2`, `BucketVersioningV2` and so on; since 7 the names without V2
mean the same. The modules of load balancers have had several names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MODULES: Final = {
    "aws:alb/": "aws:lb/",
    "aws:applicationloadbalancing/": "aws:lb/",
    "aws:elasticloadbalancingv2/": "aws:lb/",
    "aws:elasticloadbalancing/": "aws:elb/",
}
_BUCKET: Final = "aws:s3/bucketV2:BucketV2"
_BLOCKS: Final = {
    "loggings": "logging",
    "serverSideEncryptionConfigurations": "serverSideEncryptionConfiguration",
    "versionings": "versioning",
    "websites": "website",
    "rules": "rule",
    "applyServerSideEncryptionByDefaults": "applyServerSideEncryptionByDefault",
}
"""Blocks that are there once, and stood in a list of one."""
_SETTINGS: Final = frozenset({"loggings", "serverSideEncryptionConfigurations", "versionings", "websites"})


def current(token: str) -> str:
    """The type that now stands for the one of this name."""
    if token.startswith("aws:s3/") and token.endswith("V2"):
        module, _, kind = token.removesuffix("V2").rpartition(":")
        return f"{module.removesuffix('V2')}:{kind}"
    for old, new in _MODULES.items():
        if token.startswith(old):
            return new + token.removeprefix(old)
    return token


def renamed(token: str, name: str) -> str:
    """The current name of a property of a resource of this type."""
    return _BLOCKS[name] if token == _BUCKET and name in _SETTINGS else name


def reshaped(token: str, properties: Any) -> Any:
    """The properties of a resource of this type in the current shape."""
    if token != _BUCKET or not isinstance(properties, Mapping):
        return properties
    return {
        renamed(token, name): _once(value) if name in _SETTINGS else value
        for name, value in properties.items()
    }


def _once(value: Any) -> Any:
    """A list of one block as the block, and so in all that it holds."""
    if isinstance(value, list):
        return _once(value[0]) if value else None
    if not isinstance(value, Mapping):
        return value
    return {_BLOCKS.get(name, name): _once(item) if name in _BLOCKS else item for name, item in value.items()}
