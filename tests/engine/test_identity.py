"""What keeps a resource the same one: imports, aliases, renamed components."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.workspace import Life, Workspace

pytestmark = pytest.mark.xdist_group("dev")
ALIAS = "opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name={old!r})])"


@pytest.fixture
def dev(life_of: Callable[[str], Life]) -> Iterator[Workspace]:
    """A dev stack that stands; its program is put back afterwards."""
    stack = life_of("dev").stack
    before = stack.program()
    yield stack
    (stack.folder / "__main__.py").write_text(before)


def rename(stack: Workspace, component: str, old: str, new: str, *, alias: bool) -> None:
    """Gives a component of the program another name, with or without an alias of the old one."""
    start = f'c.{component}("{old}", site'
    (line,) = [line for line in stack.program().splitlines() if start in line]
    renamed = line.replace(start, f'c.{component}("{new}", site')
    stack.edit(line, renamed[:-1] + (f", {ALIAS.format(old=old)})" if alias else ")"))


@pytest.mark.parametrize(
    ("component", "old", "kept"),
    [
        ("EncryptionKey", "data", "kms.Key"),
        ("ScoringApi", "api", "apigateway.RestApi"),
        ("ModelArtifact", "model", "s3.Bucket"),
    ],
)
def test_a_renamed_component_with_an_alias_keeps_what_it_made(
    dev: Workspace, component: str, old: str, kept: str
) -> None:
    rename(dev, component, old, "renamed", alias=True)
    ended = dev.run("preview")
    assert ended.code == 0, ended.out
    assert kept not in {one.split()[0] for one in ended.steps()}
    assert not set(ended.steps().values()) & {"replace", "delete"}, ended.steps()


def test_without_an_alias_the_key_would_be_another(dev: Workspace) -> None:
    rename(dev, "EncryptionKey", "data", "renamed", alias=False)
    steps = dev.run("preview").steps()
    assert steps["kms.Key renamed"] == "create"
    assert steps["kms.Key data"] == "delete"


def test_an_existing_resource_is_imported_as_it_is(dev: Workspace) -> None:
    (alias,) = [one for one in dev.state() if one["type"] == "aws:kms/alias:Alias"]
    assert dev.pulumi("state", "delete", alias["urn"], "-s", "dev", "--yes").code == 0
    dev.edit(
        "import pulumi\n",
        "import pulumi\n"
        "def adopt(args):\n"
        "    if args.type_ == 'aws:kms/alias:Alias':\n"
        f"        args.opts.import_ = {alias['id']!r}\n"
        "    return pulumi.ResourceTransformResult(args.props, args.opts)\n"
        "pulumi.runtime.register_resource_transform(adopt)\n",
    )
    ended = dev.judged("up")
    assert ended.code == 0, ended.out
    assert ended.steps() == {"kms.Alias data": "import"}
    again = dev.judged("preview")
    assert again.code == 0
    assert again.steps() == {}
