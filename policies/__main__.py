"""Starts the policy pack. The constructor serves the engine and never returns, so nothing else belongs here."""

from pathlib import Path

from endpoint_guard.pack import pack
from pulumi_policy import PolicyPack

PolicyPack(**pack(Path(__file__).resolve().parent, profile="scoring-endpoint"))
