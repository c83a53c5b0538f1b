"""The profile `aws`, with no levels and no exemptions: what somebody gets who only installs the pack."""

from endpoint_guard.pack import pack
from pulumi_policy import PolicyPack

PolicyPack(**pack(profile="aws"))
