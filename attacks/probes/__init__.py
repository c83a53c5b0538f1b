"""The catalogue: every probe, by family."""

from __future__ import annotations

from attacks.probe import Probe
from attacks.probes import access_tokens, answers, bodies, firewall, identity, limits, payloads, routes

FAMILIES: dict[str, tuple[Probe, ...]] = {
    "identity": identity.PROBES,
    "tokens": access_tokens.PROBES,
    "routes": routes.PROBES,
    "bodies": bodies.PROBES,
    "payloads": payloads.PROBES,
    "firewall": firewall.PROBES,
    "limits": limits.PROBES,
    "answers": answers.PROBES,
}
ALL: tuple[Probe, ...] = tuple(probe for probes in FAMILIES.values() for probe in probes)
