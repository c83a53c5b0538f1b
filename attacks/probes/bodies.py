"""What is sent: the contract, and everything that tries to get round it."""

from __future__ import annotations

import json
from typing import Any

from attacks import judges
from attacks.probe import (
    BAD,
    SERVED,
    Probe,
    Request,
    Step,
    Valid,
    complete,
    purchase,
)  # fmt: skip
from model.contract import MAX_TRANSACTIONS, RECIPE_FIELDS

_SCHEMA = ("requests-validated", "request-schema-strict")
_VALIDATED = ("requests-validated",)
_INPUT = ("API8", "ML01", "AML.T0043")
_COST = ("API4", "AML.T0029", "AML.T0034")
_TOO_MUCH = frozenset({400, 403, 413})

PURCHASE = purchase()
ESSENTIAL = "amt"
"""A field that every recipe requires."""


def _one(**changes: Any) -> dict[str, Any]:
    """A request with one purchase that satisfies every recipe, changed."""
    fields = complete(**changes)
    return {"transactions": [{name: value for name, value in fields.items() if value is not ...}]}


def _raw(name: str, text: str) -> bytes:
    """The same with `text` as a field's value, in characters JSON may not allow."""
    return json.dumps(_one(**{name: "@@"})).replace('"@@"', text).encode()


def _bad(*bodies: tuple[str, Any], expect: frozenset[int] = BAD, **extra: Any) -> Step:
    return Step(tuple(Request(label, body=body, **extra) for label, body in bodies), expect)


def _schema(name: str, title: str, *bodies: tuple[str, Any], judged: bool = True) -> Probe:
    """Refused at the gateway already: by its fixed body, which names no field and costs no function."""
    judge = judges.refused_by_the_schema if judged else None
    expected = "400 with the gateway's one fixed body" if judged else "400"
    return Probe(name, title, _INPUT, _SCHEMA, (_bad(*bodies),), judge=judge, expected=expected)


def _types(value: Any, *skip: str) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (f"{name} {type(value).__name__}", _one(**{name: value}))
        for name in RECIPE_FIELDS["boosted"]
        if name not in skip
    )


