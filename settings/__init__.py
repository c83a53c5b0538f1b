"""The settings of a stack: the only reader of Pulumi's configuration.

Every key has its type, range and default in one of these modules, beside the slice it belongs to. All mistakes of a
stack file are reported at once, before any resource is declared, each with the file, the key and what is allowed;
none repeats the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as pulumi_config

from model.contract import RECIPE_FIELDS
from settings.access import Api, Client, Firewall, read_api, read_firewall
from settings.front import Domain, FrontDoor, read_front_door
from settings.reader import Reader
from settings.serving import Scoring, Serving, Training, read_scoring, read_serving, read_training
from settings.stack import Naming, Network, Safety, read_naming, read_network, read_safety
from settings.watching import Alarms, read_alarms

__all__ = [
    "Alarms",
    "Api",
    "Client",
    "Domain",
    "Firewall",
    "FrontDoor",
    "Naming",
    "Network",
    "Safety",
    "Scoring",
    "Serving",
    "Settings",
    "SettingsError",
    "Training",
    "load",
]


class SettingsError(pulumi.RunError):
    """The stack file is refused. `problems` holds one sentence for each mistake.

    The engine shows a RunError as it is, without a traceback.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Settings:
    """A stack's settings, one slice for each component."""

    naming: Naming
    safety: Safety
    training: Training
    serving: Serving
    scoring: Scoring
    api: Api
    firewall: Firewall
    front_door: FrontDoor | None
    network: Network
    alarms: Alarms


def load() -> Settings:
    """The settings of the stack that is being evaluated.

    Raises SettingsError with every mistake: unknown keys, wrong types, values out of range, keys that contradict
    each other.
    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    source = f"Pulumi.{stack}.yaml"
    everything = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
    values = {k.split(":", 1)[1]: str(v) for k, v in everything.items() if k.startswith(f"{project}:")}
    accounts = everything.get("aws:allowedAccountIds")
    reader = Reader(values, source, tuple(re.findall(r"\d{12}", str(accounts))) or ("any",))
    settings = _read(reader, stack)
    unknown = sorted(set(values) - reader.read)
    if unknown:
        known = ", ".join(sorted(reader.read))
        reader.problems += [f"{source}: {key} is not a setting; there are {known}." for key in unknown]
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings


def _read(r: Reader, stack: str) -> Settings:
    recipe = r.choice("modelRecipe", sorted(RECIPE_FIELDS), "boosted")
    safety, api, firewall = read_safety(r), read_api(r, recipe), read_firewall(r)
    return Settings(
        naming=read_naming(r, stack),
        safety=safety,
        training=read_training(r, recipe, protected=safety.protect),
        serving=read_serving(r),
        scoring=read_scoring(r, recipe),
        api=api,
        firewall=firewall,
        front_door=read_front_door(r, api.domain, firewall.rate_limit),
        network=read_network(r),
        alarms=read_alarms(r, required=safety.protect),
    )
