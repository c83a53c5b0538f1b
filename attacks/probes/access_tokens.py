"""Who is calling where the stage asks for tokens: those that are missing, made up, too old or somebody else's."""

from __future__ import annotations

from attacks.probe import SERVED, Need, Probe, Request, Step, Token

_AUTH = ("API2", "AML.T0012")
_CONTROLS = ("method-requires-authorization",)
_REFUSED = frozenset({401})
_NOT_ALLOWED = frozenset({401, 403})


def _refused(
    name: str, title: str, *tokens: Token, needs: tuple[Need, ...] = (), expect: frozenset[int] = _REFUSED
) -> Probe:
    bad = tuple(Request(token.value, token=token) for token in tokens)
    steps = (Step(bad, expect), Step((Request(),), SERVED))
    return Probe(name, title, _AUTH, _CONTROLS, steps, (Need.TOKENS, Need.CLIENT, *needs))


def _header(label: str, value: str) -> Request:
    return Request(label, token=Token.NONE, headers={"Authorization": value})


PROBES = (
    _refused("token-missing", "The right key without a token", Token.NONE),
    Probe(
        "token-malformed",
        "What is not a token: empty, a word, a password, two parts, three empty ones",
        _AUTH,
        _CONTROLS,
        (
            Step(
                (
                    _header("empty", ""),
                    _header("a word", "Bearer test"),
                    _header("a password", "Basic YWRtaW46YWRtaW4="),
                    _header("two parts", "Bearer e30.e30"),
                    _header("empty parts", "Bearer .."),
                ),
                _REFUSED,
            ),
        ),
        (Need.TOKENS, Need.KEY),
    ),
    _refused("token-in-query", "A good token in the query, where none is looked for", Token.IN_QUERY),
    _refused(
        "token-changed", "A good token that names another client, under its old signature", Token.CHANGED
    ),
    _refused("token-unsigned", "A good token that says `alg: none` and has no signature", Token.UNSIGNED),
    _refused("token-forged", "A good token signed with another key", Token.FORGED),
    _refused("token-expired", "A token that ended a minute ago", Token.EXPIRED, needs=(Need.POOL,)),
    _refused(
        "token-of-another-pool", "A valid token of another user pool", Token.OTHER_POOL, needs=(Need.POOL,)
    ),
    _refused(
        "token-of-another-scope",
        "A valid token of the pool without the stage's scope",
        Token.OTHER_SCOPE,
        needs=(Need.POOL,),
        expect=_NOT_ALLOWED,
    ),
    _refused(
        "token-of-a-user",
        "An ID token, which says who somebody is, in place of an access token",
        Token.USERS,
        needs=(Need.POOL,),
    ),
    Probe(
        "token-of-another-client",
        "Another client's token beside the key: API Gateway ties no token to a key, so it is served on the key's plan",
        _AUTH,
        (*_CONTROLS, "api-key-joined"),
        (Step((Request(token=Token.OTHER_CLIENT),), SERVED),),
        (Need.TOKENS, Need.CLIENT),
    ),
)
