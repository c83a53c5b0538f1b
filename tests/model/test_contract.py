from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import contract
from model.contract import CATEGORIES, FIELDS, MAX_BODY_BYTES, MAX_TRANSACTIONS, ContractError, parse

DEFAULT = contract.RECIPE_FIELDS["boosted"]
CANARY = "4000123412341234"
VALID: dict[str, Any] = {
    "amt": 12.5,
    "category": "home",
    "time": "2024-02-29T23:59:59",
    "seconds_since_previous": None,
    "count_24h": 0,
    "sum_24h": 0,
    "max_24h": 0,
}


def body(*transactions: Any) -> str:
    return json.dumps({"transactions": list(transactions)})


def refused(text: str | bytes, required: tuple[str, ...] = DEFAULT) -> ContractError:
    with pytest.raises(ContractError) as caught:
        parse(text, required)
    return caught.value


def numbers(field: contract.Field) -> st.SearchStrategy[Any]:
    if field.kind == "integer":
        return st.integers(int(field.minimum), int(field.maximum))
    return st.floats(field.minimum, field.maximum, allow_nan=False)


def values(field: contract.Field) -> st.SearchStrategy[Any]:
    if field.kind == "category":
        return st.sampled_from(CATEGORIES)
    if field.kind == "time":
        some = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31))
        return some.map(lambda time: time.replace(microsecond=0).isoformat())
    return numbers(field) | st.none() if field.nullable else numbers(field)


@st.composite
def histories(draw: st.DrawFn) -> dict[str, Any]:
    """The four fields of a card's last day, as they are counted from some purchases."""
    amounts = draw(st.lists(st.floats(0.01, 100_000).map(lambda amount: round(amount, 2)), max_size=5))
    since = st.floats(1, 86_400) if amounts else st.none() | st.floats(86_401, 1_000_000_000)
    return {
        "seconds_since_previous": draw(since),
        "count_24h": len(amounts),
        "sum_24h": round(sum(amounts), 2),
        "max_24h": max(amounts, default=0),
    }


@st.composite
def transactions(draw: st.DrawFn, *, every_field: bool = False) -> dict[str, Any]:
    """What the contract lets through: the fields of DEFAULT, and some of all others."""
    rest = {name: values(field) for name, field in FIELDS.items() if name not in HISTORY_FIELDS}
    needed = {name: strategy for name, strategy in rest.items() if name in DEFAULT}
    others = {name: strategy for name, strategy in rest.items() if name not in DEFAULT and every_field}
    drawn: dict[str, Any] = draw(st.fixed_dictionaries(needed, optional=others))
    return {**drawn, **draw(histories())}


HISTORY_FIELDS = ("seconds_since_previous", "count_24h", "sum_24h", "max_24h")
ACCEPTED = transactions()
EVERY_FIELD = transactions(every_field=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(EVERY_FIELD, min_size=1, max_size=5))
def test_what_is_inside_the_bounds_is_accepted_and_reduced(transactions: list[dict[str, Any]]) -> None:
    expected = [{name: item[name] for name in DEFAULT} for item in transactions]
    text = body(*transactions)
    assert parse(text, DEFAULT) == expected
    assert parse(text.encode(), DEFAULT) == expected


@given(st.text() | st.binary())
def test_any_text_is_refused_and_nothing_else_is_raised(text: str | bytes) -> None:
    assert refused(text).code in {"invalid_json", "invalid_request"}


@given(JSON)
def test_any_json_is_refused_and_nothing_else_is_raised(document: Any) -> None:
    assert refused(json.dumps(document)).code in {"invalid_json", "invalid_request"}
    assert refused(json.dumps({"transactions": document})).code in {"invalid_json", "invalid_request"}


@given(st.data())
def test_the_schema_and_the_parser_agree(data: st.DataObject) -> None:
    """The gateway validates with the schema, the function with the parser: it also reads times and histories."""
    transaction = data.draw(ACCEPTED)
    name = data.draw(st.sampled_from([name for name in FIELDS if name not in ("time", *HISTORY_FIELDS)]))
    transaction[name] = data.draw(JSON | values(FIELDS[name]))
    if data.draw(st.booleans()):
        transaction.pop(data.draw(st.sampled_from(sorted(transaction))))
    schema = jsonschema.Draft4Validator(contract.request_schema(DEFAULT))
    # Draft 4 knows no NaN, and the parser is stricter about numbers of absurd length.
    code = outcome(body(transaction))
    assert code == "invalid_json" or (code is None) == schema.is_valid({"transactions": [transaction]})


def outcome(text: str) -> str | None:
    try:
        parse(text, DEFAULT)
    except ContractError as error:
        return error.code
    return None


