"""Inputs in the form of outputs, in which a program and a plugin exchange them: value, secrecy and dependencies."""

from __future__ import annotations

from typing import Any

from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN

OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""The engine's signature of such a value."""


def plain(value: Any) -> Any:
    """A copy of `value` as a graph holds it: secrets and unknowns keep their marks, dependencies go."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == OUTPUT:
            held = plain(value.get("value", UNKNOWN))
            return {SIGNATURE: SECRET, "value": held} if value.get("secret") else held
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def marked(value: Any) -> Any:
    """A copy of `value` as the engine hands it to a plugin: an output where it is secret, unknown or depends on others.

    An SDK that gets a secret in its other form takes for secret whatever holds it.
    """
    if value == UNKNOWN:
        return {SIGNATURE: OUTPUT}
    if isinstance(value, dict):
        kind = value.get(SIGNATURE)
        if kind == SECRET:
            return _output(value.get("value"), secret=True)
        if kind == OUTPUT:
            return _output(value.get("value", UNKNOWN), bool(value.get("secret")), value.get("dependencies"))
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return value


def _output(value: Any, secret: bool, dependencies: Any = None) -> Any:
    held = {} if value == UNKNOWN else {"value": marked(value)}
    more = {"secret": True} if secret else {}
    if held and not secret and not dependencies:
        return held["value"]
    return {SIGNATURE: OUTPUT, **held, **more, "dependencies": dependencies or []}
