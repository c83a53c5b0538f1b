"""The resources of a stack as a report may show them: names, relations and places, and no value at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pulumi_preflight.findings import printable
from pulumi_preflight.graph import STACK_TYPE, Graph, Resource
from pulumi_preflight.sources import sources

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_PROVIDER = "pulumi:providers:"


@dataclass(frozen=True)
class Place:
    """A line of a file; `file` is relative to the repository, with forward slashes."""

    file: str
    line: int = 1


@dataclass(frozen=True)
class Item:
    """One resource. `uses` are (URN, property): the resources from which a property takes its value."""

    urn: str
    name: str
    type: str
    parent: str = ""
    custom: bool = True
    uses: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """The last part of the type: `Bucket` for `aws:s3/bucket:Bucket`."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Shape:
    """The resources in graph order, and where components, by the last part of their type, are declared."""

    items: tuple[Item, ...] = ()
    classes: Mapping[str, Place] = field(default_factory=dict)
    program: Place | None = None

    @cached_property
    def by_urn(self) -> dict[str, Item]:
        """The items by URN."""
        return {item.urn: item for item in self.items}

    def place(self, urn: str) -> Place | None:
        """Where the component that declares a resource is written; the program for a resource outside any."""
        item, seen = self.by_urn.get(urn), set[str]()
        while item is not None and item.type != STACK_TYPE and item.urn not in seen:
            seen.add(item.urn)  # a state that was edited by hand may lead back to where it began
            if not item.custom and item.kind in self.classes:
                return self.classes[item.kind]
            item = self.by_urn.get(item.parent)
        return self.program if urn in self.by_urn else None


def shape(graph: Graph, project: Path | None, scrub: Callable[[str], str] = str) -> Shape:
    """The shape of a graph, every text of it passed through `scrub`; without `project`, without places."""
    items = tuple(_item(resource, scrub) for resource in graph.resources)
    if project is None:
        return Shape(items)
    kinds = {item.kind for item in items if not item.custom}
    root = repository(project)
    program = project / "__main__.py"
    return Shape(
        items,
        classes={kind: place for kind, place in _classes(project, root) if kind in kinds},
        program=Place(_relative(program, root)) if program.is_file() else None,
    )


def repository(project: Path) -> Path:
    """The nearest folder upwards that git knows as its root, or the project itself."""
    return next((path for path in (project, *project.parents) if (path / ".git").exists()), project)


def _item(resource: Resource, scrub: Callable[[str], str]) -> Item:
    relations = resource["propertyDependencies"] or {}
    return Item(
        urn=scrub(resource["urn"]),
        name=printable(scrub(resource["urn"].rpartition("::")[2])),
        type=printable(scrub(resource["type"])),
        parent=scrub(resource["parent"]),
        custom=bool(resource["custom"]),
        uses=tuple((scrub(urn), scrub(key)) for key, urns in relations.items() for urn in urns or ()),
    )


def _classes(project: Path, root: Path) -> Iterator[tuple[str, Place]]:
    for file in sources(project):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        for match in _CLASS.finditer(text):
            yield match[1], Place(_relative(file, root), text.count("\n", 0, match.start()) + 1)


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def is_provider(item: Item) -> bool:
    """Providers are how resources are made, not what is made."""
    return item.type.startswith(_PROVIDER)
