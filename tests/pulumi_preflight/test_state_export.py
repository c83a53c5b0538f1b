"""State files that others wrote: every form of a state is judged, everything else is one sentence with the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_preflight import export, messages
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import SECRET, SIGNATURE, UNKNOWN
from pulumi_preflight.shape import shape

URN = "urn:pulumi:prod::shop::aws:s3/bucket:Bucket::logs"
BUCKET = {"urn": URN, "type": "aws:s3/bucket:Bucket", "custom": True, "inputs": {"bucket": "logs"}}


def secret(plaintext: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "plaintext": plaintext}


def state(**more: Any) -> dict[str, Any]:
    return {"manifest": {}, "resources": [{**BUCKET, **more}]}


@pytest.mark.parametrize(
    "document",
    [
        {"version": 3, "deployment": state()},
        {"version": 4, "deployment": state(), "features": ["x"]},
        {"version": 3, "checkpoint": {"stack": "prod", "latest": state()}},
        state(),
    ],
)
def test_every_form_of_a_state_is_read(document: Any) -> None:
    graph = export.graph(document)
    assert (graph.project, graph.stack, graph.source) == ("shop", "prod", "deployed")
    assert graph.resources[0]["inputs"] == {"bucket": "logs"}


def test_a_secret_without_its_key_is_unknown() -> None:
    hidden = {"a": {SIGNATURE: SECRET, "ciphertext": "x"}, "b": "[secret]", "c": [{"d": "[secret]"}]}
    plain = {"e": {SIGNATURE: SECRET, "plaintext": "true"}}
    inputs = export.graph(state(inputs=hidden | plain)).resources[0]["inputs"]
    assert inputs == {
        "a": UNKNOWN, "b": UNKNOWN, "c": [{"d": UNKNOWN}], "e": {SIGNATURE: SECRET, "value": True}
    }  # fmt: skip


@pytest.mark.parametrize("signature", ["deadbeef", "", None, 5, [], {}])
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_signature_that_pulumi_does_not_have_is_refused_as_the_engine_refuses_it(
    side: str, signature: Any
) -> None:
    values = {"bucket": "logs", "tags": {"a": [1, {SIGNATURE: signature, "value": "x"}]}}

    with pytest.raises(UserError, match="a kind that Pulumi does not have") as refused:
        export.graph(state(**{side: values}), "state.json")

    assert str(refused.value).startswith('state.json: resource 1: Bucket "logs" holds')
    assert f"({side}.tags.a[1])" in str(refused.value)


def test_what_a_secret_holds_is_read_as_everything_else() -> None:
    for plaintext, read in (('"[secret]"', UNKNOWN), ('{"a": 1}', {"a": 1})):
        [resource] = export.graph(state(inputs={"a": secret(plaintext)})).resources
        assert resource["inputs"]["a"] == {SIGNATURE: SECRET, "value": read}
    with pytest.raises(UserError, match=r"a kind that Pulumi does not have.*\(inputs\.a\)"):
        export.graph(state(inputs={"a": secret(json.dumps({SIGNATURE: "x"}))}))


def test_what_was_interrupted_is_reported() -> None:
    pending = [{"resource": {"urn": URN.replace("logs", "half")}, "type": "creating"}]
    graph = export.graph(state() | {"pending_operations": pending})
    assert (
        'Bucket "half" may exist half-made: an operation on it (creating) was interrupted.'
        in graph.warnings[0]
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"inputs": 1}, "resource 1: one of inputs, .* is not an object"),
        ({"outputs": []}, "is not an object"),
        ({"parent": 1}, "is not a text"),
        ({"provider": {}}, "is not a text"),
        ({"dependencies": "a"}, "dependencies, .* is not a list of texts"),
        ({"dependencies": [1]}, "dependencies, .* is not a list of texts"),
        ({"ignoreChanges": 5}, "ignoreChanges, .* is not a list of texts"),
        ({"aliases": [1]}, "aliases, .* is not a list of texts"),
        ({"additionalSecretOutputs": {"a": 1}}, "additionalSecretOutputs, .* is not a list of texts"),
        ({"protect": "yes"}, "protect, .* is not true or false"),
        ({"external": 1}, "external, .* is not true or false"),
        ({"deleteBeforeReplace": "x"}, "deleteBeforeReplace, .* is not true or false"),
        ({"propertyDependencies": {"a": "b"}}, "propertyDependencies are not lists"),
        ({"customTimeouts": {"create": "5m"}}, "customTimeouts are not numbers"),
        ({"delete": True}, "holds no resources"),
        ({"inputs": {"a": secret("{")}}, "plaintext of a secret in it cannot be read as JSON"),
        ({"inputs": {"a": secret("NaN")}}, "NaN is not a JSON number"),
        ({"inputs": {"a": secret("[" * 80 + "]" * 80)}}, "is nested more than 64 levels"),
        ({"inputs": {"a": secret('"\\ud800"')}}, "half a character"),
        ({"inputs": {"a": secret(5)}}, "plaintext of a secret in it is not JSON"),
        ({"urn": "x"}, "URN that is not one"),
        ({"type": None}, "has no urn and type"),
    ],
)
def test_a_wrong_resource_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=rf"^state\.json.*{sentence}"):
        export.graph(state(**change), "state.json")


def test_a_timeout_that_a_message_cannot_hold_is_left_out() -> None:
    graph = export.graph(state(customTimeouts={"create": 60, "read": 5}))
    assert messages.request(graph.resources[0], {}).options.customTimeouts.create == 60


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"{\n\n,", "line 3 is broken"),
        (b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}", "nested more than 64 levels"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 310 + b"}", "a number in it has 310 digits"),
        (b'{"a": 1e400}', "a number in it is beyond every float"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"a": "\xff"}', "line 1 is not in UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "is not in UTF-8"),
        (b"[]", "is not a stack export"),
        (b'{"version": 2, "deployment": {"resources": []}}', "version 2, and 3 and 4 can be read: export it"),
        (b'{"version": 5, "deployment": {"resources": []}}', "version 5, .* read: update pulumi-preflight"),
    ],
)
def test_broken_json_is_one_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(text)
    with pytest.raises(UserError, match=sentence) as refused:
        export.read(path)
    assert "\n" not in str(refused.value)


def test_parents_that_lead_back_to_where_they_began_have_an_end() -> None:
    other = URN.replace("logs", "other")
    resources = [{**BUCKET, "parent": other}, {**BUCKET, "urn": other, "parent": URN}]
    for found in (resources, [{**BUCKET, "parent": URN}]):
        graph = export.graph({"manifest": {}, "resources": found})
        assert shape(graph, None).place(URN) is None


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(state()).encode())
    assert len(export.read(path).resources) == 1
