"""Stack and answers files that others wrote: whatever is wrong with them is one sentence with the place."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi_preflight import yamlfile
from pulumi_preflight.errors import UserError

from tests.harness import run_inline

LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"config: &a {k: *a}", "x.yaml holds more than 100,000 values, or one that contains itself"),
        (LAUGHS.encode(), "x.yaml holds more than 100,000 values"),
        (b"[" * 3_000, "x.yaml is nested too deeply"),
        (b"a: 2027-02-30", "x.yaml cannot be read as YAML: day is out of range"),
        (b"a: 1\nb: [", "x.yaml, line 2: this is not valid YAML"),
        (b"a: \xe9\xff", "x.yaml cannot be read as UTF-8 text"),
    ],
)
def test_broken_yaml_is_one_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    with pytest.raises(UserError) as refused:
        yamlfile.read(path, "x.yaml")
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_aliases_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: &a [1]\nb: *a\n")
    assert yamlfile.read(path, "x.yaml") == {"a": [1], "b": [1]}


def test_a_file_that_is_not_there_is_warned_about(tmp_path: Path) -> None:
    program = """
import pulumi
import pulumi_aws as aws

role = "arn:aws:iam::123456789012:role/r"
for name, path in (("gone", "./gone.zip"), ("there", "./Pulumi.yaml")):
    code = pulumi.AssetArchive({"a": pulumi.FileAsset(path)})
    aws.lambda_.Function(name, role=role, code=code, runtime="python3.12", handler="a.b")
"""
    graph = run_inline(tmp_path, program)
    (warning,) = graph.warnings
    assert warning.startswith('aws:lambda/function:Function "gone" is made of ./gone.zip, which is not here')
