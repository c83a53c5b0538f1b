"""What sections share: badges, menus, filter forms, and the document around them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from pulumi_preflight.reports.page.element import el

_FOLDER = Path(__file__).parent


def document(title: str, *body: Element | None) -> str:
    """The whole page with its style and script, which are the only ones that its policy lets run."""
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        _meta("Content-Security-Policy", policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", style),
    )
    html = el("html", head, el("body", *body, el("script", script)), lang="en")
    return "<!DOCTYPE html>\n" + tostring(html, "unicode", method="html")


def badge(text: str, class_: str) -> Element:
    """A word in a coloured frame."""
    return el("span", text, class_=f"badge {class_}")


def select(name: str, options: Sequence[tuple[str, str]]) -> Element:
    """A menu of (value, text) to filter by, with "all" before them."""
    entries = [el("option", "all", value=""), *(el("option", text, value=value) for value, text in options)]
    return el("label", f"{name} ", el("select", *entries, name=name))


def filters(id_: str, *menus: Element | None) -> Element:
    """A form of menus, a search and a count. Hidden until the script, without which it does nothing, runs."""
    return el(
        "form",
        *menus,
        el("label", "search ", el("input", type="search", name="search", autocomplete="off")),
        el("button", "show all", type="reset"),
        el("output", role="status"),
        id=id_,
        hidden=True,
    )


def _meta(name: str, content: str) -> Element:
    element = el("meta", content=content)
    element.set("http-equiv", name)
    return element


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
