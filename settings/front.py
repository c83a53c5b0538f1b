"""Settings of the address that callers use: a host name of your own, and a front door before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi

from settings.reader import Reader

SHIELD = ("no", "protect", "subscribe")
_HOST = r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
_CERTIFICATE = r"arn:aws[a-z-]*:acm:{}:\d{{12}}:certificate/[\w-]+"
_LEAST_SECRET, _MOST_SECRET = 32, 128


@dataclass(frozen=True)
class Domain:
    """The host name that callers use in place of API Gateway's.

    `certificate` is an ARN; without it one is made and proven in the hosted zone.

    `trusted` is a PEM file with the authorities of the clients' certificates, or None when callers need none.
    """

    name: str
    certificate: str | None
    zone: str | None
    trusted: Path | None
    fronted: bool = False
    """Whether a distribution answers under the name, and the API behind it."""


@dataclass(frozen=True)
class FrontDoor:
    """A distribution with a web ACL of its own before the API.

    `secrets` are what the API's firewall accepts in the origin header; the distribution sends the first.
    """

    domain: Domain
    secrets: tuple[pulumi.Output[str], ...]
    certificate: str | None
    """ARN of the distribution's certificate, which has to lie in us-east-1; None where one is made."""
    rate_limit: int
    shield: str
    """`no`, `protect` (the account has Shield Advanced), or `subscribe` (this stack subscribes the account)."""
    accounts: tuple[str, ...]
    """The accounts that the provider of us-east-1 may deploy to; none named means any."""


def read_domain(r: Reader) -> Domain | None:
    """The host name, or None; everything that belongs to one is refused without it."""
    name = r.text("domainName", _HOST, "a host name such as scores.example.com")
    certificate = r.text(
        "certificateArn",
        _CERTIFICATE.format("[a-z0-9-]+"),
        "the ARN of an ACM certificate in the stack's region",
    )
    zone = r.text("hostedZoneId", r"Z[A-Z0-9]{1,31}", "the id of a Route 53 hosted zone")
    trusted = _trusted(r)
    fronted = r.flag("frontDoor", False)
    if name is None:
        for key, value in {
            "certificateArn": certificate,
            "hostedZoneId": zone,
            "truststore": trusted,
        }.items():
            if value is not None:
                r.refuse(key, "left out unless domainName is set")
        if fronted:
            r.refuse(
                "frontDoor", "false unless domainName is set: a distribution answers under a name of yours"
            )
        return None
    if certificate is None and zone is None:
        r.refuse("certificateArn", "set, or hostedZoneId, where a certificate for domainName can be proven")
    if fronted and trusted is not None:
        r.refuse(
            "truststore", "left out where frontDoor is on: the distribution, not the caller, calls the API"
        )
    return Domain(name, certificate, zone, trusted, fronted)


def _trusted(r: Reader) -> Path | None:
    text = r.raw("truststore")
    if not text:
        return None
    file = Path(text)
    if not file.is_file() or b"-----BEGIN CERTIFICATE-----" not in file.read_bytes():
        r.refuse(
            "truststore",
            "a PEM file with the certificates of the authorities that sign callers' certificates",
        )
    return file


def read_front_door(r: Reader, domain: Domain | None, rate_limit: int) -> FrontDoor | None:
    """The front door, or None."""
    length = f"{_LEAST_SECRET} to {_MOST_SECRET} letters, digits, - and _"
    pattern = rf"[A-Za-z0-9_-]{{{_LEAST_SECRET},{_MOST_SECRET}}}"
    secret = r.text("originSecret", pattern, length)
    previous = r.text("previousOriginSecret", pattern, length)
    certificate = r.text(
        "edgeCertificateArn", _CERTIFICATE.format("us-east-1"), "the ARN of an ACM certificate in us-east-1"
    )
    shield = r.choice("shieldAdvanced", SHIELD, "no")
    if domain is None or not domain.fronted:
        given = {"originSecret": secret, "previousOriginSecret": previous, "edgeCertificateArn": certificate}
        for key in [key for key, value in given.items() if value] + ["shieldAdvanced"] * (shield != "no"):
            r.refuse(key, "left out unless frontDoor is true")
        return None
    if secret is None:
        r.refuse(
            "originSecret", f"{length}, where frontDoor is true (`pulumi config set --secret originSecret`)"
        )
    if certificate is None and domain.certificate is not None:
        certificate = domain.certificate
        if ":acm:us-east-1:" not in certificate:
            r.refuse(
                "edgeCertificateArn", "the ARN of an ACM certificate in us-east-1, where frontDoor is true"
            )
    return FrontDoor(
        domain=domain,
        secrets=tuple(pulumi.Output.secret(one) for one in (secret, previous) if one),
        certificate=certificate,
        rate_limit=rate_limit,
        shield=shield,
        accounts=tuple(account for account in r.accounts if account != "any"),
    )
