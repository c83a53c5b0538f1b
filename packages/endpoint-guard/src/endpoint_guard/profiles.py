"""Which rules a pack enforces, and at which level where no configuration says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from endpoint_guard import catalogue
from endpoint_guard.discovery import rules as every
from endpoint_guard.rule import Rule

DEFAULT: Final = "aws"


@dataclass(frozen=True)
class Profile:
    """A choice of rules. `strict` makes every rule and `not-evaluated` mandatory, house style included."""

    name: str
    about: str
    takes: Callable[[Rule], bool]
    strict: bool = False


def _pci(rule: Rule) -> bool:
    return rule.profile == "aws" and bool(catalogue.ids(rule.references, "pci"))


PROFILES: Final = {
    profile.name: profile
    for profile in (
        Profile(DEFAULT, "what holds in any AWS stack", lambda rule: rule.profile == DEFAULT),
        Profile(
            "scoring-endpoint",
            "all rules: also the parts, alarms and artifacts that a hardened scoring endpoint must have",
            lambda rule: True,
            strict=True,
        ),
        Profile("pci", "the rules of aws that answer a requirement of PCI DSS 4.0.1", _pci),
    )
}


@cache
def rules_of(name: str) -> dict[str, Rule]:
    """The rules of a profile by id, each with its level there. Raises ValueError for an unknown profile."""
    profile = PROFILES.get(name)
    if profile is None:
        raise ValueError(f"{name} is not a profile; they are {', '.join(PROFILES)}")
    chosen = {id: rule for id, rule in every().items() if profile.takes(rule)}
    return {id: replace(rule, level="mandatory") for id, rule in chosen.items()} if profile.strict else chosen


def meta_level(name: str, policy: str, level: str) -> str:
    """The level of one of the pack's own policies in a profile."""
    return "mandatory" if PROFILES[name].strict and policy == "not-evaluated" else level


__all__ = ["DEFAULT", "PROFILES", "Profile", "every", "meta_level", "rules_of"]
