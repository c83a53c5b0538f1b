"""Reads typed values out of flat text settings, and collects every mistake with its file, key and remedy."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

NAME = r"[a-z][a-z0-9-]{1,19}"
NAME_IN_WORDS = "2 to 20 lower-case letters, digits and hyphens, a letter first"


Name = TypeVar("Name", bound=str)


class Reader:
    """Reads single keys of one namespace and collects what is wrong with them.

    `accounts` are those that the provider may deploy to.
    """

    def __init__(self, values: Mapping[str, str], source: str, accounts: Sequence[str] = ()) -> None:
        self.values, self.source, self.accounts = values, source, accounts
        self.read: set[str] = set()
        self.problems: list[str] = []

    def refuse(self, key: str, allowed: str) -> None:
        self.problems.append(f"{self.source}: {key} must be {allowed}.")

    def raw(self, key: str, *, required: bool = False) -> str | None:
        self.read.add(key)
        value = self.values.get(key)
        if required and value is None:
            self.problems.append(f"{self.source}: {key} is missing; set it with `pulumi config set {key}`.")
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        text = self.raw(key, required=default is None)
        if text is None:
            return low if default is None else default
        if re.fullmatch(r"-?\d{1,9}", text) and low <= int(text) <= high:
            return int(text)
        self.refuse(key, f"a whole number from {low:,} to {high:,}")
        return low

    def number(self, key: str, low: float, high: float, default: float) -> float:
        text = self.raw(key)
        if text is None:
            return default
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) and low <= float(text) <= high:
            return float(text)
        self.refuse(key, f"a number from {low:g} to {high:g}")
        return default

    def choice(self, key: str, allowed: Sequence[Name], default: Name | None = None) -> Name:
        text = self.raw(key, required=default is None)
        if text is None:
            return default or allowed[0]
        for one in allowed:
            if text == one:
                return one
        self.refuse(key, "one of " + ", ".join(allowed))
        return allowed[0]

    def flag(self, key: str, default: bool | None = None) -> bool:
        text = None if default is None else str(default).lower()
        return self.choice(key, ("true", "false"), text) == "true"

    def text(self, key: str, pattern: str, allowed: str, default: str | None = None) -> str | None:
        text = self.raw(key)
        if text is None or text == "":
            return default
        if re.fullmatch(pattern, text):
            return text
        self.refuse(key, allowed)
        return default

    def items(self, key: str, allowed: str) -> list[Any]:
        text = self.raw(key)
        try:
            value = [] if text is None else json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, list):
            return value
        self.refuse(key, allowed)
        return []

    def networks(self, key: str) -> tuple[str, ...]:
        items = self.items(key, "a list of IPv4 networks such as 198.51.100.0/24")
        if all(_network(item, 16, 32) for item in items):
            return tuple(map(str, items))
        self.refuse(key, "a list of IPv4 networks of /16 or smaller, such as 198.51.100.0/24")
        return ()

    def private_network(self, key: str, default: str) -> str:
        text = self.raw(key) or default
        network = _network(text, 16, 26)
        if network is None or not network.is_private:
            self.refuse(key, f"a private IPv4 network of /16 to /26, such as {default}")
        return text


def _network(value: Any, shortest: int, longest: int) -> ipaddress.IPv4Network | None:
    """The network, when it is one of IPv4 with a prefix in these bounds."""
    try:
        network = ipaddress.IPv4Network(str(value))
    except ValueError:
        return None
    return network if shortest <= network.prefixlen <= longest else None
