"""The dashboard: what a console shows of firewall, API, function and endpoint, on one page. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.drift import DAY_SECONDS, Derived
from components.log_queries import Query
from components.site import Site
from components.watched import Watch, Watched

_WIDTH, _HEIGHT = 8, 6
_PER_ROW = 3
Widget = dict[str, Any]


def body(
    site: Site,
    watched: Mapping[str, Watch],
    queries: Mapping[str, Query],
    names: Mapping[str, str],
) -> str:
    """The dashboard as JSON text. `names` are those of api, function, endpoint and firewall."""
    by_part: dict[str, list[Widget]] = {part: list(_traffic(site, part, names)) for part in _TITLES}
    for label, watch in watched.items():
        if isinstance(watch, Derived) and watch.client is not None:
            continue  # its key's id is unknown in a first preview, and the page with it
        by_part[_part(label, watch)].append(_alarmed(site, label, watch))
    for name, query in queries.items():
        if query.shown:
            by_part[query.part].append(_answer(site, name, query))
    widgets: list[Widget] = []
    row = 0
    for part, title in _TITLES.items():
        widgets.append({"type": "text", "x": 0, "y": row, "width": 24, "height": 1,
                        "properties": {"markdown": f"## {title}"}})  # fmt: skip
        for place, widget in enumerate(by_part[part]):
            x, y = _WIDTH * (place % _PER_ROW), row + 1 + _HEIGHT * (place // _PER_ROW)
            widgets.append({**widget, "x": x, "y": y, "width": _WIDTH, "height": _HEIGHT})
        row += 1 + _HEIGHT * -(-len(by_part[part]) // _PER_ROW)
    return json.dumps({"widgets": widgets}, sort_keys=True)


_TITLES = {
    "firewall": "Firewall",
    "api": "API",
    "function": "Function",
    "model": "Endpoint",
    "quota": "Clients",
    "population": "Population, a day at a time",
}


def _part(label: str, watch: Watch) -> str:
    if isinstance(watch, Derived):
        return "population"
    return next((part for part in _TITLES if label.startswith(f"{part}-")), "function")


def _traffic(site: Site, part: str, names: Mapping[str, str]) -> Iterator[Widget]:
    """How much there is, beside what is wrong with it."""
    if part == "firewall":
        common = {"WebACL": names["firewall"], "Region": site.region}
        rules = {"Rule": "ALL"}
        kinds = ("AllowedRequests", "BlockedRequests", "CountedRequests")
        yield _sums(
            site, "allowed, blocked, counted", [("AWS/WAFV2", kind, common | rules) for kind in kinds]
        )
        found = f'{{AWS/WAFV2,Region,Rule,WebACL}} WebACL="{names["firewall"]}"'
        for kind in ("BlockedRequests", "CountedRequests"):
            yield _searched(site, f"{kind} by rule", f'{found} MetricName="{kind}"')
    elif part == "api":
        stage = {"ApiName": names["api"], "Stage": site.stage}
        yield _sums(
            site, "requests", [("AWS/ApiGateway", kind, stage) for kind in ("Count", "4XXError", "5XXError")]
        )
    elif part == "function":
        own = {"FunctionName": names["function"]}
        yield _sums(
            site,
            "invocations",
            [("AWS/Lambda", kind, own) for kind in ("Invocations", "Errors", "Throttles")],
        )
    elif part == "model":
        variant = {"EndpointName": names["endpoint"], "VariantName": "primary"}
        kinds = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
        yield _sums(site, "invocations", [("AWS/SageMaker", kind, variant) for kind in kinds])
        used = [
            ("/aws/sagemaker/Endpoints", kind, variant) for kind in ("CPUUtilization", "MemoryUtilization")
        ]
        yield _sums(site, "instances, percent", used, statistic="Average")


def _sums(
    site: Site, title: str, metrics: list[tuple[str, str, dict[str, str]]], statistic: str = "Sum"
) -> Widget:
    lines = [[namespace, name, *_flat(dimensions)] for namespace, name, dimensions in metrics]
    plotted = {"title": title, "region": site.region, "metrics": lines, "stat": statistic, "period": 60}
    return {"type": "metric", "properties": plotted}


def _searched(site: Site, title: str, query: str) -> Widget:
    expression = f"SEARCH('{query}', 'Sum', 300)"
    return {"type": "metric", "properties": {"title": title, "region": site.region,
                                             "metrics": [[{"expression": expression, "id": "e1"}]]}}  # fmt: skip


def _answer(site: Site, name: str, query: Query) -> Widget:
    sources = " | ".join(f"SOURCE '{group}'" for group in query.groups)
    return {"type": "log", "properties": {"title": name, "region": site.region, "view": "table",
                                          "query": f"{sources} | {query.text}"}}  # fmt: skip


def _alarmed(site: Site, label: str, watch: Watch) -> Widget:
    line = {"horizontal": [{"label": "alarm", "value": watch.threshold}]}
    plotted = {"title": label, "region": site.region, **_plotted(watch), "annotations": line}
    return {"type": "metric", "properties": plotted}


def _plotted(watch: Watch) -> dict[str, Any]:
    dimensions = _flat(watch.dimensions)
    if isinstance(watch, Watched):
        return {
            "metrics": [[watch.namespace, watch.metric, *dimensions]],
            "stat": watch.statistic,
            "period": watch.period,
        }
    figure = list(watch.steps)[-1]
    return {
        "metrics": [
            *([{"id": step, "expression": e, "visible": step == figure}] for step, e in watch.steps.items()),
            *(
                [watch.namespace, name, *dimensions, {"id": id_, "stat": statistic, "visible": False}]
                for id_, (name, statistic) in watch.metrics.items()
            ),
        ],
        "period": DAY_SECONDS,
    }


def _flat(dimensions: Mapping[str, Any]) -> list[str]:
    return [part for pair in dimensions.items() for part in pair]
