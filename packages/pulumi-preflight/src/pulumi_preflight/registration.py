"""The options of a resource's registration, as a stack export has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_preflight.graph import Resource

MakeUrn = Callable[[str, str, str], str]
"""The URN of a parent's URN, a type and a name."""


def options(request: Any, make_urn: MakeUrn) -> Resource:
    """The resource's options as a stack export has them; those that are not set are left out."""
    options: Resource = {
        "custom": request.custom,
        "protect": request.protect,
        "propertyDependencies": {
            key: sorted(value.urns) for key, value in sorted(request.propertyDependencies.items())
        },
    }
    for key, value in (
        ("ignoreChanges", list(request.ignoreChanges)),
        ("replaceOnChanges", list(request.replaceOnChanges)),
        ("aliases", list(dict.fromkeys(_alias(request, item, make_urn) for item in request.aliases))),
        ("retainOnDelete", request.retainOnDelete),
        ("deletedWith", request.deletedWith),
        ("importID", request.importId),
        ("version", request.version),
    ):
        if value:
            options[key] = value
    if request.deleteBeforeReplaceDefined:
        options["deleteBeforeReplace"] = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        timeouts = request.customTimeouts
        options["customTimeouts"] = {
            key: _seconds(getattr(timeouts, key)) for key in ("create", "update", "delete")
        }
    return options


def _alias(request: Any, alias: Any, make_urn: MakeUrn) -> str:
    if alias.urn:
        return str(alias.urn)
    spec = alias.spec
    parent = "" if spec.noParent else spec.parentUrn or request.parent
    urn = make_urn(parent, spec.type or request.type, spec.name or request.name).split("::")
    if spec.stack:
        urn[0] = f"urn:pulumi:{spec.stack}"
    if spec.project:
        urn[1] = spec.project
    return "::".join(urn)


def _seconds(duration: str) -> float:
    """A Go duration ("1h30m") in seconds."""
    total, number = 0.0, ""
    for char in duration:
        if char.isdigit() or char == ".":
            number += char
        elif number:
            total += float(number) * {"h": 3600, "m": 60, "s": 1}.get(char, 0)
            number = ""
    return total
