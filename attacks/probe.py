"""What a probe is: requests, what must come back, and which threat and control it is about. Plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

from model.contract import RECIPE_FIELDS
from model.data.purchases import LEGITIMATE

if TYPE_CHECKING:
    from attacks.evidence import Evidence

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LIBRARY = "python-requests/2.32.5"
REFUSED = frozenset({403})
BAD = frozenset({400})
SERVED = frozenset({200})
CLOSED = 0
"""Stands for a connection that the other end closed or would not open, where a status is expected."""


class Key(StrEnum):
    """Which API key a request carries. Those that begin with `probe` are names in the keys file."""

    OWN = "own"
    NONE = "none"
    RANDOM = "random"
    CUT = "cut"
    SECOND = "probe-second"
    DISABLED = "probe-disabled"
    RETIRED = "probe-retired"
    SUCCESSOR = "probe-successor"
    UNPLANNED = "probe-unplanned"
    SPENT = "probe-spent"
    BUDGET = "probe-budget"
    LOOSE = "probe-loose"


class Signature(StrEnum):
    """How a request is signed when the stage asks for signatures."""

    GOOD = "good"
    NONE = "none"
    WRONG_KEY = "wrong key"
    OTHER_BODY = "other body"
    EXPIRED = "expired"
    OTHER_REGION = "other region"
    OTHER_SERVICE = "other service"
    BEARER = "bearer"
    BASIC = "basic"


class Token(StrEnum):
    """Which token a request carries when the stage asks for tokens."""

    GOOD = "good"
    NONE = "none"
    IN_QUERY = "in the query"
    OTHER_CLIENT = "another client's"
    CHANGED = "changed"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    EXPIRED = "expired"
    OTHER_POOL = "another pool's"
    OTHER_SCOPE = "another scope"
    USERS = "a user's ID token"


class Source(StrEnum):
    """The network address a request comes from. `own` differs from probe to probe where addresses are played."""

    OWN = "own"
    OTHER = "other"
    KNOWN = "known caller"


OUTSIDE = "//"
"""Begins a path outside the stage."""


class Tls(StrEnum):
    """How the connection is made: as the address says, without TLS, or with a TLS that is out of date."""

    AS_GIVEN = "as given"
    PLAIN = "plain"
    OUTDATED = "outdated"


class How(Enum):
    """Which answers of a step have to be expected ones."""

    ALL = "all"
    SOME = "some"
    EVENTUALLY = "eventually"


class When(Enum):
    """Beside other probes, with nothing else under way, last of those (the firewall then keeps this address out),
    or after all others and without requests.
    """

    BESIDE = 0
    ALONE = 1
    LAST = 2
    AFTER = 3


class Need(StrEnum):
    """What a probe cannot do without, in the words of the report."""

    KEY = "an API key: --api-key-file"
    NAMED_KEY = "a key of this name in the keys file: "
    SIGNATURES = "a stage that asks for signatures"
    TOKENS = "a stage that asks for tokens"
    CLIENT = "a client to get tokens as: --tokens-file"
    POOL = "a user pool that issues any token, which only a stack served for this run has"
    CREDENTIALS = "credentials to sign with: --credentials-file or --sign"
    ADDRESSES = "several source addresses, which only a local server can play"
    KNOWN_CALLER = "an address in the known callers' networks: --known-caller"
    LOGS = "the logs: --log-dir"
    BOTS_BLOCKED = "a stage whose Bot Control blocks"
    TLS = "an https address"
    PLANS = "the stack that says what its plans let through: --stack"


def purchase(recipe: str = "boosted", **changes: Any) -> dict[str, Any]:
    """A legitimate purchase in the fields of a recipe; a change to `...` leaves the field out."""
    fields = {name: LEGITIMATE[name] for name in RECIPE_FIELDS[recipe]} | changes
    return {name: value for name, value in fields.items() if value is not ...}


def complete(**changes: Any) -> dict[str, Any]:
    """A legitimate purchase in the fields of all recipes, which every recipe accepts."""
    return {**LEGITIMATE, **changes}


@dataclass(frozen=True)
class Valid:
    """As a body: `count` valid purchases in the fields of the served recipe, filled up with blanks to `size` bytes."""

    count: int = 1
    size: int = 0


VALID = Valid()


@dataclass(frozen=True)
class Request:
    """One request. `path` is relative to the stage, or to the API with OUTSIDE; None is the scoring path.

    A header whose value is None is left out, also when it would be sent by default. `body` may be bytes, or
    anything JSON can say. `pause` seconds pass between each of `pieces` pieces of the body.
    """

    label: str = ""
    method: str = "POST"
    path: str | None = None
    query: str = ""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = VALID
    agent: str | None = BROWSER
    key: Key = Key.OWN
    signature: Signature = Signature.GOOD
    token: Token = Token.GOOD
    source: Source = Source.OWN
    tls: Tls = Tls.AS_GIVEN
    pieces: int = 1
    pause: float = 0


@dataclass(frozen=True)
class Step:
    """Requests and the statuses that must come back.

    `times` sends the whole list again; FLOOD and its like are numbers of requests taken from the target.
    `together` many are sent at a time, and then as fast as they go. EVENTUALLY repeats for as long as enforcement
    may lag behind. `code` is the answer's error code. `if_possible` leaves the step out where the target lacks what it
    needs.
    """

    requests: tuple[Request, ...]
    expect: frozenset[int]
    times: int = 1
    how: How = How.ALL
    together: int = 0
    code: str = ""
    if_possible: bool = False

    @property
    def expected(self) -> str:
        """The expectation in words."""
        names = ["closed" if status == CLOSED else str(status) for status in sorted(self.expect)]
        wanted = " or ".join(names[-1:] + names[:-1]) or "any"
        within = {How.ALL: "", How.SOME: "some ", How.EVENTUALLY: "in the end "}[self.how]
        return within + wanted


FLOOD = -1
"""As `times`: more requests in all than the firewall lets one address send in its window."""
BURST = -2
"""As `times`: three times what the second client's plan lets through at once."""
STAGE = -3
"""As `times`: four times what the stage lets through at once."""
QUOTA = -4
"""As `times`: ten more requests than the quota."""


