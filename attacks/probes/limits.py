"""How much: floods, shares, quotas, slow senders. These run alone."""

from __future__ import annotations

from dataclasses import replace

from attacks.evidence import Evidence
from attacks.probe import (
    BURST,
    CLOSED,
    FLOOD,
    QUOTA,
    REFUSED,
    SERVED,
    STAGE,
    How,
    Key,
    Need,
    Probe,
    Request,
    Signature,
    Source,
    Step,
    Token,
    Valid,
    When,
)  # fmt: skip
from model.contract import MAX_TRANSACTIONS

_COST = ("API4", "AML.T0029", "AML.T0034", "AML.T0046")
_THEFT = ("API6", "API4", "ML05", "AML.T0024.002")
_LIMITED = frozenset({429})
_NOBODY = Request(key=Key.NONE, signature=Signature.NONE, token=Token.NONE)
_BATCH = Request("batch", key=Key.BUDGET, body=Valid(MAX_TRANSACTIONS))


def _claiming(number: int) -> dict[str, str]:
    """Headers of a proxy that is not there."""
    return {"X-Forwarded-For": f"198.18.{number}.9", "X-Amzn-Trace-Id": f"Root=1-{number:08x}"}


def _served_or(*others: int) -> frozenset[int]:
    return SERVED | set(others)


def _until_the_end(evidence: Evidence) -> str | None:
    """Served at first, refused for good once the quota is used up."""
    answers = evidence.steps[0]
    served = sum(answer.status == 200 for answer in answers)
    if not served:
        return "not served even before the quota was used up"
    if any(answer.status == 200 for answer in answers[-5:]):
        return f"still served after {len(answers)} requests"
    if answers[-1].code != "quota_exceeded":
        return "stopped, but not by the quota"
    return None


def _not_held_up(evidence: Evidence) -> str | None:
    quick = [answer for answer in evidence.answers if answer.request.label == "quick"]
    if any(answer.status != 200 or answer.seconds > 3 for answer in quick):
        return "others waited for a slow sender"
    return None


PROBES = (
    Probe(
        "slow-sender",
        "A body that trickles in over six seconds; others are served meanwhile",
        _COST,
        ("timeouts-nest",),
        (
            Step(
                (Request("slow", pieces=12, pause=0.5), *[Request("quick")] * 3),
                frozenset({200, 400, 403, 408, CLOSED}),
                together=4,
            ),
        ),
        judge=_not_held_up,
        expected="any end for the slow one; the others 200 within 3 s",
    ),
    Probe(
        "plan-exhausted",
        "One client sends three times its burst at once: some are refused, another client is served",
        _COST,
        ("usage-plan-throttled", "usage-plan-joined"),
        (
            Step((Request(key=Key.SECOND),), _LIMITED, BURST, How.SOME, together=4, code="throttled"),
            Step((Request(),), SERVED),
        ),
        (Need.PLANS,),
        when=When.ALONE,
    ),
    Probe(
        "stage-exhausted",
        "A client whose plan would let through more than the stage takes",
        _COST,
        ("stage-throttled", "no-looser-method-settings"),
        (
            Step(
                (Request(key=Key.LOOSE, body={}),),
                _LIMITED,
                STAGE,
                How.SOME,
                together=40,
                code="throttled",
            ),
        ),
        (Need.PLANS,),
        when=When.ALONE,
    ),
    Probe(
        "quota-used-up",
        "A client goes on after its day's quota; another is served",
        _COST,
        ("usage-plan-quota",),
        (
            Step((Request(key=Key.SPENT),), _served_or(429), QUOTA),
            Step((Request(),), SERVED),
        ),
        when=When.ALONE,
        judge=_until_the_end,
        expected="200, then 429 for good; another client 200",
    ),
    Probe(
        "extraction-budget",
        "Stealing the model with full batches ends with the day's quota",
        _THEFT,
        ("usage-plan-quota", "request-schema-strict"),
        (Step((_BATCH,), _served_or(429), QUOTA),),
        when=When.ALONE,
        judge=_until_the_end,
        expected="200, then 429 for good",
    ),
    Probe(
        "flood-disguised",
        "More than the rate limit from one address that claims another one in each request",
        _COST,
        ("firewall-rate-rule", "stage-behind-firewall"),
        (
            Step(
                tuple(replace(_NOBODY, headers=_claiming(n)) for n in range(50)),
                frozenset(),
                FLOOD,
                together=40,
            ),
            Step((Request(),), REFUSED, how=How.EVENTUALLY),
        ),
        when=When.LAST,
        expected="then 403 in the end for a valid request too",
    ),
    Probe(
        "flood-one-address",
        "More than the rate limit from one address: it is shut out, another is served",
        _COST,
        ("firewall-rate-rule", "stage-behind-firewall"),
        (
            Step((_NOBODY,), frozenset(), FLOOD, together=40),
            Step((Request(),), REFUSED, how=How.EVENTUALLY),
            Step((Request(source=Source.OTHER),), SERVED, if_possible=True),
        ),
        when=When.LAST,
        expected="then 403 in the end for a valid request too; another address 200",
    ),
)
