"""What comes back and what stays behind: answers, headers, timing, logs."""

from __future__ import annotations

from attacks import judges
from attacks.judges import ECHO
from attacks.probe import (
    BAD,
    BROWSER,
    REFUSED,
    SERVED,
    Key,
    Need,
    Probe,
    Request,
    Step,
    When,
    complete,
    purchase,
)  # fmt: skip
from model.data.purchases import FRAUDULENT

_LEAK = ("API3", "API8", "AML.T0025", "AML.T0037")
_SHAPED = ("integration-safe", "requests-validated")
_LOGS = ("stage-log-hides-secrets", "no-data-trace", "firewall-log-hides-keys")

CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000")
"""Test numbers of five card brands: they pass every checksum and belong to nobody."""
_CARD = int(CARDS[0])
ELSEWHERE = ("30569309025904", "6011000990139424")
IN_HEADERS = ("5105105105105100", "4012888888881881")
"""More of them, sent where they must not hide the others' traces."""


def _cards_everywhere() -> tuple[Request, ...]:
    """A card number wherever a caller may put one: as text, as a number, as a name, grouped, in a batch."""
    one, texts = purchase(), CARDS[1:]
    grouped = " ".join(CARDS[0][start : start + 4] for start in range(0, 16, 4))
    return (
        Request("cc_num as text", body={"transactions": [one | {"cc_num": texts[0]}]}),
        Request("category", body={"transactions": [one | {"category": texts[1]}]}),
        Request("category grouped", body={"transactions": [one | {"category": grouped}]}),
        Request("time", body={"transactions": [one | {"time": texts[2]}]}),
        Request("amount", body={"transactions": [one | {"amt": _CARD}]}),
        Request("unknown field", body={"transactions": [one | {"pan": texts[3]}]}),
        Request("field name", body={"transactions": [one | {CARDS[0]: 1}]}),
        Request("top level", body={"transactions": [one], "card": texts[0]}),
        Request("bare", body=_CARD),
        Request("broken JSON", body=f'{{"transactions": [{{"cc_num": {CARDS[0]}'.encode()),
        Request("twice", body=f'{{"cc_num": {CARDS[0]}, "cc_num": {CARDS[0]}}}'.encode()),
        Request("form", body=f"card={CARDS[0]}".encode(), headers={"Content-Type": "text/plain"}),
    )


_BOTH = (Request("legitimate"), Request("fraudulent", body={"transactions": [dict(FRAUDULENT)]}))

