"""Tokens are issued as Cognito does and checked as API Gateway does, where the method asks for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi_preflight.graph import UNKNOWN

from localaws import token_endpoint, user_pool
from localaws.declared_authorizer import MachineClient, TokenCheck, issuer_of
from localaws.errors import ServerError
from localaws.run import foreign_pools
from localaws.user_pool import Pool, decoded, encoded
from tests.pulumi_preflight.hardened import Here, Inputs, here, with_tokens

EXISTING = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123"
FORM = {"grant_type": "client_credentials"}


def token(gateway: Here, **changes: Any) -> str:
    assert gateway.pool is not None
    client = gateway.pool.clients["checkout"]
    return gateway.pool.access_token(client, gateway.now[0], **changes)


def send(gateway: Here, value: str | None, **options: Any) -> httpx.Response:
    return gateway.send(signed=False, headers={"authorization": value}, **options)


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_a_token_of_the_pool_with_the_scope_is_served_and_its_claims_reach_the_function(
    tmp_path: Path, prefix: str
) -> None:
    def logged(inputs: Inputs) -> None:
        text = json.dumps({"who": "$context.authorizer.claims.client_id"})
        inputs["stage"]["accessLogSettings"]["format"] = text

    with here(tmp_path, with_tokens, logged) as gateway:
        assert send(gateway, prefix + token(gateway)).status_code == 200
        assert gateway.pool is not None
        client = gateway.pool.clients["checkout"]
        claims = gateway.function.events[0]["requestContext"]["authorizer"]["claims"]
        assert (claims["client_id"], claims["token_use"]) == (client.id, "access")
        assert claims["exp"] == str(int(gateway.now[0]) + 1800)
        assert gateway.log("access.log") == [{"who": client.id}]


def resigned(text: str, gateway: Here, head: Mapping[str, Any]) -> str:
    """The token under another header, signed again."""
    claims = text.split(".")[1]
    assert gateway.pool is not None
    whole = f"{encoded(head)}.{claims}"
    return f"{whole}.{gateway.pool.signature(gateway.pool.issuer, whole)}"


def resealed(text: str) -> str:
    """The token with the first character of its signature changed."""
    signed, _, signature = text.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


UNAUTHORIZED = (401, "UnauthorizedException", "Unauthorized")
BAD: dict[str, tuple[Callable[[Here], str | None], tuple[int, str, str]]] = {
    "none": (lambda g: None, UNAUTHORIZED),
    "empty": (lambda g: "", UNAUTHORIZED),
    "another scheme": (lambda g: f"Basic {token(g)}", UNAUTHORIZED),
    "two parts": (lambda g: token(g).rpartition(".")[0], UNAUTHORIZED),
    "not JSON": (lambda g: "e.e.e", UNAUTHORIZED),
    "a list": (lambda g: "W10.W10.", UNAUTHORIZED),
    "another algorithm": (lambda g: resigned(token(g), g, {"alg": "none"}), UNAUTHORIZED),
    "another issuer": (lambda g: token(g, iss=issuer_of(EXISTING)), UNAUTHORIZED),
    "an issuer that is no text": (lambda g: token(g, iss=["x"]), UNAUTHORIZED),
    "changed": (lambda g: resealed(token(g)), UNAUTHORIZED),
    "signed by another": (
        lambda g: user_pool.issue([MachineClient("x", ())], "i").access_token(
            g.pool.clients["checkout"] if g.pool else pytest.fail("no pool"),
            g.now[0],
            iss=issuer_of("arn:pool"),
        ),
        UNAUTHORIZED,
    ),
    "an ID token": (lambda g: token(g, token_use="id"), UNAUTHORIZED),
    "ended": (lambda g: token(g, exp=int(g.now[0])), (401, "UnauthorizedException", user_pool.EXPIRED)),
    "without an end": (lambda g: token(g, exp=None), (401, "UnauthorizedException", user_pool.EXPIRED)),
    "another scope": (
        lambda g: token(g, scope="scoring/scores other/score"),
        (403, "AccessDeniedException", "User is not authorized to access this resource"),
    ),
}


def own_words(inputs: Inputs) -> None:
    for name in ("default-4xx", "invalid-key"):
        del inputs[name]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_in_the_words_of_api_gateway(tmp_path: Path, name: str) -> None:
    make, (status, error, message) = BAD[name]
    with here(tmp_path, with_tokens, own_words) as gateway:
        answer = send(gateway, make(gateway))
        assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (status, error)
        assert answer.json() == {"message": message}
        assert gateway.function.events == []


def test_the_token_is_looked_at_before_the_key_and_does_not_replace_it(tmp_path: Path) -> None:
    with here(tmp_path, with_tokens) as gateway:
        assert send(gateway, None, key=None).status_code == 401
        assert send(gateway, token(gateway), key=None).status_code == 403
        assert gateway.kinds() == ["UNAUTHORIZED", "INVALID_API_KEY"]


def test_without_scopes_an_id_token_is_asked_for(tmp_path: Path) -> None:
    def unscoped(inputs: Inputs) -> None:
        del inputs["post"]["authorizationScopes"]

    with here(tmp_path, with_tokens, unscoped) as gateway:
        assert send(gateway, token(gateway)).status_code == 401
        assert send(gateway, token(gateway, token_use="id")).status_code == 200


def test_a_part_nested_too_deeply_is_no_token() -> None:
    check = TokenCheck("authorization", ("i",), ())
    deep = user_pool._base64(b"[" * 30_000)
    with pytest.raises(user_pool.TokenError):
        user_pool.verify(f"{deep}.{deep}.", check, Pool("i", "00", {}))


REFUSED_AT_START: dict[str, tuple[Callable[[Inputs], Any], str]] = {
    "no authorizer": (lambda inputs: inputs.pop("authorizer"), "no authorizer of user pools"),
    "another source": (
        lambda inputs: inputs["authorizer"].update(identitySource="method.request.querystring.t"),
        "something other than a header",
    ),
    "an expression": (
        lambda inputs: inputs["authorizer"].update(identityValidationExpression=".*"),
        "validates by an expression",
    ),
    "an unknown pool": (
        lambda inputs: inputs["authorizer"].update(providerArns=[UNKNOWN]),
        "no known user pool",
    ),
}


@pytest.mark.parametrize("name", REFUSED_AT_START)
def test_what_is_not_imitated_is_refused_at_start(tmp_path: Path, name: str) -> None:
    change, said = REFUSED_AT_START[name]
    with pytest.raises(ServerError, match=said), here(tmp_path, with_tokens, change):
        pass


def test_a_pool_elsewhere_is_stood_for_by_clients_with_the_names_of_the_keys(tmp_path: Path) -> None:
    def existing(inputs: Inputs) -> None:
        del inputs["pool"], inputs["machine"]
        inputs["authorizer"]["providerArns"] = [EXISTING]

    with here(tmp_path, with_tokens, existing) as gateway:
        assert gateway.pool is not None
        assert list(gateway.pool.clients) == ["checkout", "retired", "other"]
        assert decoded(token(gateway).split(".")[1])["iss"].endswith(
            "eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"
        )
        assert send(gateway, token(gateway)).status_code == 200
        (said,) = foreign_pools(gateway.gateway._api)
        assert EXISTING in said
    with here(tmp_path, with_tokens) as gateway:
        assert foreign_pools(gateway.gateway._api) == []


def ask(
    pool: Pool, form: Mapping[str, str], auth: tuple[str, str] | None = None, method: str = "POST"
) -> Any:
    """The answer of the token endpoint: status, and error or scope."""

    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(token_endpoint.TokenEndpoint(pool, lambda *_: pytest.fail("the API")))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(
                method, f"http://here{token_endpoint.PATH}", data=dict(form), auth=auth
            )

    answer = asyncio.run(exchange())
    body = answer.json()
    if answer.status_code != 200:
        return answer.status_code, body["error"]
    return 200, decoded(body["access_token"].split(".")[1])["scope"]


def test_a_client_gets_a_token_by_its_id_and_secret_and_nobody_else_does() -> None:
    pool = user_pool.issue([MachineClient("checkout", ("a/x", "a/y"))], "issuer")
    client = pool.clients["checkout"]
    own = (client.id, client.secret)
    assert ask(pool, FORM, own) == (200, "a/x a/y")
    assert ask(pool, FORM | {"scope": "a/y"}, own) == (200, "a/y")
    assert ask(pool, FORM | {"client_id": client.id, "client_secret": client.secret}) == (200, "a/x a/y")
    assert ask(pool, FORM | {"scope": "a/z"}, own) == (400, "invalid_scope")
    assert ask(pool, FORM, (client.id, "guess")) == (400, "invalid_client")
    assert ask(pool, FORM, ("guess", client.secret)) == (400, "invalid_client")
    assert ask(pool, FORM) == (400, "invalid_client")
    assert ask(pool, {"grant_type": "password"}, own) == (400, "unsupported_grant_type")
    assert ask(pool, {}, own) == (400, "invalid_request")
    assert ask(pool, FORM | {"pad": "x" * 9000}, own) == (400, "invalid_request")
    assert ask(pool, FORM, own, method="PUT") == (400, "invalid_request")


def test_a_pool_is_read_as_it_was_written(tmp_path: Path) -> None:
    pool = user_pool.issue([MachineClient("checkout", ("a/x",))], "issuer")
    file = tmp_path / "pool.json"
    user_pool.write(pool, file)
    assert user_pool.load(file) == pool
    assert pool.secret not in repr(pool)
    file.write_text("[]")
    with pytest.raises(ServerError, match="not the file of a user pool"):
        user_pool.load(file)
