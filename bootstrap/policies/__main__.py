"""Starts the policy pack with the profile that holds in any AWS stack."""

from pathlib import Path

from endpoint_guard.pack import pack
from pulumi_policy import PolicyPack

PolicyPack(**pack(Path(__file__).resolve().parent, profile="aws"))