PROBES = (
    Probe(
        "answer-shape",
        "A score says what was promised and nothing more",
        ("API3", "ML03", "ML04", "AML.T0024"),
        ("integration-safe",),
        (Step(_BOTH, SERVED),),
        judge=judges.shape,
        expected="200 with exactly the promised keys, scores of two digits",
    ),
    Probe(
        "answer-length",
        "The length of an answer does not reveal the decision's reasons",
        ("API3", "ML03"),
        ("integration-safe",),
        (Step(_BOTH, SERVED),),
        judge=judges.length,
        expected="200, lengths within 4 bytes",
    ),
    Probe(
        "answer-repeats-nothing",
        "What was sent in names, values, query and headers does not come back",
        ("API8", "API3"),
        _SHAPED,
        (
            Step(
                (
                    Request("field name", body={"transactions": [purchase() | {ECHO: 1}]}),
                    Request("value", body={"transactions": [purchase(category=ECHO)]}),
                    Request("broken JSON", body=f'{{"{ECHO}'.encode()),
                ),
                BAD,
            ),
            Step((Request("query", query=f"q={ECHO}"), Request("header", headers={"X-Note": ECHO})), SERVED),
            Step((Request("path", path=f"/{ECHO}"),), frozenset({403, 404})),
        ),
        judge=judges.nothing_echoed,
        expected="400, 200, 403, and nothing repeated",
    ),
    Probe(
        "replay",
        "The same request twice: scored twice alike, under two ids (a score changes nothing, so it may be repeated)",
        ("API6",),
        ("integration-safe",),
        (Step((Request("first"), Request("second")), SERVED),),
        judge=judges.same_twice,
        expected="200 twice, the same score, two ids",
    ),
    Probe(
        "request-id-chosen",
        "A caller cannot choose the id that the logs will show",
        ("API8",),
        ("stage-access-log",),
        (
            Step(
                tuple(
                    Request(name, headers={name: ECHO})
                    for name in ("X-Request-Id", "X-Amzn-RequestId", "X-Correlation-Id", "X-Amz-Cf-Id")
                ),
                SERVED,
            ),
        ),
        judge=judges.own_id,
        expected="200 under an id of the server's own",
    ),
    Probe(
        "timing-of-decisions",
        "A fraud takes as long as a legitimate purchase",
        ("API3", "ML04", "AML.T0024"),
        ("integration-safe",),
        (Step(_BOTH, SERVED, 12),),
        when=When.ALONE,
        judge=judges.alike(12, 0.05),
        expected="200, within 50 ms of each other",
    ),
    Probe(
        "timing-of-keys",
        "A nearly right key is refused as fast as any other",
        ("API2", "AML.T0012"),
        ("method-requires-api-key",),
        (Step((Request("random", key=Key.RANDOM), Request("nearly right", key=Key.CUT)), REFUSED, 12),),
        when=When.ALONE,
        judge=judges.alike(12, 0.03),
        expected="403, within 30 ms of each other",
    ),
    Probe(
        "card-number-served",
        "A card number where older callers send it: scored, and the number is in no answer, log or capture",
        _LEAK,
        (*_LOGS, "logs-mask-card-data", "capture-on-and-kept"),
        (Step((Request("cc_num", body={"transactions": [complete(cc_num=_CARD)]}),), SERVED, 5),),
        (Need.LOGS,),
        judge=judges.absent(CARDS),
        expected="200, and the digits nowhere",
    ),
    Probe(
        "card-number-anywhere",
        "Card numbers in every field, name and broken body: refused, and in no answer, log or capture",
        _LEAK,
        (*_LOGS, "logs-mask-card-data", "request-schema-strict"),
        (Step(_cards_everywhere(), frozenset({400, 403})),),
        (Need.LOGS,),
        judge=judges.absent(CARDS),
        expected="400 or 403, and the digits nowhere",
    ),
    Probe(
        "card-number-in-address",
        "Card numbers in query and path, where no field belongs: the firewall's and the access log hide both",
        _LEAK,
        ("firewall-log-hides-keys", "stage-log-hides-secrets"),
        (
            Step((Request("query", query=f"card={ELSEWHERE[0]}"),), frozenset({200, 400, 403})),
            Step((Request("path", path=f"/score/{ELSEWHERE[1]}"),), frozenset({403, 404})),
        ),
        (Need.LOGS,),
        judge=judges.absent(ELSEWHERE),
        expected="any refusal or 200, and the digits nowhere",
    ),
    Probe(
        "card-number-in-headers",
        "Card numbers in headers and a cookie, all of which the firewall's log repeats: it masks them",
        _LEAK,
        ("logs-mask-card-data", "stage-log-hides-secrets"),
        (
            Step(
                (
                    Request("referer", headers={"Referer": f"https://shop.example/pay?card={IN_HEADERS[0]}"}),
                    Request("own header", headers={"X-Card": IN_HEADERS[1]}),
                    Request("cookie", headers={"Cookie": f"card={IN_HEADERS[0]}"}),
                    Request("agent", agent=f"{BROWSER} {IN_HEADERS[1]}"),
                ),
                frozenset({200, 400, 403}),
            ),
        ),
        (Need.LOGS,),
        judge=judges.absent(IN_HEADERS),
        expected="any refusal or 200, and the digits nowhere",
    ),
    Probe(
        "secrets-in-logs",
        "The keys and the credentials of this run are in no answer and no log",
        ("API2", "API8", "AML.T0055"),
        _LOGS,
        needs=(Need.LOGS,),
        when=When.AFTER,
        judge=judges.no_secrets,
        expected="found nowhere",
    ),
    Probe(
        "no-server-error",
        "None of this run's requests made the server fail",
        ("API4", "AML.T0029"),
        ("requests-validated",),
        when=When.AFTER,
        judge=judges.no_server_error,
        expected="no 5xx to any probe",
    ),
    Probe(
        "errors-have-one-form",
        "All refusals of this run have the one declared form",
        ("API8", "API3"),
        ("integration-safe",),
        when=When.AFTER,
        judge=judges.fixed_errors,
        expected="request_id and error with code and message",
    ),
    Probe(
        "answers-name-nothing",
        "No answer of this run names an ARN, an account, a library, a path or a trace",
        ("API8", "API3", "AML.T0006"),
        ("integration-safe",),
        when=When.AFTER,
        judge=judges.nothing_internal,
        expected="found nowhere",
    ),
    Probe(
        "headers-of-answers",
        "All answers of this run forbid caching and sniffing, ask for TLS and name no server",
        ("API8",),
        ("integration-safe",),
        when=When.AFTER,
        judge=judges.own_headers,
        expected="no-store, HSTS, nosniff; no server name",
    ),
)
