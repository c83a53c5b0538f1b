"""The provider resources of one run: the default ones, and what their settings decide for the resources."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from pulumi_preflight.graph import Resource, plain_references, reveal
from pulumi_preflight.provider import outputs, plausible
from pulumi_preflight.provider.place import Place, place
from pulumi_preflight.registration import MakeUrn
from pulumi_preflight.stackfile import StackConfig

TYPE = "pulumi:providers:"


class Providers:
    """Providers among the resources `recorded` so far. A `reference` is `URN::ID`; empty stands for no provider."""

    def __init__(self, config: StackConfig, recorded: dict[str, Resource], make_urn: MakeUrn) -> None:
        self._config, self._recorded, self._make_urn = config, recorded, make_urn

    def default(self, type_: str, version: str) -> str:
        """The reference to the default provider of a type's package, made if there is none of this version."""
        package = type_.split(":")[0]
        provider = f"{TYPE}{package}"
        urn = self._make_urn("", provider, re.sub(r"[^0-9A-Za-z]", "_", f"default_{version}".rstrip("_")))
        if urn not in self._recorded:
            prefix = f"{package}:"
            inputs: dict[str, Any] = {
                key.removeprefix(prefix): outputs.secret(value) if key in self._config.secret_keys else value
                for key, value in self._config.values.items()
                if key.startswith(prefix)
            }
            inputs |= {"version": version} if version else {}
            self._recorded[urn] = {
                "urn": urn,
                "type": provider,
                "custom": True,
                "id": fixed_id(urn),
                "inputs": inputs,
                "outputs": dict(inputs),
                "parent": "",
                "provider": "",
                "dependencies": [],
                "propertyDependencies": {},
                "protect": False,
            }
        return f"{urn}::{self._recorded[urn]['id']}"

    def _inputs(self, reference: str) -> Mapping[str, Any]:
        provider = self._recorded.get(reference.rpartition("::")[0])
        return provider["inputs"] if provider else {}

    def place(self, reference: str) -> Place:
        """Where the provider makes resources."""
        settings = plain_references(reveal(self._inputs(reference)))
        return place(settings, self._config.values.get("aws:region"))


def fixed_id(text: str) -> str:
    """A UUID that is the same for the same text."""
    return str(uuid.UUID(plausible.digest(text)[:32]))
