"""Who is calling: keys and signatures."""

from __future__ import annotations

from attacks.probe import (
    LIBRARY,
    REFUSED,
    SERVED,
    Key,
    Need,
    Probe,
    Request,
    Signature,
    Source,
    Step,
    Token,
)  # fmt: skip

_KEY = ("method-requires-api-key",)
_SIGN = ("method-requires-authorization",)
_BOTS = ("firewall-baseline", "firewall-nothing-counted")
_AUTH = ("API2", "AML.T0012")
_GUESS = ("API2", "API4", "AML.T0012", "AML.T0040")


def _refused(*requests: Request, times: int = 1) -> Step:
    return Step(requests, REFUSED, times)


def _served(request: Request) -> Step:
    return Step((request,), SERVED)


def _signature(name: str, title: str, how: Signature) -> Probe:
    steps = (_refused(Request(signature=how)), _served(Request()))
    return Probe(name, title, _AUTH, _SIGN, steps, (Need.SIGNATURES, Need.CREDENTIALS))


def _guess(agent: str, source: Source = Source.OWN) -> Request:
    return Request(key=Key.RANDOM, agent=agent, source=source)


PROBES = (
    Probe(
        "legitimate-call",
        "A valid purchase with key, and signature or token, is scored: without this nothing below means anything",
        ("API8",),
        ("api-key-joined", "method-chain"),
        (_served(Request()),),
    ),
    Probe(
        "key-missing",
        "A request without an API key, well signed or with a good token where the stage asks for either",
        _AUTH,
        _KEY,
        (_refused(Request(key=Key.NONE)), _served(Request())),
    ),
    Probe(
        "key-wrong",
        "Keys that do not exist: random, cut by one character, empty, a word",
        _AUTH,
        _KEY,
        (
            _refused(
                Request("random", key=Key.RANDOM),
                Request("cut", key=Key.CUT),
                Request("empty", key=Key.NONE, headers={"x-api-key": ""}),
                Request("a word", key=Key.NONE, headers={"x-api-key": "test"}),
                Request("null", key=Key.NONE, headers={"x-api-key": "null"}),
            ),
        ),
    ),
    Probe(
        "key-guessing",
        "100 random keys from an HTTP library and then the right one: the library is refused even so",
        _GUESS,
        (*_KEY, *_BOTS),
        (_refused(Request(key=Key.RANDOM, agent=LIBRARY), times=100), _refused(Request(agent=LIBRARY))),
        (Need.BOTS_BLOCKED,),
    ),
    Probe(
        "key-guessing-known-caller",
        "The same from a known caller's network: every guess is refused, the right key is served",
        _GUESS,
        (*_KEY, *_BOTS),
        (
            _refused(_guess(LIBRARY, Source.KNOWN), times=100),
            _served(Request(agent=LIBRARY, source=Source.KNOWN)),
        ),
    ),
    Probe(
        "key-guessing-disguised",
        "100 random keys from something that calls itself a browser: every guess is refused",
        _GUESS,
        _KEY,
        (_refused(Request(key=Key.RANDOM), times=100), _served(Request())),
    ),
    Probe(
        "key-disabled",
        "A key that has been disabled",
        _AUTH,
        (*_KEY, "usage-plan-joined"),
        (_refused(Request(key=Key.DISABLED)),),
    ),
    Probe(
        "key-rotated",
        "After a rotation: the old key is refused, its successor in the same plan is served",
        (*_AUTH, "AML.T0055"),
        (*_KEY, "api-key-joined"),
        (_refused(Request(key=Key.RETIRED)), _served(Request(key=Key.SUCCESSOR))),
    ),
    Probe(
        "key-of-another-stage",
        "A key that exists and is enabled, but in no plan of this stage",
        ("API2", "API5"),
        (*_KEY, "usage-plan-joined"),
        (_refused(Request(key=Key.UNPLANNED)),),
    ),
    Probe(
        "key-elsewhere",
        "A key in the query, a cookie or another header is not a key",
        ("API2", "API8"),
        ("api-key-source-header", *_KEY),
        (
            _refused(
                Request("query", key=Key.NONE, query="x-api-key=0123456789abcdef0123456789"),
                Request("cookie", key=Key.NONE, headers={"Cookie": "x-api-key=0123456789abcdef0123456789"}),
                Request("apikey header", key=Key.NONE, headers={"apikey": "0123456789abcdef0123456789"}),
            ),
        ),
    ),
    Probe(
        "key-not-enough",
        "The right key without a signature",
        (*_AUTH, "AML.T0055"),
        _SIGN,
        (_refused(Request(signature=Signature.NONE)),),
        (Need.SIGNATURES, Need.KEY),
    ),
    Probe(
        "nobody",
        "Neither key nor signature nor token",
        _AUTH,
        (*_KEY, *_SIGN),
        (Step((Request(key=Key.NONE, signature=Signature.NONE, token=Token.NONE),), frozenset({401, 403})),),
    ),
    _signature("signature-wrong-secret", "Signed with another secret", Signature.WRONG_KEY),
    _signature("signature-other-body", "Another body than the one that was signed", Signature.OTHER_BODY),
    _signature("signature-expired", "A signature of twenty minutes ago", Signature.EXPIRED),
    _signature("signature-other-region", "A signature for another region", Signature.OTHER_REGION),
    _signature("signature-other-service", "A signature for SageMaker itself", Signature.OTHER_SERVICE),
    _signature("token-bearer", "A bearer token in place of the signature", Signature.BEARER),
    _signature("token-basic", "User name and password in place of the signature", Signature.BASIC),
)
