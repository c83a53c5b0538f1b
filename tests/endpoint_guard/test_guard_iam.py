"""The IAM reader: lists or single values, negated elements, wildcards, case, conditions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from endpoint_guard import iam
from endpoint_guard.graph import Graph, MalformedError, Resource, UnreadableError, plain
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE


def read(policy: Any) -> list[iam.Statement]:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    resource = Resource(
        "urn:pulumi:a::b::c::d", "aws:iam/rolePolicy:RolePolicy", "d", lambda: plain({"policy": text})
    )
    Graph([resource])
    return iam.statements(resource.get("policy"))


def one(**statement: Any) -> iam.Statement:
    return read({"Statement": statement})[0]


@pytest.mark.parametrize(
    ("pattern", "action", "covered"),
    [
        ("s3:GetObject", "s3:getobject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("S3:GET?BJECT", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObjectVersion", False),
        ("*", "iam:PassRole", True),
        ("s3:*", "s3-object-lambda:Get", False),
        ("s3:Get[a]*", "s3:Geta", False),
    ],
)
def test_patterns_cover_as_iam_does(pattern: str, action: str, covered: bool) -> None:
    assert iam.matches(pattern, action) is covered
    assert one(Effect="Allow", Action=pattern, Resource="*").grants(action) is covered


def test_single_values_and_lists_read_the_same() -> None:
    single = one(Effect="Allow", Action="s3:GetObject", Resource="a", Principal={"AWS": "x"})
    listed = one(Effect="Allow", Action=["s3:GetObject"], Resource=["a"], Principal={"AWS": ["x"]})

    assert (single.actions, single.resources) == (listed.actions, listed.resources)
    assert single.principal_texts("AWS") == listed.principal_texts("AWS") == ["x"]


def test_not_action_allows_all_but_what_it_lists() -> None:
    statement = one(Effect="Allow", NotAction=["s3:*"], NotResource="a")

    assert statement.grants("iam:PassRole")
    assert not statement.grants("s3:GetObject")
    assert statement.any_resource
    assert statement.negations == ["NotAction", "NotResource"]


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:root", "*"]}])
def test_everyone_is_everyone_in_every_spelling(principal: Any) -> None:
    assert one(Effect="Allow", Principal=principal, Action="s3:GetObject").anyone
    assert one(Effect="Allow", NotPrincipal={"AWS": "a"}, Action="s3:GetObject").anyone


@pytest.mark.parametrize(
    ("condition", "narrow"),
    [
        ({"StringEquals": {"aws:SourceAccount": "1"}}, True),
        ({"StringEquals": {"AWS:SourceAccount": ["1"]}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "1"}}, False),
        ({"StringLike": {"aws:SourceAccount": "*"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
        ({"StringEquals": {"aws:SourceAccount": []}}, False),
    ],
)
def test_only_a_positive_condition_on_a_fixed_value_narrows(condition: Any, narrow: bool) -> None:
    statement = one(Effect="Allow", Action="s3:GetObject", Condition=condition)

    assert statement.narrowed_by(iam.SERVICE_CONDITIONS) is narrow


def test_a_broken_document_is_told_from_an_unknown_one() -> None:
    with pytest.raises(MalformedError):
        read("{not json")
    with pytest.raises(MalformedError):
        read("[1, 2]")
    with pytest.raises(UnreadableError):
        read(UNKNOWN_STRING_VALUE)


_words = st.sampled_from(["*", "s3:*", "s3:GetObject", "iam:PassRole", "", "a", "arn:aws:s3:::b/*"])
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_words, inner, max_size=3)),
    max_leaves=6,
)
_keys = st.sampled_from(
    ["Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]
)


@given(st.lists(st.dictionaries(_keys, _values, max_size=8), max_size=3))
def test_no_document_makes_the_reader_crash(content: list[dict[str, Any]]) -> None:
    for statement in read({"Statement": content}):
        assert statement.anyone in (True, False)
        assert isinstance(statement.grants("s3:GetObject"), bool)
        assert isinstance(statement.narrowed_by(iam.SERVICE_CONDITIONS), bool)
        assert isinstance(statement.any_resource, bool)


@given(st.lists(st.sampled_from(["s3:GetObject", "s3:PutObject", "iam:PassRole"]), min_size=1, unique=True))
def test_an_action_is_granted_by_name_exactly_when_it_is_listed(actions: list[str]) -> None:
    statement = one(Effect="Allow", Action=actions, Resource="*")

    for action in ("s3:GetObject", "s3:PutObject", "iam:PassRole"):
        assert statement.grants(action) is (action in actions)
        assert not one(Effect="Deny", Action=actions, Resource="*").grants(action)
