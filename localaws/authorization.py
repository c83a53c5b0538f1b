"""What a method asks of a caller beside the API key: a signature or a token, as it declares."""

from __future__ import annotations

from collections.abc import Callable

from localaws import signature, user_pool
from localaws.call import Call, raw_path
from localaws.declared_authorizer import TokenCheck
from localaws.responses import Refused


def check_signature(call: Call, credentials: signature.Credentials, clock: Callable[[], float]) -> None:
    """Notes who signed the request. Raises Refused when nobody did, or not as AWS asks."""
    scope = call.request.scope
    signed = signature.Signed(
        call.request.method,
        raw_path(call.request),
        scope["query_string"].decode("latin-1"),
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        call.body,
    )
    try:
        signature.verify(signed, credentials, clock=clock)
    except signature.SignatureError as error:
        raise Refused(error.kind, str(error), error=error.error) from None
    call.user = credentials.access_key_id


def check_token(call: Call, check: TokenCheck, pool: user_pool.Pool, clock: Callable[[], float]) -> None:
    """Notes what the token claims. Raises Refused when there is none that `check` takes."""
    try:
        call.claims = user_pool.verify(call.header(check.header), check, pool, clock=clock)
    except user_pool.TokenError as error:
        raise Refused(error.kind, str(error)) from None
