"""HTML and SVG elements that are well formed and escaped by construction: no markup is ever made from text."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def el(tag: str, *children: Element | str | None, **attributes: str | int | float | bool | None) -> Element:
    """An element. `class_` stands for class, `data_x` for data-x; an attribute of None or False is left out."""
    element = Element(tag)
    for key, value in attributes.items():
        if value is not None and value is not False:
            name = key.rstrip("_").replace("_", "-")
            element.set(name, name if value is True else _NO_TEXT.sub(" ", _number(value)))
    for child in children:
        if isinstance(child, str):
            _append(element, _NO_TEXT.sub(" ", child))
        elif child is not None:
            element.append(child)
    return element


def _append(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _number(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
