"""AWS's own values: what comes back for a property that the program leaves out.

Source: outputs of terraform-provider-aws 5.100 after creation, and the service's documentation where that was
an emulator's. Everything else comes back empty ("", 0, false, []), see `schema.Property.empty`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN: Mapping[str, Mapping[str, Any]] = {}
"""By type and dotted path; texts may hold the placeholders of `templates`."""

ABSENT: Mapping[str, frozenset[str]] = {}
"""What the provider does not store when nobody set it."""

RECOMPUTED: Mapping[str, frozenset[str]] = {}
"""What is unknown again in the preview of a change."""


def consequences(token: str, outputs: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """Values that follow from others of the same resource."""
    return {}