FULL = {"seconds_since_previous": 1, "count_24h": 10_000, "sum_24h": 10_000_000, "max_24h": 100_000}
AT_BOUNDS: dict[tuple[str, float], dict[str, Any]] = {
    ("seconds_since_previous", 0): {"count_24h": 1, "sum_24h": 5, "max_24h": 5},
    ("count_24h", 10_000): FULL,
    ("sum_24h", 10_000_000): FULL,
    ("max_24h", 100_000): FULL,
}
"""A history around a value at its bound."""


@pytest.mark.parametrize("name", list(FIELDS))
def test_bounds_are_inclusive_and_hold(name: str) -> None:
    field = FIELDS[name]
    if field.kind in ("category", "time"):
        return
    step = 1 if field.kind == "integer" else 0.001
    for value in (field.minimum, field.maximum):
        assert parse(body({**VALID, name: value, **AT_BOUNDS.get((name, value), {})}), DEFAULT)
    for value in (field.minimum - step, field.maximum * 1.001 + step):
        value = round(value) if field.kind == "integer" else value
        assert f"transactions[0].{name} must be between" in str(refused(body({**VALID, name: value})))


@pytest.mark.parametrize("name", list(DEFAULT))
def test_a_missing_field_is_named(name: str) -> None:
    incomplete = {key: value for key, value in VALID.items() if key != name}
    assert str(refused(body(VALID, incomplete))) == f"transactions[1].{name} is missing"


@pytest.mark.parametrize("name", list(FIELDS))
@pytest.mark.parametrize("value", [CANARY, [CANARY], {CANARY: 1}, True, {"amt": CANARY}])
def test_a_wrong_value_is_named_by_its_place_and_never_shown(name: str, value: Any) -> None:
    error = refused(body({**VALID, name: value}))
    assert error.code == "invalid_request"
    assert f"transactions[0].{name} " in str(error)
    assert CANARY not in str(error)


def test_a_field_that_the_caller_invented_is_not_repeated() -> None:
    assert CANARY not in str(refused(body({**VALID, CANARY: 1})))
    assert CANARY not in str(refused(json.dumps({"transactions": [VALID], CANARY: 1})))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"transactions": [{"amt": NaN}]}', "invalid_json"),
        ('{"transactions": [{"amt": -Infinity}]}', "invalid_json"),
        ('{"transactions": [{"amt": 1e999}]}', "invalid_json"),
        ('{"transactions": [{"amt": ' + "9" * 5_000 + "}]}", "invalid_json"),
        ('{"transactions": [{"cc_num": ' + "9" * 33 + "}]}", "invalid_json"),
        ('{"transactions": [{"surprise": -1e999}]}', "invalid_json"),
        ('{"transactions": 1e999}', "invalid_json"),
        ('{"transactions": [{"amt": 1, "amt": 2}]}', "invalid_json"),
        ('{"transactions": [], "transactions": []}', "invalid_json"),
        ("[" * 4_000 + "]" * 4_000, "invalid_json"),
        ('{"transactions": ' * 400 + "1" + "}" * 400, "invalid_request"),
        (b'{"transactions": ["\xff"]}', "invalid_json"),
        ("\ufeff{}", "invalid_json"),
        ('{"transactions": "\\ud800"}', "invalid_request"),
        ("{'transactions': []}", "invalid_json"),
        ("", "invalid_json"),
        ("null", "invalid_request"),
        ('{"transactions": []}', "invalid_request"),
        ('{"transactions": {}}', "invalid_request"),
        (body(*[VALID] * (MAX_TRANSACTIONS + 1)), "invalid_request"),
        (" " * (MAX_BODY_BYTES + 1), "payload_too_large"),
        ("é" * (MAX_BODY_BYTES // 2 + 1), "payload_too_large"),
    ],
)
def test_hostile_bodies(text: str | bytes, code: str) -> None:
    assert refused(text).code == code


@pytest.mark.parametrize(
    "time",
    [
        "2023-02-29T00:00:00",
        "2024-01-01 00:00:00",
        "2024-01-01T24:00:00",
        "2024-1-01T00:00:000",
        "2024-01-01T00:00:0Z",
        "2024-01-01T00:00:00Z",
        "٢٠٢٤-01-01T00:00:00",
        "2024-01-01T00:00: 1",
        " 024-01-01T00:00:00",
    ],
)
def test_times_that_are_none(time: str) -> None:
    assert "transactions[0].time must be a local time" in str(refused(body({**VALID, "time": time})))


HISTORY = {"seconds_since_previous": 1500, "count_24h": 3, "sum_24h": 90.0, "max_24h": 60.0}


