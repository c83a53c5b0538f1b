"""Where the door is: methods, paths, transport."""

from __future__ import annotations

from attacks.evidence import Evidence
from attacks.probe import CLOSED, REFUSED, SERVED, Key, Need, Probe, Request, Signature, Step, Tls, Token

_ROUTES = ("method-chain", "no-catch-all-routes")
_INVENTORY = ("API9", "API8", "AML.T0006")
_NO_SUCH = frozenset({403, 404})
_NOT_ALLOWED = frozenset({403, 405})


def _no_origin(evidence: Evidence) -> str | None:
    names = [name for answer in evidence.answers for name in answer.headers]
    if any(name.lower().startswith("access-control-allow-") for name in names):
        return "an answer allows another origin"
    return None


PROBES = (
    Probe(
        "method-other",
        "Other verbs than the declared one",
        ("API5", "API9"),
        _ROUTES,
        (
            Step(
                tuple(
                    Request(verb, method=verb, body=b"") for verb in ("GET", "PUT", "PATCH", "DELETE", "HEAD")
                ),
                REFUSED,
            ),
        ),
    ),
    Probe(
        "method-trace",
        "TRACE, which would echo the key",
        ("API8",),
        _ROUTES,
        (Step((Request(method="TRACE", body=b""),), _NOT_ALLOWED),),
    ),
    Probe(
        "method-override",
        "A GET that asks to be taken for a POST",
        ("API5", "API8"),
        _ROUTES,
        (
            Step(
                tuple(
                    Request(name, method="GET", body=b"", headers={name: "POST"})
                    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")
                ),
                REFUSED,
            ),
        ),
    ),
    Probe(
        "path-unknown",
        "Paths that were never declared",
        _INVENTORY,
        _ROUTES,
        (
            Step(
                tuple(
                    Request(path, path=path)
                    for path in (
                        "/nope",
                        "/",
                        "/SCORE",
                        "/score/extra",
                        "/admin",
                        "/docs",
                        "/health",
                        "/v2/score",
                    )
                ),
                _NO_SUCH,
            ),
        ),
    ),
    Probe(
        "path-other-stage",
        "Other stages and the API's own root",
        _INVENTORY,
        ("stage-serves-deployment",),
        (
            Step(
                tuple(
                    Request(path, path=f"/{path}")
                    for path in (
                        "/test/score",
                        "/default/score",
                        "/v1/score",
                        "/score",
                        "/_user_request_/score",
                    )
                ),
                _NO_SUCH,
            ),
        ),
    ),
    Probe(
        "path-container",
        "The model container's and the function's own addresses through the public one",
        ("API9", "API7", "AML.T0049"),
        ("endpoint-invoked-by-function-only", "function-no-side-door"),
        (
            Step(
                tuple(
                    Request(path, path=path)
                    for path in (
                        "/invocations",
                        "/ping",
                        "/endpoints/model/invocations",
                        "//invocations",
                        "//2015-03-31/functions/score/invocations",
                    )
                ),
                _NO_SUCH,
            ),
        ),
    ),
    Probe(
        "path-rewriting-header",
        "Headers that some proxies take for the path change nothing",
        ("API8", "API9"),
        _ROUTES,
        (
            Step(
                (
                    Request("X-Original-URL", headers={"X-Original-URL": "/ping"}),
                    Request("X-Rewrite-URL", headers={"X-Rewrite-URL": "/ping"}),
                    Request("X-Forwarded-Prefix", headers={"X-Forwarded-Prefix": "/admin"}),
                ),
                SERVED,
            ),
        ),
    ),
    Probe(
        "cors-preflight",
        "A browser on a foreign page asks for leave",
        ("API8",),
        ("options-is-a-mock",),
        (
            Step(
                (
                    Request(
                        method="OPTIONS",
                        body=b"",
                        key=Key.NONE,
                        signature=Signature.NONE,
                        token=Token.NONE,
                        headers={
                            "Origin": "https://attacker.example",
                            "Access-Control-Request-Method": "POST",
                            "Access-Control-Request-Headers": "x-api-key,content-type",
                        },
                    ),
                ),
                REFUSED,
            ),
            Step((Request(headers={"Origin": "https://attacker.example"}),), SERVED),
        ),
        judge=_no_origin,
        expected="403, and no answer allows an origin",
    ),
    Probe(
        "transport-plain",
        "Plain HTTP",
        ("API8", "ML09"),
        ("domain-modern-tls",),
        (Step((Request(tls=Tls.PLAIN),), frozenset({CLOSED, 301, 403, 426})),),
        (Need.TLS,),
    ),
    Probe(
        "transport-outdated",
        "A TLS 1.0 or 1.1 handshake",
        ("API8", "ML09"),
        ("domain-modern-tls", "api-endpoint-type"),
        (Step((Request(tls=Tls.OUTDATED),), frozenset({CLOSED})),),
        (Need.TLS,),
    ),
)
