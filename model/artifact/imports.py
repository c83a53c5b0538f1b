"""Which files of `model` a module needs, read from its import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "model"


@cache
def closure(module: str) -> tuple[str, ...]:
    """Paths, relative to the folder that holds `model`, of `module` and of all that it imports of `model`.

    Sorted; packages on the way are included. Imports inside functions count, those under TYPE_CHECKING do not.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [name.rpartition(".")[0], *_imported(ROOT / path)]
    return tuple(sorted(found))


def _path(module: str) -> str | None:
    """The file of a module of the package, None when there is none (a name inside a module, another package)."""
    if module.partition(".")[0] != _PACKAGE:
        return None
    place = module.replace(".", "/")
    return next((path for path in (f"{place}.py", f"{place}/__init__.py") if (ROOT / path).is_file()), None)


@cache
def _imported(path: Path) -> tuple[str, ...]:
    """Modules that a file may import: every `import a.b` and, of `from a import b`, both `a` and `a.b`."""
    return tuple(_names(ast.parse(path.read_text(encoding="utf-8"))))


def _names(tree: ast.AST) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)
