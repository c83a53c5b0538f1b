"""The HTML page: complete in itself, proof against hostile names, and a picture that shows what is there."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from itertools import combinations

import pytest
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import STACK_TYPE
from pulumi_preflight.reports import render
from pulumi_preflight.reports.page.layout import Box, arrange, layers
from pulumi_preflight.reports.page.picture import mark
from pulumi_preflight.shape import Shape, is_provider, shape

from tests.harness import declared
from tests.pulumi_preflight.results import ROOT, finding, graph, mixed, resource, rule

HOSTILE = (
    "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><a href=javascript:alert(1)>x</a>",
    "]]><!-- --><style>*{display:none}</style>",
)


class Tags(HTMLParser):
    """Every element of a page with its attributes, and all text outside style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] not in ("style", "script"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def prod() -> Shape:
    return shape(declared("prod"), None)


def hostile() -> tuple[Result, Shape]:
    stack = resource(STACK_TYPE, "p-prod")
    parts = [resource("my:index:Part", HOSTILE[0], stack["urn"])]
    parts += [
        resource("aws:kms/key:Key", name, parts[0]["urn"], {name: [parts[0]["urn"]]}) for name in HOSTILE
    ]
    bad = dataclasses.replace(
        rule("bad"), title=HOSTILE[0], remedy=HOSTILE[1], tags=HOSTILE, reference=HOSTILE[2]
    )
    findings = tuple(
        finding(
            bad,
            message=HOSTILE[0],
            urn=part["urn"],
            resource=part["urn"].rpartition("::")[2],
            remedy=HOSTILE[3],
        )
        for part in parts
    )
    result = Result(HOSTILE[1], HOSTILE[2], HOSTILE[3], ("update",), 6, (bad,), findings, 0)
    return result, shape(graph(stack, *parts), None)


def test_no_name_becomes_markup(prod: Shape) -> None:
    result, drawn = hostile()
    good = Tags(render(mixed(), "html", prod))
    page = Tags(render(result, "html", drawn))
    assert {tag for tag, _ in page.found} <= {tag for tag, _ in good.found} | {"a"}
    assert len(page.all("script")) == len(page.all("style")) == len(page.all("svg")) == 1
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")], tag
        assert re.fullmatch(r"#f\d+", attributes.get("href") or "#f1"), tag
    for name in HOSTILE:
        assert name in page.text


def test_the_page_asks_nothing_of_any_server(prod: Shape) -> None:
    text = render(mixed(), "html", prod)
    page = Tags(text)
    assert not {"link", "img", "iframe", "object", "base", "image", "use"} & {tag for tag, _ in page.found}
    assert set(re.findall(r"\w+://[^\s\"'<]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|fetch|XMLHttp|innerHTML|\beval\(", text)
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta) or ""
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        inner = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert inner
        digest = base64.b64encode(hashlib.sha256(inner[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_without_its_script_the_page_shows_every_finding(prod: Shape) -> None:
    page = Tags(render(mixed(), "html", prod))
    assert [attributes["id"] for attributes in page.all("article")] == ["f1", "f2", "f3", "f4"]
    assert all("hidden" not in attributes for attributes in page.all("article"))
    assert "hidden" in page.all("form")[0]


def test_the_filters_offer_what_there_is(prod: Shape) -> None:
    page = Tags(render(mixed(), "html", prod))
    assert [attributes["name"] for attributes in page.all("select")] == [
        "pillar",
        "severity",
        "kind",
        "resource",
    ]
    values = {attributes["value"] for attributes in page.all("option")}
    assert {"auth", "critical", "blocking", "advisory", "not_evaluated", "exempted"} <= values
    kinds = [attributes["data-kind"] for attributes in page.all("article")]
    assert kinds == ["blocking", "advisory", "blocking not_evaluated", "exempted"]


def test_every_resource_is_in_the_picture_and_those_with_findings_are_marked(prod: Shape) -> None:
    drawn = [item for item in prod.items if item.type != STACK_TYPE and not is_provider(item)]
    stage = next(item for item in drawn if item.kind == "Stage")
    bad = rule("bad", severity="critical")
    findings = (finding(bad, urn=stage.urn, resource=stage.name),)
    result = dataclasses.replace(mixed(), findings=findings)
    text = render(result, "html", prod)
    page = Tags(text)
    chips = [
        attributes
        for _, attributes in page.found
        if re.match("(chip|group)( |$)", attributes.get("class") or "")
    ]
    assert len(chips) == len(drawn)
    assert [chip["href"] for chip in chips if "href" in chip] == ["#f1"]
    assert [chip["class"] for chip in chips if chip["class"] not in ("chip", "group")] == ["chip critical"]
    relations = {(item.urn, used) for item in drawn for used, _ in item.uses}
    assert len(page.all("path")) == len(
        {(user, used) for user, used in relations if prod.by_urn[used] in drawn}
    )


def test_the_mark_is_the_most_severe() -> None:
    low, high, soft = (
        rule("l", severity="low"),
        rule("h", severity="critical"),
        rule("s", "advisory", "critical"),
    )
    assert mark([]) is None
    assert mark([finding(low), finding(high), finding(soft)]) == ("critical", "3")
    assert mark([finding(low), finding(soft)]) == ("low", "2")
    assert mark([finding(soft)]) == ("advisory", "1")
    assert mark([finding(high, "exempted"), finding(high, "not_evaluated")]) == ("unknown", "?")
    assert mark([finding(high, "exempted")]) == ("exempted", "e")


def test_nothing_in_the_picture_overlaps(prod: Shape) -> None:
    stack = arrange(prod)
    names = [box.urn for box in stack.all()[1:]]
    assert len(names) == len(set(names))
    for box in stack.all():
        for child in box.inside:
            assert box.x <= child.x
            assert child.x + child.width <= box.x + box.width
            assert box.y <= child.y
            assert child.y + child.height <= box.y + box.height
        for one, other in combinations(box.inside, 2):
            assert apart(one, other), (one.urn, other.urn)


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def test_what_is_used_stands_below(prod: Shape) -> None:
    stack = arrange(prod)
    boxes = {box.urn: box for box in stack.all()}
    siblings = [
        (boxes[item.urn], boxes[used])
        for item in prod.items
        for used, _ in item.uses
        if item.urn in boxes and used in boxes and prod.by_urn[used].parent == item.parent
    ]
    assert len(siblings) > 50
    assert all(user.y + user.height < used.y for user, used in siblings)


def test_layers_of_a_ring_end() -> None:
    assert layers(["a", "b", "c", "d"], {("a", "b"), ("b", "a"), ("b", "c")}) == [["a"], ["b"], ["c"], ["d"]]


def test_names_and_parents_that_make_no_sense_are_drawn_all_the_same() -> None:
    lost = resource("aws:kms/key:Key", "lost", f"{ROOT}my:index:None::gone", {"a": [f"{ROOT}x:y:Z::gone"]})
    itself = resource("aws:kms/key:Key", "itself", f"{ROOT}aws:kms/key:Key::itself")
    odd = resource("aws:kms/key:Key", "\x00\ud800\ufffe", uses={"\x01": [lost["urn"]]})
    odd["propertyDependencies"]["b"] = [odd["urn"]]
    text = render(mixed(), "html", shape(graph(lost, itself, odd), None))
    text.encode()
    assert "\x00" not in text
    assert "lost" in text