PROBES = (
    _schema(
        "body-not-a-request",
        "Bodies that are not requests: empty, null, a list, a string, a number, another object",
        ("empty", b""),
        ("null", None),
        ("list", [purchase()]),
        ("string", "transactions"),
        ("number", 1),
        ("empty object", {}),
        ("null transactions", {"transactions": None}),
        ("object transactions", {"transactions": purchase()}),
    ),
    _schema(
        "field-missing",
        "A purchase without one of the fields the model reads",
        (f"no {ESSENTIAL}", _one(amt=...)),
        ("nothing at all", {"transactions": [{}]}),
    ),
    _schema(
        "field-wrong-type",
        "Strings, objects, lists and nulls where numbers belong, and the reverse",
        *_types("12", "category", "time"),
        *_types({"$gt": 0}),
        *_types([1]),
        *_types(None, "seconds_since_previous"),
    ),
    _schema(
        "field-boolean",
        "true where a number belongs: Python would take it for 1",
        *_types(True),
    ),
    _schema(
        "field-unknown",
        "Fields that nobody declared, at both levels, and names that mean something to some languages",
        ("is_fraud", _one(is_fraud=False)),
        ("threshold", _one(threshold=1)),
        ("__proto__", _one(__proto__={"amt": 1})),
        ("constructor", _one(constructor={"prototype": {}})),
        ("empty name", _one(**{"": 1})),
        ("top level", _one() | {"model": "other"}),
        ("top level debug", _one() | {"debug": True}),
    ),
    _schema(
        "field-out-of-range",
        "Values outside the declared bounds",
        ("amt negative", _one(amt=-1)),
        ("amt zero", _one(amt=0)),
        ("amt too large", _one(amt=100_000.01)),
        ("count negative", _one(count_24h=-1)),
        ("count too large", _one(count_24h=10_001)),
        ("count a fraction", _one(count_24h=1.5)),
        ("seconds negative", _one(seconds_since_previous=-1)),
        ("lat", _one(lat=90.5)),
        ("long", _one(long=-181)),
        ("cc_num zero", _one(cc_num=0)),
        ("1e308", _one(amt=1e308)),
    ),
    _schema(
        "field-category",
        "Categories that are none",
        ("unknown", _one(category="casino")),
        ("upper case", _one(category="GROCERY_NET")),
        ("empty", _one(category="")),
        ("with a NUL", _one(category="home\x00")),
        ("lone surrogate", _raw("category", '"\\ud800"')),
        ("long", _one(category="home" * 300)),
    ),
    Probe(
        "field-time",
        "Times that are none: a date alone, the 30th of February, a zone, other digits",
        _INPUT,
        _SCHEMA,
        (
            _bad(
                *(
                    (text, _one(time=text))
                    for text in (
                        "2020-07-14",
                        "2020-02-30T10:00:00",
                        "2020-07-14T25:00:00",
                        "2020-07-14 10:12:00",
                        "2020-07-14T10:12:00Z",
                        "0000-00-00T00:00:00",
                    )
                ),
                ("arabic digits", _one(time="٢٠٢٠-07-14T10:12:00")),
                ("a number", _one(time=1594721520)),
            ),
        ),
    ),
    _schema(
        "batch-size",
        "No purchase, and one more than a batch may hold",
        ("none", {"transactions": []}),
        ("too many", {"transactions": [{"amt": 1}] * (MAX_TRANSACTIONS + 1)}),
    ),
    Probe(
        "batch-scored",
        "A full batch is scored, one prediction each",
        ("API4",),
        _SCHEMA,
        (Step((Request("full", body=Valid(MAX_TRANSACTIONS)),), SERVED),),
    ),
    Probe(
        "number-not-finite",
        "NaN, infinities and numbers too large for a double",
        _INPUT,
        _VALIDATED,
        (
            _bad(
                *((text, _raw("amt", text)) for text in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")),
                *((text, _raw("amt", text)) for text in ("0x10", "1_000", "01", "+1", ".5", "1.", "١٢")),
            ),
        ),
    ),
    Probe(
        "number-giant",
        "Integers and fractions of 5,000 digits",
        (*_INPUT, *_COST),
        _VALIDATED,
        (
            _bad(
                ("integer", _raw("amt", "9" * 5000)),
                ("count", _raw("count_24h", "1" * 5000)),
                ("exponent", _raw("amt", "1e" + "9" * 5000)),
            ),
        ),
    ),
    Probe(
        "name-twice",
        "The same field twice: one parser reads the first, another the last",
        _INPUT,
        _VALIDATED,
        (
            _bad(
                ("amt", _raw("amt", '1, "amt": 99999')),
                ("transactions", json.dumps(_one())[:-1].encode() + b', "transactions": []}'),
                ("escaped", _raw("amt", '1, "am\\u0074": 99999')),
            ),
        ),
    ),
    Probe(
        "nesting",
        "Brackets nested 3,900 deep, which fits the body limit",
        _COST,
        _VALIDATED,
        (
            _bad(
                ("lists", b"[" * 3900 + b"]" * 3900),
                ("open lists", b"[" * 7000),
                ("in a field", _raw("amt", "[" * 3500 + "]" * 3500)),
                ("objects", b'{"a":' * 1300 + b"1" + b"}" * 1300),
            ),
        ),
    ),
    Probe(
        "nesting-deep",
        "Brackets nested 100,000 deep",
        _COST,
        ("firewall-body-size", *_VALIDATED),
        (_bad(("lists", b"[" * 100_000), expect=_TOO_MUCH),),
    ),
    Probe(
        "encoding",
        "Bytes that are not UTF-8, UTF-16, a byte-order mark, text after the end",
        _INPUT,
        _VALIDATED,
        (
            _bad(
                ("latin-1", _raw("category", '"\xff"').replace(b"\xc3\xbf", b"\xff")),
                ("overlong", _raw("category", '"\xc0"').replace(b"\xc3\x80", b"\xc0\x80")),
                ("utf-16", json.dumps(_one()).encode("utf-16")),
                ("two documents", json.dumps(_one()).encode() * 2),
                ("cut short", json.dumps(_one()).encode()[:-2]),
                ("comment", b"/* */" + json.dumps(_one()).encode()),
                ("single quotes", str(_one()).encode()),
            ),
        ),
    ),
)
