"""The resource graph as SVG: components as groups, relations as lines, findings as marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from pulumi_preflight.findings import SEVERITIES, Finding
from pulumi_preflight.reports.page.element import el
from pulumi_preflight.reports.page.layout import Box, arrange
from pulumi_preflight.shape import Shape

_CHARACTERS = 20


def draw(shape: Shape, findings: Iterable[tuple[str, Finding]], numbers: Mapping[str, int]) -> Element:
    """The picture. `findings` come with the id of their place on the page, `numbers` are those of resources."""
    by_urn: dict[str, list[tuple[str, Finding]]] = defaultdict(list)
    for anchor, finding in findings:
        by_urn[finding.urn].append((anchor, finding))
    stack = arrange(shape)
    boxes = [box for box in stack.all() if box.urn]
    components = [box for box in boxes if not box.item.custom]
    resources = [box for box in boxes if box.item.custom]
    return el(
        "svg",
        el("g", *(_frame(box) for box in components), class_="frames"),
        el("g", *_lines(boxes, numbers), class_="lines"),
        el("g", *(_chip(box, by_urn[box.urn], numbers) for box in resources), class_="chips"),
        el("g", *(_label(box, by_urn[box.urn], numbers) for box in components), class_="labels"),
        viewBox=f"0 0 {stack.width:g} {stack.height:g}",
        width=stack.width,
        height=stack.height,
        xmlns="http://www.w3.org/2000/svg",
        aria_label="Resources by component; lines lead from a resource to those it uses.",
        role="group",
    )


def mark(findings: Iterable[Finding]) -> tuple[str, str] | None:
    """(class, sign) of the most severe among a resource's findings: a number of violations, `?` or `e`."""
    found = list(findings)
    broken = [finding for finding in found if finding.kind == "violation"]
    if broken:
        worst = min(broken, key=lambda finding: (not finding.blocking, SEVERITIES.index(finding.severity)))
        return worst.severity if worst.blocking else "advisory", str(len(broken))
    if any(finding.kind == "not_evaluated" for finding in found):
        return "unknown", "?"
    return ("exempted", "e") if found else None


def _frame(box: Box) -> Element:
    return el("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=8, class_="frame")


def _label(box: Box, findings: list[tuple[str, Finding]], numbers: Mapping[str, int]) -> Element:
    item = box.item
    both = f"{item.kind} · {item.name}"
    letters = int((box.width - 20) / 7)
    return _linked(
        [
            el("title", f"{item.kind} {item.name}"),
            el(
                "text",
                both if len(both) <= letters else _short(item.kind, letters),
                x=box.x + 10,
                y=box.y + 16,
                class_="head",
            ),
            *_mark(box, findings),
        ],
        findings,
        numbers[box.urn],
        "group",
    )


def _chip(box: Box, findings: list[tuple[str, Finding]], numbers: Mapping[str, int]) -> Element:
    item = box.item
    sign = mark(finding for _, finding in findings)
    return _linked(
        [
            el("title", f"{item.kind} {item.name}"),
            el("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=5, class_="body"),
            el("text", _short(item.kind, _CHARACTERS + 4), x=box.x + 8, y=box.y + 14, class_="kind"),
            el("text", _short(item.name, _CHARACTERS), x=box.x + 8, y=box.y + 29, class_="name"),
            *_mark(box, findings),
        ],
        findings,
        numbers[box.urn],
        f"chip {sign[0]}" if sign else "chip",
    )


def _linked(parts: list[Element], findings: list[tuple[str, Finding]], number: int, classes: str) -> Element:
    """A resource with findings leads to the first of them, also where no script runs."""
    if findings:
        return el("a", *parts, href=f"#{findings[0][0]}", class_=classes, data_resource=number)
    return el("g", *parts, class_=classes, data_resource=number)


def _mark(box: Box, findings: list[tuple[str, Finding]]) -> list[Element]:
    sign = mark(finding for _, finding in findings)
    if sign is None:
        return []
    x, y, width = box.x + box.width - 4, box.y + 4, 11 + 7 * len(sign[1])
    return [
        el("rect", x=x - width / 2, y=y - 9, width=width, height=18, rx=9, class_=f"mark {sign[0]}"),
        el("text", sign[1], x=x, y=y + 4, class_="sign"),
    ]


def _lines(boxes: list[Box], numbers: Mapping[str, int]) -> Iterable[Element]:
    by_urn = {box.urn: box for box in boxes}
    for box in boxes:
        item = box.item
        relations: dict[str, list[str]] = defaultdict(list)
        for used, property_ in item.uses:
            if used in by_urn and used != box.urn:
                relations[used].append(property_)
        for used, properties in relations.items():
            other = by_urn[used]
            near = other.item.parent == item.parent
            yield el(
                "path",
                el(
                    "title",
                    f"{item.name} uses {other.item.name}: {', '.join(properties)}",
                ),
                d=_curve(box, other),
                class_="near" if near else "far",
                data_user=numbers[box.urn],
                data_used=numbers[used],
            )


def _curve(user: Box, used: Box) -> str:
    x1, x2 = user.x + user.width / 2, used.x + used.width / 2
    if used.y >= user.y + user.height:
        y1, y2 = user.y + user.height, used.y
    elif user.y >= used.y + used.height:
        y1, y2 = user.y, used.y + used.height
    else:
        y1 = y2 = max(user.y, used.y) + min(user.height, used.height) / 2
        x1, x2 = (user.x + user.width, used.x) if used.x > user.x else (user.x, used.x + used.width)
        return f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
    bend = (y2 - y1) / 2
    return f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"


def _short(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: max(letters - 1, 1)] + "…"
