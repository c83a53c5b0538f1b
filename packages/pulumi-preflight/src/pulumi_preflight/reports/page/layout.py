"""Where each resource stands in the picture: components as boxes in boxes, what uses above what is used."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_preflight.graph import STACK_TYPE
from pulumi_preflight.shape import Item, Shape, is_provider

CHIP = (150.0, 38.0)
_PADDING = 6.0
_HEAD = 24.0
_COLUMN = 170.0  # takes a chip, or a box with a chip in it, and the gap to the next
_STEP = 10.0  # in the stack itself, whose boxes have any width
_GAP = 10.0
_BETWEEN = 24.0  # above what is used: there the relations run
_WIDTH = 1700.0
_FEW = 60  # boxes, for which it is worth trying several ways

Edge = tuple[str, str]
_LEANS = (0.5, 0.0, 1.0)
_ORDERS: tuple[Callable[[Box], float], ...] = (
    lambda box: 0,
    lambda box: -box.height,
    lambda box: -box.width,
    lambda box: box.height,
    lambda box: box.width,
)
_STACK = Item("", "", STACK_TYPE, custom=False)


@dataclass
class Box:
    """A resource with its absolute place, in pixels; a component has boxes inside."""

    item: Item
    x: float = 0
    y: float = 0
    width: float = CHIP[0]
    height: float = CHIP[1]
    inside: list[Box] = field(default_factory=list)

    @property
    def urn(self) -> str:
        return self.item.urn

    def all(self) -> list[Box]:
        """This box and every box inside, outer ones first."""
        return [self, *(box for child in self.inside for box in child.all())]

    def move(self, x: float, y: float) -> None:
        """Moves the box with everything in it by a distance."""
        for box in self.all():
            box.x += x
            box.y += y


def arrange(shape: Shape) -> Box:
    """All resources but providers, inside one box that stands for the stack and has no URN."""
    items = {item.urn: item for item in shape.items if not is_provider(item) and item.type != STACK_TYPE}
    children: dict[str, list[str]] = defaultdict(list)
    for urn, item in items.items():
        children[item.parent if item.parent in items else ""].append(urn)
    between = _between(items)
    return _box("", items, children, between)


def _between(items: Mapping[str, Item]) -> dict[str, set[Edge]]:
    """For each component, the relations among its children, including those among resources inside them."""
    found: dict[str, set[Edge]] = defaultdict(set)
    for user, item in items.items():
        for used, _ in item.uses:
            if used not in items:
                continue
            up, over = _path(user, items), _path(used, items)
            common = sum(1 for a, b in zip(up, over, strict=False) if a == b)
            if common < min(len(up), len(over)):
                found[up[common - 1]].add((up[common], over[common]))
    return found


def _path(urn: str, items: Mapping[str, Item]) -> list[str]:
    path: list[str] = []
    while urn in items and urn not in path:
        path.append(urn)
        urn = items[urn].parent
    return ["", *reversed(path)]


def _box(
    urn: str,
    items: Mapping[str, Item],
    children: Mapping[str, Sequence[str]],
    between: Mapping[str, set[Edge]],
) -> Box:
    box = Box(items.get(urn, _STACK))
    box.inside = [_box(child, items, children, between) for child in children.get(urn, ())]
    if not box.inside:
        return box
    edges = between.get(urn, set())
    if urn == "" and len(box.inside) <= _FEW:
        columns = int(max(_WIDTH, *(child.width + _COLUMN for child in box.inside)) / _STEP)
        # The largest boxes decide how high the picture becomes: the best of a few ways to begin is taken.
        tries = [(lean, order) for lean in _LEANS for order in _ORDERS]
        lowest = min(tries, key=lambda way: _place(box, edges, _STEP, columns, *way))
        _place(box, edges, _STEP, columns, *lowest)
        return box
    area = sum(_span(child, _COLUMN) * _COLUMN * (child.height + _BETWEEN) for child in box.inside)
    widest = max(_span(child, _COLUMN) for child in box.inside)
    _place(box, edges, _COLUMN, max(widest, min(8, round(math.sqrt(area * 2.2) / _COLUMN))))
    return box


def layers(urns: Sequence[str], edges: set[Edge]) -> list[list[str]]:
    """The resources in layers: each below all that use it; where they use each other in a ring, in given order.

    Those without any relation come last.
    """
    related = {urn for edge in edges for urn in edge}
    alone = [urn for urn in urns if urn not in related]
    users: dict[str, set[str]] = {urn: set() for urn in urns if urn in related}
    for user, used in edges:
        users[used].add(user)
    result: list[list[str]] = []
    while users:
        ready = [urn for urn, left in users.items() if not left] or [next(iter(users))]
        result.append(ready)
        for urn in ready:
            del users[urn]
        gone = set(ready)
        for left in users.values():
            left -= gone
    return [*result, alone] if alone else result


def _place(
    box: Box,
    edges: set[Edge],
    step: float,
    columns: int,
    lean: float = 0.5,
    order: Callable[[Box], float] = lambda child: 0,
) -> float:
    """Puts each child as high as it can be below all that use it, and near to them; the height of the box.

    Those that nothing uses stand near to `lean`, 0 for left and 1 for right; in a layer, `order` says who is first.
    """
    by_urn = {child.urn: child for child in box.inside}
    for child in box.inside:
        child.move(-child.x, -child.y)
    users: dict[str, list[Box]] = defaultdict(list)
    for user, used in edges:
        users[used].append(by_urn[user])
    # The free height in each column.
    floor = [_HEAD if box.urn else _PADDING] * columns
    placed: dict[str, Box] = {}

    def wish(urn: str) -> tuple[float, str]:
        above = [user.x + user.width / 2 for user in users[urn] if user.urn in placed]
        return sum(above) / len(above) if above else columns * step * lean, urn

    for layer in layers(list(by_urn), edges):
        for urn in sorted(layer, key=lambda urn: (order(by_urn[urn]), wish(urn))):
            child, span = by_urn[urn], _span(by_urn[urn], step)
            above = [user.y + user.height for user in users[urn] if user.urn in placed]
            lowest = max(above, default=-math.inf) + _BETWEEN
            column, y = _spot(floor, span, lowest, wish(urn)[0] / step)
            child.move((column + span / 2) * step - child.width / 2, y)
            placed[urn] = child
            floor[column : column + span] = [y + child.height + _GAP] * span
    left = min(child.x for child in box.inside) - _PADDING
    for child in box.inside:
        child.move(-left, 0)
    box.width = max(child.x + child.width for child in box.inside) + _PADDING
    box.height = max(child.y + child.height for child in box.inside) + _PADDING
    return box.height


def _span(box: Box, step: float) -> int:
    return math.ceil((box.width + _COLUMN - CHIP[0] - 2 * _PADDING) / step)


def _spot(floor: Sequence[float], span: int, lowest: float, wish: float) -> tuple[int, float]:
    """(column, height) of the highest free place not above `lowest`, the nearest to `wish` among several."""

    def at(column: int) -> tuple[float, float]:
        return max(lowest, *floor[column : column + span]), abs(column + span / 2 - wish)

    best = min(range(len(floor) - span + 1), key=at)
    return best, at(best)[0]
