"""Whom a request comes from, as IP sets and rate-based rules see it: its address, a forwarded one, or other keys."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localaws.errors import ServerError
from localaws.firewall.fields import Sighting, Unfit, reader

Statement = Mapping[str, Any]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def addresses(sighting: Sighting, forwarded: Statement | None) -> Sequence[Address]:
    """The request's own address, or those at the declared position of a header, which a caller may invent.

    Nothing when that header is absent: AWS WAF then does not apply the rule. Raises Unfit when no address is there.
    """
    if forwarded is None:
        return _valid([sighting.address])
    value = sighting.header(str(forwarded["headerName"]).lower())
    if value is None:
        return ()
    claimed = value.split(",")
    position = forwarded.get("position") or "FIRST"
    found = _valid({"FIRST": claimed[:1], "LAST": claimed[-1:]}.get(position, claimed))
    if not found:
        raise Unfit(forwarded.get("fallbackBehavior") == "MATCH")
    return found


def _valid(texts: Sequence[str]) -> list[Address]:
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_address(text.strip()))
        except ValueError:
            continue
    return found


def _forwarded(sighting: Sighting, forwarded: Statement) -> str | None:
    return next((str(address) for address in addresses(sighting, forwarded)), None)


def key_of(options: Statement, rule: str) -> Callable[[Sighting], tuple[str, ...] | None]:
    """What requests are counted by; None for a request that is not counted. Raises ServerError.

    The function raises Unfit when a header that is declared to hold an address holds none.
    """
    kind, forwarded = options.get("aggregateKeyType") or "IP", options.get("forwardedIpConfig")
    if kind == "IP":
        return lambda s: (s.address,)
    if kind == "CONSTANT":
        return lambda _: ()
    if kind == "FORWARDED_IP" and forwarded:
        return lambda s: None if (address := _forwarded(s, forwarded)) is None else (address,)
    if kind == "CUSTOM_KEYS":
        parts = [_custom_key(item, forwarded, rule) for item in options.get("customKeys") or ()]

        def key(sighting: Sighting) -> tuple[str, ...] | None:
            values = [part(sighting) for part in parts]
            return None if None in values else tuple(map(str, values))

        return key
    raise ServerError(f"The firewall's rule {rule} has no valid aggregateKeyType: correct the rule.")


def _custom_key(item: Statement, forwarded: Statement | None, rule: str) -> Callable[[Sighting], str | None]:
    kind = next((kind for kind, options in item.items() if options is not None), "")
    options: Mapping[str, Any] = item.get(kind) or {}
    simple: Mapping[str, Callable[[Sighting], str | None]] = {
        "ip": lambda s: s.address,
        "httpMethod": lambda s: s.method,
        "forwardedIp": lambda s: _forwarded(s, forwarded) if forwarded else None,
    }
    if kind in simple:
        return simple[kind]
    fields = {"header": "singleHeader", "queryArgument": "singleQueryArgument"}
    field_to_match: dict[str, Any] = {
        fields.get(kind, kind): {} if kind in {"uriPath", "queryString"} else options
    }
    if kind == "cookie":
        pattern = {"includedCookies": [options["name"]]}
        field_to_match = {"cookies": {"matchScope": "VALUE", "matchPattern": pattern}}
    if kind not in {"header", "queryArgument", "queryString", "uriPath", "cookie"}:
        raise ServerError(
            f"The firewall's rule {rule} counts by {kind}, which is not imitated: leave it out."
        )
    read = reader(field_to_match, options.get("textTransformations") or ())
    return lambda sighting: next(iter(read(sighting)), None)
