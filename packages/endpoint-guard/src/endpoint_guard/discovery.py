"""Finds the rules: every `Rule` in a module below `endpoint_guard.rules`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import endpoint_guard.rules
from endpoint_guard.rule import Rule


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, sorted by id. Raises ValueError when two share one."""
    found: dict[str, Rule] = {}
    for module in pkgutil.walk_packages(endpoint_guard.rules.__path__, "endpoint_guard.rules."):
        for value in vars(importlib.import_module(module.name)).values():
            if not isinstance(value, Rule):
                continue
            if found.setdefault(value.id, value) is not value:
                raise ValueError(f"two rules have the id {value.id}")
    return dict(sorted(found.items()))