@given(EVERY_FIELD)
def test_a_history_that_was_counted_contradicts_nothing(transaction: dict[str, Any]) -> None:
    assert contract.contradicting(transaction) is None
    for name in HISTORY_FIELDS:
        assert contract.contradicting({key: transaction[key] for key in transaction if key != name}) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seconds_since_previous": None}, "count_24h"),
        ({"seconds_since_previous": 172_800}, "count_24h"),
        ({"count_24h": 0, "sum_24h": 0, "max_24h": 0}, "count_24h"),
        ({"seconds_since_previous": 60, "count_24h": 0, "sum_24h": 0, "max_24h": 0}, "count_24h"),
        ({"seconds_since_previous": None, "count_24h": 0}, "sum_24h"),
        ({"seconds_since_previous": None, "count_24h": 0, "sum_24h": 0}, "max_24h"),
        ({"sum_24h": 0, "max_24h": 0}, "sum_24h"),
        ({"max_24h": 0}, "max_24h"),
        ({"max_24h": 500}, "max_24h"),
        ({"sum_24h": 10}, "max_24h"),
        ({"sum_24h": 900, "count_24h": 2, "max_24h": 30}, "sum_24h"),
    ],
)
def test_a_history_that_contradicts_itself_is_refused_with_the_fields_name(
    change: dict[str, Any], field: str
) -> None:
    parse(body({**VALID, **HISTORY}), DEFAULT)
    error = refused(body(VALID, {**VALID, **HISTORY, **change}))
    assert error.code == "invalid_request"
    assert str(error).startswith(f"transactions[1].{field} must ")


@pytest.mark.parametrize(
    "change",
    [
        {"seconds_since_previous": 86_400},
        {"seconds_since_previous": 86_401},
        {"sum_24h": 180.0, "max_24h": 60.0},
        {"sum_24h": 59.995},  # a cent of rounding
        {"sum_24h": 60.0, "max_24h": 60.0, "count_24h": 1},
    ],
)
def test_a_history_at_the_edge_is_accepted(change: dict[str, Any]) -> None:
    assert parse(body({**VALID, **HISTORY, **change}), DEFAULT)


def test_a_field_that_the_model_does_not_read_may_not_contradict_either() -> None:
    stateless = contract.RECIPE_FIELDS["stateless"]
    whole = {**VALID, **HISTORY, "age": 40, "city_pop": 1000}
    assert set(parse(body(whole), stateless)[0]) == set(stateless)
    assert "max_24h must not be above sum_24h" in str(refused(body({**whole, "max_24h": 99}), stateless))


@pytest.mark.parametrize("year", ["1900", "1999", "2100", "9999"])
def test_an_impossible_year_is_refused(year: str) -> None:
    told = str(refused(body({**VALID, "time": f"{year}-03-01T12:00:00"})))
    assert told == "transactions[0].time must be a local time of 2000 to 2099 as YYYY-MM-DDTHH:MM:SS"


def longest(field: contract.Field) -> Any:
    if field.name == "seconds_since_previous":
        return 86_400
    if field.kind == "category":
        return max(CATEGORIES, key=len)
    if field.kind == "time":
        return VALID["time"]
    if "degrees" in field.unit:
        return round(field.minimum + 0.000001, 6)
    return field.maximum - 0.01 if "dollars" in field.unit else int(field.maximum)


@pytest.mark.parametrize("recipe", list(contract.RECIPE_FIELDS))
def test_a_full_batch_of_what_a_recipe_reads_and_older_callers_send_fits(recipe: str) -> None:
    """Cents, millionths of a degree and whole seconds, with the spaces that json.dumps writes."""
    names = {*contract.RECIPE_FIELDS[recipe], *contract.RECIPE_FIELDS["reference"]}
    text = body(*[{name: longest(FIELDS[name]) for name in names}] * MAX_TRANSACTIONS)
    assert '"merch_long": -179.999999' in text
    assert len(text) <= MAX_BODY_BYTES
    assert len(parse(text, contract.RECIPE_FIELDS[recipe])) == MAX_TRANSACTIONS


def test_a_full_batch_of_every_field_there_is_fits_without_spaces() -> None:
    one = {name: longest(field) for name, field in FIELDS.items()}
    text = json.dumps({"transactions": [one] * MAX_TRANSACTIONS}, separators=(",", ":"))
    assert '"sum_24h":9999999.99,' in text
    assert MAX_BODY_BYTES - 1_000 < len(text) <= MAX_BODY_BYTES
    assert len(parse(text, DEFAULT)) == MAX_TRANSACTIONS


def test_every_recipe_takes_the_fields_of_the_others_and_drops_them() -> None:
    everything = {name: longest(field) for name, field in FIELDS.items()}
    for required in contract.RECIPE_FIELDS.values():
        (kept,) = parse(body(everything), required)
        assert tuple(kept) == required


def test_the_schema_is_valid_draft_4_and_refuses_unknown_fields() -> None:
    schema = contract.request_schema(DEFAULT)
    jsonschema.Draft4Validator.check_schema(schema)
    validator = jsonschema.Draft4Validator(schema)
    assert validator.is_valid({"transactions": [VALID]})
    assert not validator.is_valid({"transactions": [{**VALID, "other": 1}]})
    assert not validator.is_valid({"transactions": [VALID], "other": 1})
