"""The remote components whose contents nobody sees here, and what stands in for what they hand out."""

from __future__ import annotations

from typing import Any

from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import REFERENCE, SIGNATURE, UNKNOWN, Resource
from pulumi_preflight.provider import outputs, placeholders
from pulumi_preflight.registration import MakeUrn


class Unseen:
    """The unseen components of one run; unless they are `allowed`, the first one ends it."""

    def __init__(self, *, allowed: bool, preview: bool, make_urn: MakeUrn) -> None:
        self._allowed, self._preview, self._make_urn = allowed, preview, make_urn
        self._shown: list[str] = []
        self.made_up: dict[str, Resource] = {}
        """The resources that they hand out, by URN: nobody has registered them."""

    @property
    def warning(self) -> str:
        """What a verdict does not cover, a sentence, or nothing."""
        return (
            f"What the remote components declare is not judged: {', '.join(self._shown)}."
            if self._shown
            else ""
        )

    def add(self, resource: Resource, name: str, why: str = "") -> None:
        """Makes up the properties of a component that a plugin makes; `why` says what kept the plugin from it here.

        Raises UserError unless unseen components are allowed.
        """
        shown = f'{resource["type"]} "{name}"'
        reason = f" ({why})" if why else ""
        if not self._allowed:
            raise UserError(
                f"the remote component {shown} is made by a plugin, which cannot run here{reason}, so the resources in "
                "it stay unseen: judge the deployed stack with --file or the engine's log with --events, or leave "
                "them out of the verdict with --allow-unseen"
            )
        self._shown.append(shown + reason)
        type_, inputs = resource["type"], resource["inputs"]
        if self._preview:
            known = outputs.shape(type_)
            resource["outputs"] = {
                key: inputs[key] if placeholders.passed_on(key, kind, inputs) else UNKNOWN
                for key, kind in (known.handed_out if known else {}).items()
            }
            return
        resource["outputs"] = placeholders.component(
            type_, inputs, lambda key, kind: self._stand_in(resource["urn"], f"{name}-{key}", key, kind)
        )

    def _stand_in(self, parent: str, name: str, key: str, type_: str) -> dict[str, Any]:
        """A reference to a resource that a remote component hands out, for programs that read its properties."""
        urn = self._make_urn(parent, type_, name)
        id_ = placeholders.text(f"{key}Id")
        self.made_up[urn] = {"urn": urn, "id": id_, "outputs": dict(placeholders.properties(type_))}
        return {SIGNATURE: REFERENCE, "urn": urn, "id": id_}
