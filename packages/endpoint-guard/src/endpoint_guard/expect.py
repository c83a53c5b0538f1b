"""What a property may be asked for: each of these is the `good` of a `property_rule`.

A property that nobody set, and an empty string, list or map in its place, is missing; `on` and `off` take a missing
one for false, `left_on` for true, as the service does.
"""

from __future__ import annotations

from collections.abc import Callable

from endpoint_guard.graph import Node

Good = Callable[[Node], bool]


def on(node: Node) -> bool:
    """Whether the switch is on."""
    return node.flag()


def off(node: Node) -> bool:
    """Whether the switch is off, or never touched."""
    return not node.flag()


def left_on(node: Node) -> bool:
    """Whether the switch, which is on by default, was left on."""
    return node.flag(default=True)


def given(node: Node) -> bool:
    """Whether the program gives a value, be it known or not."""
    return node.declared


def at_least(lowest: float, default: float = 0) -> Good:
    """Whether the number is at least `lowest`; `default` is what the service takes when there is none."""

    def good(node: Node) -> bool:
        number = node.number()
        return (default if number is None else number) >= lowest

    return good


def one_of(*texts: str, default: str = "") -> Good:
    """Whether the text, case aside, is among `texts`; `default` is what the service takes when there is none."""
    accepted = {text.lower() for text in texts}
    return lambda node: (node.text() or default).lower() in accepted
