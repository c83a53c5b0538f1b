"""The scoring request: fields, units, bounds, JSON schema and strict parsing.

Standard library only: the same file runs in training, in the Lambda function, in the SageMaker container and
behind the API's request schema. An error names a place in the request and never a value, nor a field name that
the caller invented: either may be a card number.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NoReturn

MAX_TRANSACTIONS = 25
"""So many fit into MAX_BODY_BYTES with all that a recipe reads and all that older callers send, at its longest."""

MAX_BODY_BYTES = 8192
"""AWS WAF's common rule set refuses larger bodies, and that figure cannot be raised."""

_MAX_NUMBER_LENGTH = 32
TIME_FORMAT = "YYYY-MM-DDTHH:MM:SS"
_TIME = re.compile(r"20\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)

CATEGORIES = (
    "entertainment",
    "food_dining",
    "gas_transport",
    "grocery_net",
    "grocery_pos",
    "health_fitness",
    "home",
    "kids_pets",
    "misc_net",
    "misc_pos",
    "personal_care",
    "shopping_net",
    "shopping_pos",
    "travel",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a transaction. Bounds are inclusive; `unit` is for people."""

    name: str
    kind: Literal["number", "integer", "category", "time"]
    unit: str
    minimum: float = 0
    maximum: float = 0
    nullable: bool = False


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("amt", "number", "US dollars", 0.01, 100_000),
        Field("category", "category", "the merchant's category"),
        Field("time", "time", "local time of the purchase, 2000 to 2099, " + TIME_FORMAT),
        Field(
            "seconds_since_previous",
            "number",
            "seconds since the card's previous purchase; null when there is none",
            0,
            1_000_000_000,
            nullable=True,
        ),
        Field("count_24h", "integer", "purchases of the card in the 24 hours before this one", 0, 10_000),
        Field("sum_24h", "number", "sum of those purchases, US dollars", 0, 10_000_000),
        Field(
            "max_24h", "number", "largest of those purchases, US dollars; 0 when there is none", 0, 100_000
        ),
        Field("age", "integer", "full years, the cardholder's age", 0, 120),
        Field("city_pop", "integer", "inhabitants of the cardholder's city", 1, 50_000_000),
        Field("cc_num", "integer", "card number", 1, 10**19),
        Field("lat", "number", "degrees, the cardholder's home", -90, 90),
        Field("long", "number", "degrees, the cardholder's home", -180, 180),
        Field("merch_lat", "number", "degrees, the merchant", -90, 90),
        Field("merch_long", "number", "degrees, the merchant", -180, 180),
    )
}

DAY_SECONDS = 86_400
_SECOND, _CENT = 1.0, 0.01
"""What callers may round by: a relation between fields is only broken beyond."""

_HISTORY = ("amt", "category", "time", "seconds_since_previous", "count_24h", "sum_24h", "max_24h")

RECIPE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "boosted": _HISTORY,
    "forest": _HISTORY,
    "stateless": ("amt", "category", "time", "age", "city_pop"),
    "reference": ("cc_num", "amt", "lat", "long", "merch_lat", "merch_long"),
}
"""What each recipe's model reads. These fields are required; the others are accepted, checked and dropped."""

Transaction = dict[str, Any]


class ContractError(ValueError):
    """A request outside the contract. `code` is for machines, the message for people; neither holds a value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def request_schema(required: Sequence[str]) -> dict[str, Any]:
    """JSON schema (draft 4, what API Gateway validates with) of a request whose model reads `required`."""
    transaction = {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {field.name: _field_schema(field) for field in FIELDS.values()},
    }
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "ScoreRequest",
        "type": "object",
        "additionalProperties": False,
        "required": ["transactions"],
        "properties": {
            "transactions": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_TRANSACTIONS,
                "items": transaction,
            }
        },
    }


def _field_schema(field: Field) -> dict[str, Any]:
    if field.kind == "category":
        return {"type": "string", "enum": list(CATEGORIES)}
    if field.kind == "time":
        return {"type": "string", "minLength": len(TIME_FORMAT), "maxLength": len(TIME_FORMAT)}
    kind: str | list[str] = [field.kind, "null"] if field.nullable else field.kind
    return {"type": kind, "minimum": field.minimum, "maximum": field.maximum}


def parse(
    body: str | bytes,
    required: Sequence[str],
    *,
    max_transactions: int = MAX_TRANSACTIONS,
    max_bytes: int = MAX_BODY_BYTES,
) -> list[Transaction]:
    """The transactions of a request, reduced to the fields in `required`; everything else is checked and dropped.

    Raises ContractError with code `payload_too_large`, `invalid_json` or `invalid_request`. Refuses what Python's
    json module lets through: NaN, infinities, duplicate names, giant integers, deep nesting.
    """
    size = len(body) if isinstance(body, bytes) else len(body.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise ContractError("payload_too_large", f"the body is larger than {max_bytes} bytes")
    try:
        return _checked(_load(body, _DECODER), required, max_transactions)
    except ContractError:
        _load(body, _STRICT_DECODER)  # its own refusal comes first, of numbers that no field may hold
        raise


def _checked(document: Any, required: Sequence[str], max_transactions: int) -> list[Transaction]:
    if not isinstance(document, dict) or document.keys() != _ENVELOPE:
        _refuse('the body must be an object with the one field "transactions"')
    transactions = document["transactions"]
    if not isinstance(transactions, list) or not 1 <= len(transactions) <= max_transactions:
        _refuse(f"transactions must be an array of 1 to {max_transactions} objects")
    return [_transaction(item, index, required) for index, item in enumerate(transactions)]


def _load(body: str | bytes, decoder: json.JSONDecoder) -> Any:
    try:
        text = (body.decode("utf-8") if isinstance(body, bytes) else body).strip(_JSON_SPACES)
        document, end = decoder.raw_decode(text)
    except ContractError:
        raise
    except (ValueError, RecursionError):
        raise _not_json() from None
    if end != len(text):
        raise _not_json()
    return document


def _not_json() -> ContractError:
    return ContractError("invalid_json", "the body is not valid JSON in UTF-8")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ContractError("invalid_json", "an object in the body names a field twice")
    return result


def _no_constant(_: str) -> NoReturn:
    raise ContractError("invalid_json", "numbers must be finite JSON numbers")


def _integer(text: str) -> int:
    if len(text) > _MAX_NUMBER_LENGTH:
        raise ContractError("invalid_json", f"a number in the body has more than {_MAX_NUMBER_LENGTH} digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ContractError("invalid_json", "numbers must be finite JSON numbers")
    return number


_JSON_SPACES = " \t\n\r"
_ENVELOPE = {"transactions"}

# Made once: what `json.loads` does with hooks is to make one for each text. A hook for numbers is a call for each of
# them, and no field's bounds let through what it would refuse: the strict one only says why a request is refused.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_STRICT_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_finite
)


def _transaction(item: Any, index: int, required: Sequence[str]) -> Transaction:
    if not isinstance(item, dict):
        _refuse(f"transactions[{index}] must be an object")
    for name in required:
        if name not in item:
            _refuse(f"transactions[{index}].{name} is missing")
    for name, value in item.items():
        if (check := _CHECKS.get(name)) is None:
            _refuse(f"transactions[{index}] has a field that this API does not know")
        if (fault := check(value)) is not None:
            _refuse(f"transactions[{index}].{name} {fault}")
    if (contradiction := contradicting(item)) is not None:
        name, rule = contradiction
        _refuse(f"transactions[{index}].{name} {rule}")
    return {name: item[name] for name in required}


def contradicting(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field of a transaction that contradicts another one, and the rule that it breaks; None when none does.

    The values are within their bounds. Fields that are absent contradict nothing. A purchase is counted in the 24
    hours before this one exactly if the previous one is that near, and the largest of some amounts is at most
    their sum, which is at most so many times the largest.
    """
    seconds, count = item.get("seconds_since_previous", _ABSENT), item.get("count_24h")
    total, largest = item.get("sum_24h"), item.get("max_24h")
    if count is not None and seconds is not _ABSENT:
        if count and (seconds is None or seconds > DAY_SECONDS + _SECOND):
            return "count_24h", "must be 0 when seconds_since_previous is null or more than a day"
        if not count and seconds is not None and seconds < DAY_SECONDS - _SECOND:
            return "count_24h", "must be 1 or more when seconds_since_previous is less than a day"
    for name, dollars in (("sum_24h", total), ("max_24h", largest)):
        if count is not None and dollars is not None and bool(count) != bool(dollars):
            return name, "must be 0 when count_24h is 0, and above 0 when it is not"
    if total is not None and largest is not None:
        if largest > total + _CENT:
            return "max_24h", "must not be above sum_24h"
        if count is not None and total > count * (largest + _CENT):
            return "sum_24h", "must not be above count_24h times max_24h"
    return None


_ABSENT = object()


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


Check = Callable[[Any], str | None]
"""None for a value of a field, or else what it must be."""


def _check_of(field: Field) -> Check:
    """Made once for each field, since it runs for each value of a request."""
    if field.kind == "category":
        known = f"must be one of the {len(CATEGORIES)} merchant categories"
        return lambda value: None if value in CATEGORIES else known
    if field.kind == "time":
        a_time = f"must be a local time of 2000 to 2099 as {TIME_FORMAT}"
        return lambda value: None if isinstance(value, str) and _is_time(value) else a_time
    return _number_check(field)


def _number_check(field: Field) -> Check:
    # JSON's true and false are of a type of their own here, though Python counts with them.
    allowed = (int,) if field.kind == "integer" else (int, float)
    minimum, maximum, nullable = field.minimum, field.maximum, field.nullable
    of_type = f"must be of type {field.kind}"
    between = f"must be between {minimum:g} and {maximum:g}"

    def check(value: Any) -> str | None:
        if type(value) in allowed:
            return None if minimum <= value <= maximum else between
        return None if nullable and value is None else of_type

    return check


def _refuse(message: str) -> NoReturn:
    raise ContractError("invalid_request", message)


_CHECKS: Mapping[str, Check] = {name: _check_of(field) for name, field in FIELDS.items()}
