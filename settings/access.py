"""Settings of who may call and how: the API, its clients, the firewall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from settings.front import Domain, read_domain
from settings.reader import NAME, NAME_IN_WORDS, Reader

FIRST_KEY = "first"
"""The label of the key that a client has when its settings name none."""


@dataclass(frozen=True)
class Client:
    """One caller of the API: requests a second, burst, requests a day, and the labels of its keys."""

    name: str
    rate: float
    burst: int
    daily_quota: int
    keys: tuple[str, ...] = (FIRST_KEY,)
    """One, or two while the caller moves from one to the other. All share the plan."""


@dataclass(frozen=True)
class Api:
    """The REST API: who may call, under which name, and how fast all clients together.

    `signed`: a request carries a SigV4 signature; `tokens`: a JWT, of the pool `user_pool` or of one that is declared.
    """

    recipe: str
    signed: bool
    rate: float
    burst: int
    clients: tuple[Client, ...]
    owns_account_role: bool
    tokens: bool = False
    user_pool: str | None = None
    domain: Domain | None = None
    """None: API Gateway's own name."""


@dataclass(frozen=True)
class Firewall:
    """The web ACL: requests of one address in five minutes, networks that Bot Control leaves alone."""

    block_bots: bool
    known_callers: tuple[str, ...]
    rate_limit: int


def read_api(r: Reader, recipe: str) -> Api:
    clients = tuple(_client(r, item, place) for place, item in enumerate(r.items("clients", "a list")))
    names = [client.name for client in clients]
    if not clients or len(set(names)) != len(names):
        r.refuse("clients", "a list of one or more clients with different names")
    rate, burst = r.integer("apiRate", 1, 10_000, 50), r.integer("apiBurst", 1, 5_000, 100)
    if any(client.rate > rate or client.burst > burst for client in clients):
        r.refuse("clients", f"no faster than the whole API (apiRate {rate}, apiBurst {burst})")
    how = r.choice("authentication", ("api-key", "api-key-and-iam", "api-key-and-jwt"))
    pool = r.text(
        "userPoolArn",
        r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+",
        "the ARN of a Cognito user pool",
    )
    if pool and how != "api-key-and-jwt":
        r.refuse("userPoolArn", "left out unless authentication is api-key-and-jwt")
    return Api(
        recipe=recipe,
        signed=how == "api-key-and-iam",
        tokens=how == "api-key-and-jwt",
        user_pool=pool,
        rate=rate,
        burst=burst,
        clients=clients,
        owns_account_role=r.flag("ownsApiGatewayAccount", True),
        domain=read_domain(r),
    )


def _client(r: Reader, item: Any, place: int) -> Client:
    where = f"clients[{place}]"
    wanted = {"name", "rate", "burst", "dailyQuota"}
    if not isinstance(item, dict) or set(item) - {"keys"} != wanted:
        r.refuse(where, "an object with name, rate, burst and dailyQuota, and perhaps keys")
        return Client("refused", 1, 1, 1)
    if not isinstance(item["name"], str) or not re.fullmatch(NAME, item["name"]):
        r.refuse(f"{where}.name", NAME_IN_WORDS)
    for key, high in (("rate", 10_000), ("burst", 5_000), ("dailyQuota", 10_000_000)):
        kinds = (int, float) if key == "rate" else (int,)
        value = item[key]
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= high:
            number = "a number" if key == "rate" else "a whole number"
            r.refuse(f"{where}.{key}", f"{number} above 0 and at most {high:,}")
            return Client("refused", 1, 1, 1)
    keys = item.get("keys", [FIRST_KEY])
    if not _labels(keys):
        r.refuse(
            f"{where}.keys",
            "a list of one or two different labels of 1 to 16 lower-case letters, digits and -",
        )
        keys = [FIRST_KEY]
    return Client(str(item["name"]), item["rate"], item["burst"], item["dailyQuota"], tuple(keys))


def _labels(keys: Any) -> bool:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return False
    good = all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,15}", key) for key in keys)
    return good and len(keys) in (1, 2) and len(set(keys)) == len(keys)


def read_firewall(r: Reader) -> Firewall:
    return Firewall(
        block_bots=r.choice("botControl", ("count", "block")) == "block",
        known_callers=r.networks("knownCallers"),
        rate_limit=r.integer("firewallRateLimit", 10, 100_000, 1000),
    )
