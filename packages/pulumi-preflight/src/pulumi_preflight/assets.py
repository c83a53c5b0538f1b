"""The files that a program hands to the engine, which reads them when it creates a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_preflight.graph import ASSETS, SIGNATURE


def missing(inputs: Mapping[str, Any], folder: Path) -> list[str]:
    """The paths of assets and archives, relative to the program's `folder`, at which there is nothing."""
    return [path for path in _paths(inputs) if not (folder / path).exists()]


def _paths(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if item.get(SIGNATURE) in ASSETS and isinstance(item.get("path"), str) and item["path"]:
                yield item["path"]
            stack += item.values()
        elif isinstance(item, list):
            stack += item