@dataclass(frozen=True)
class Probe:
    """A named attack. `threats` are ids of OWASP API 2023, OWASP ML 2023 and MITRE ATLAS; `controls` are rule ids
    of the policy pack. `judge` looks at all answers after the steps and says what is wrong, or None.
    """

    name: str
    title: str
    threats: tuple[str, ...]
    controls: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    needs: tuple[Need, ...] = ()
    when: When = When.BESIDE
    judge: Callable[[Evidence], str | None] | None = None
    expected: str = ""

    @property
    def expectation(self) -> str:
        """What must come back, in words."""
        return self.expected or ", then ".join(step.expected for step in self.steps)


class Verdict(StrEnum):
    """How a probe ended."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"
    ERROR = "ERROR"


WORDS = {
    Verdict.PASS: "held",
    Verdict.FAIL: "red",
    Verdict.SKIPPED: "skipped",
    Verdict.ERROR: "in error",
}
"""Verdicts as a sentence says them."""


@dataclass(frozen=True)
class Outcome:
    """A probe's end: what was seen, in statuses and our own words, never in values; wall-clock seconds."""

    probe: Probe
    verdict: Verdict
    seen: str
    seconds: float
    requests: int


def green(outcomes: Sequence[Outcome]) -> bool:
    """True when no probe is red and at least one has run."""
    ran = [outcome for outcome in outcomes if outcome.verdict is not Verdict.SKIPPED]
    return bool(ran) and all(outcome.verdict is Verdict.PASS for outcome in ran)


def told(outcomes: Sequence[Outcome]) -> str:
    """How many probes ended how, in one line."""
    counts = {verdict: sum(outcome.verdict is verdict for outcome in outcomes) for verdict in WORDS}
    said = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in counts.items() if count)
    requests = sum(outcome.requests for outcome in outcomes)
    probes = "1 probe" if len(outcomes) == 1 else f"{len(outcomes)} probes"
    return f"{probes}: {said or 'none'}; {requests:,} request{'' if requests == 1 else 's'}"
