"""Values go into a message and come back as the SDK's own conversion has them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi_preflight.graph import whole_numbers
from pulumi_preflight.structs import from_struct, to_struct

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda items: st.lists(items, max_size=3) | st.dictionaries(TEXTS, items, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)


@given(OBJECTS)
def test_a_struct_is_the_one_of_the_library(values: dict[str, Any]) -> None:
    theirs = json_format.ParseDict(values, struct_pb2.Struct())
    ours = to_struct(values)
    assert ours == theirs
    assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


@given(OBJECTS)
def test_the_values_of_a_struct_are_those_of_the_library(values: dict[str, Any]) -> None:
    message = struct_pb2.Struct.FromString(
        json_format.ParseDict(values, struct_pb2.Struct()).SerializeToString()
    )
    theirs = whole_numbers(json_format.MessageToDict(message))
    ours = from_struct(message)
    assert repr(ours) == repr(theirs)  # 1 and True, and 1 and 1.0, are equal but not the same


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_refused_as_by_the_library(number: float) -> None:
    message = to_struct({"a": [number]})
    for read in (json_format.MessageToDict, from_struct):
        with pytest.raises(ValueError, match=r"(?i)nan|inf"):
            read(message)


@pytest.mark.parametrize("value", [object(), (1,), b"x", {1}])
def test_what_is_no_json_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_struct({"a": value})
