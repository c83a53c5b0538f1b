"""What the program says about a resource, and what AWS answered, told apart by the inputs of the same operation.

The outputs of a stack hold more than the program says: a preview has an unknown for everything that the provider may
fill in and makes a set, a block or a document with one unknown part unknown as a whole; an update has `""`, 0, false,
`[]`, `{}` and AWS's own values for what was left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from endpoint_guard.node import UNKNOWN

IDENTITIES: Final = frozenset(
    {
        "arn",
        "bucket",
        "executionArn",
        "id",
        "invokeArn",
        "keyId",
        "name",
        "qualifiedArn",
        "qualifiedInvokeArn",
        "rootResourceId",
        "stageName",
        "url",
        "version",
        "versionArn",
    }
)
"""Properties by which others refer to a resource. AWS gives them, and an unknown one is not one that is left out."""


def program_view(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that the program gives, with what AWS answered where they depend on another resource.

    What the program left to the provider is not there, but for what others know the resource by.
    """
    view = {key: _filled(value, outputs.get(key, UNKNOWN)) for key, value in inputs.items()}
    for key in IDENTITIES & outputs.keys():
        # An automatic name of a resource that is replaced may be another one in the inputs.
        if key not in view or outputs[key] not in (UNKNOWN, None, ""):
            view[key] = outputs[key]
    return view


def _filled(asked: Any, answered: Any) -> Any:
    """What was asked for; where it was not known yet, what was answered."""
    if asked is UNKNOWN:
        return answered
    if isinstance(asked, dict) and isinstance(answered, dict):
        return {key: _filled(value, answered.get(key, UNKNOWN)) for key, value in asked.items()}
    return asked
