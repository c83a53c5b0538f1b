"""`python -m preflight cost`: what a declared stack costs a month, by resource, from a dated list of prices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight import __main__ as commands
from pulumi_preflight import export
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph, Resource
from pulumi_preflight.terminal import Debug, exit_codes
from rich.console import Console
from rich.table import Table

from model import contract, histograms
from preflight import commit

PRICES = Path(__file__).with_name("prices.json")
_FUNCTION_SECONDS, _LOG_GB, _TRACED = 0.05, 6e-6, 0.05
"""A request: billed time of the function, bytes in all logs together, share that X-Ray keeps. Estimates."""
_TOKENS = 730
"""A month and caller: one an hour, as long as a token is good. A caller that keeps none pays for each request."""
_DRIFT = "Drift"
"""What watching the population adds: its metrics and alarms are lines of their own."""
_BOT_CONTROL = "AWSManagedRulesBotControlRuleSet"


@dataclass(frozen=True)
class Item:
    """`amount` times a price: units of `price` a month, and at most `most` where that can grow."""

    resource: str
    price: str
    amount: float
    most: float | None = None


@dataclass(frozen=True)
class Line:
    """An item in dollars a month; None where the list has no price."""

    item: Item
    usd: float | None
    most: float | None
    source: str


def items(graph: Graph, requests: float) -> list[Item]:
    """Everything in the graph that has a price, at rest and for `requests` a month."""
    found = [item for r in graph.resources for item in _at_rest(r, graph)]
    return [*found, *_for_requests(graph, requests)] if requests else found


def lines(found: Iterable[Item], prices: dict[str, Any]) -> list[Line]:
    """The items with their prices."""
    return [_line(item, prices) for item in found]


def _line(item: Item, prices: dict[str, Any]) -> Line:
    price = prices["prices"].get(item.price)
    if price is None:
        return Line(item, None, None, "no price")
    unit = price["usd"] * {"hour": prices["hours"], "million": 1e-6}.get(price["per"], 1)
    most = unit * (item.amount if item.most is None else item.most)
    return Line(item, unit * item.amount, most, price["source"])


def _at_rest(resource: Resource, graph: Graph) -> Iterator[Item]:
    kind, inputs = resource["type"].rpartition(":")[2], resource["inputs"]
    if kind in _COUNTED:
        price, amount = _COUNTED[kind]
        name = f"{_DRIFT} alarms" if "metricQueries" in inputs else _name(resource)
        if count := amount(inputs):
            yield Item(name, price, count)
    elif kind == "EndpointConfiguration":
        yield from _instances(resource, graph)
    elif kind == "WebAcl":
        rules = inputs.get("rules", [])
        yield Item(_name(resource), "web ACL", 1)
        yield Item(_name(resource), "web ACL rule", len(rules))
        yield Item(_name(resource), "Bot Control", sum(_BOT_CONTROL in json.dumps(rule) for rule in rules))
    elif kind == "UserPoolClient" and "client_credentials" in inputs.get("allowedOauthFlows", []):
        yield Item(_name(resource), "machine client", 1)
        yield Item(_name(resource), "token", _TOKENS)
    elif kind == "Function":
        # What the scoring function writes into its log in the embedded metric format becomes metrics: once for all
        # clients, once for each key.
        recipe = inputs.get("environment", {}).get("variables", {}).get("RECIPE")
        keys = sum(r["type"].endswith("apigateway/apiKey:ApiKey") for r in graph.resources)
        yield Item(f"{_DRIFT} metrics", "custom metric", _emitted(recipe) * (1 + keys))


def _instances(resource: Resource, graph: Graph) -> Iterator[Item]:
    targets = [r for r in graph.resources if r["type"].endswith("appautoscaling/target:Target")]
    for variants, shadow in (("productionVariants", ""), ("shadowProductionVariants", ", shadow")):
        for variant in resource["inputs"].get(variants, []):
            count = variant.get("initialInstanceCount", 1)
            most = max((t["inputs"]["maxCapacity"] for t in targets), default=count) if not shadow else count
            yield Item(_name(resource) + shadow, f"instance {variant['instanceType']}", count, most)


def _for_requests(graph: Graph, requests: float) -> Iterator[Item]:
    for resource in graph.resources:
        kind, inputs = resource["type"].rpartition(":")[2], resource["inputs"]
        if kind == "Stage":
            yield Item(_name(resource), "API request", requests)
            yield Item("all logs", "log GB", requests * _LOG_GB)
            yield Item("traces", "trace", requests * _TRACED)
        elif kind == "Distribution":
            yield Item(_name(resource), "distribution request", requests)
        elif kind == "WebAcl":
            yield Item(_name(resource), "web ACL request", requests)
            if _BOT_CONTROL in json.dumps(inputs.get("rules", [])):
                yield Item(_name(resource), "Bot Control request", requests)
        elif kind == "Function":
            seconds = requests * _FUNCTION_SECONDS * inputs.get("memorySize", 128) / 1024
            yield Item(_name(resource), "function request", requests)
            yield Item(_name(resource), "function GB-second", seconds)


_COUNTED: dict[str, tuple[str, Callable[[dict[str, Any]], float]]] = {
    "Key": ("key", lambda inputs: 1),
    "MetricAlarm": (
        "alarm metric",
        lambda inputs: sum("metric" in q for q in inputs.get("metricQueries", [])) or 1,
    ),
    "LogMetricFilter": ("custom metric", lambda inputs: 1),
    "Dashboard": ("dashboard", lambda inputs: 1),
    "ContributorInsightRule": ("contributor rule", lambda inputs: 1),
    "VpcEndpoint": ("interface endpoint and zone", lambda inputs: len(inputs.get("subnetIds", []))),
    "Subscription": ("Shield Advanced", lambda inputs: 1),
}
"""By the last part of a type: its price, and how many of them. A gateway endpoint has no subnets and no price."""


def _emitted(recipe: str | None) -> int:
    if recipe is None or recipe not in contract.RECIPE_FIELDS:
        return 0
    values: dict[str, Any] = {name: contract.FIELDS[name].maximum for name in contract.RECIPE_FIELDS[recipe]
                              if name in contract.FIELDS}  # fmt: skip
    values |= {"time": "2026-03-02T14:05:00", "category": contract.CATEGORIES[0]}
    line = histograms.log_fields(histograms.bins([values], [0.1]), "f", "key", 0)
    return len(line["_aws"]["CloudWatchMetrics"][0]["Metrics"])


def _name(resource: Resource) -> str:
    return f"{resource['type'].rpartition(':')[2]} {resource['urn'].rpartition('::')[2]}"


def table(found: list[Line], prices: dict[str, Any]) -> Table:
    """One row for each resource and price, dearest first; alarms and other small things of one kind together."""
    result = Table("resource", "price", "units a month", "USD a month", "at most", "source")
    for column in result.columns[2:5]:
        column.justify = "right"
    for line in sorted(_merged(found), key=lambda line: -(line.usd or 0)):
        usd, most = ("-" if value is None else f"{value:,.2f}" for value in (line.usd, line.most))
        amount = f"{line.item.amount:,.0f}"
        result.add_row(line.item.resource, line.item.price, amount, usd, most, line.source)
    total, most_total = (sum(getattr(line, key) or 0 for line in found) for key in ("usd", "most"))
    result.add_section()
    result.add_row("together", "", "", f"{total:,.2f}", f"{most_total:,.2f}", f"prices of {prices['date']}")
    return result


def _merged(found: list[Line]) -> list[Line]:
    """Lines of one price and one type as one line."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in found:
        groups.setdefault((line.item.resource.split(" ")[0], line.item.price), []).append(line)
    return [group[0] if len(group) == 1 else _sum(kind, group) for (kind, _), group in groups.items()]


def _sum(kind: str, group: list[Line]) -> Line:
    first = group[0]
    amounts, most = sum(line.item.amount for line in group), sum(line.most or 0 for line in group)
    priced = None if first.usd is None else sum(line.usd or 0 for line in group)
    return Line(Item(f"{len(group)} x {kind}", first.item.price, amounts), priced, most, first.source)


def total(found: Iterable[Line]) -> float:
    """Dollars a month."""
    return sum(line.usd or 0 for line in found)


def differences(here: Iterable[Line], there: Iterable[Line]) -> list[tuple[str, float, float]]:
    """(price, dollars a month here, and there) of each price whose sums differ by a cent, the largest first."""
    sums: list[dict[str, float]] = []
    for found in (here, there):
        by_price: dict[str, float] = {}
        for line in found:
            by_price[line.item.price] = by_price.get(line.item.price, 0) + (line.usd or 0)
        sums.append(by_price)
    new, old = sums
    rows = [(price, new.get(price, 0.0), old.get(price, 0.0)) for price in {**new, **old}]
    changed = [row for row in rows if abs(row[1] - row[2]) >= 0.01]
    return sorted(changed, key=lambda row: -abs(row[1] - row[2]))


def difference_table(rows: list[tuple[str, float, float]], against: str) -> Table:
    """Where a difference comes from."""
    result = Table("price", f"{against}, USD a month", "this, USD a month", "difference")
    for column in result.columns[1:]:
        column.justify = "right"
    for price, new, old in rows:
        result.add_row(price, f"{old:,.2f}", f"{new:,.2f}", f"{new - old:+,.2f}")
    return result


def cost(
    stack: commands.Stack,
    requests: Annotated[float, typer.Option(min=0, help="Requests a month.")] = 0,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="STACK|FILE|COMMIT",
            help="Show the difference to another stack, to a stack export, or to this stack as a commit declares it.",
        ),
    ] = None,
    config: commands.Config = None,
    cwd: commands.Project = Path(),
    debug: Debug = False,
) -> None:
    """What a stack costs a month in US dollars, by resource, at rest and for a number of requests."""
    with exit_codes(debug):
        theirs = _export(against)
        prices = json.loads(PRICES.read_text(encoding="utf-8"))
        found = lines(
            items(
                commands.evaluated(stack, False, commands.Evaluation(commands.pairs(config)), cwd), requests
            ),
            prices,
        )
        console = Console()
        console.print(table(found, prices))
        missing = sorted({line.item.price for line in found if line.usd is None})
        if missing:
            console.print(
                f"No price is listed for {', '.join(missing)}: the sum is too low.", highlight=False
            )
        console.print("Not counted: storage, calls of the key, data transfer, free tiers.", highlight=False)
        for price in sorted({line.item.price for line in found}):
            if note := prices["prices"].get(price, {}).get("note"):
                console.print(f"{price}: {note}.", highlight=False)
        if against is not None:
            other = lines(items(theirs or _other(against, stack, cwd), requests), prices)
            if changed := differences(found, other):
                console.print(difference_table(changed, against))
            console.print(
                f"{total(found) - total(other):+,.2f} USD a month against {against}.", highlight=False
            )


def _export(against: str | None) -> Graph | None:
    """The stack export of that name, if there is one: read before a program runs."""
    if against is None or not Path(against).exists() or Path(against).is_dir():
        return None
    return export.read(Path(against))


def _other(against: str, stack: str, cwd: Path) -> Graph:
    if (cwd / f"Pulumi.{against}.yaml").is_file():
        return commands.evaluated(against, False, commands.Evaluation({}), cwd)
    with commit.checked_out(against, cwd) as project:
        try:
            return commands.evaluated(stack, False, commands.Evaluation({}), project)
        except UserError as error:
            why = str(error).replace(project.name, "it").splitlines()[0]
            raise UserError(f"--against {against}: that commit cannot be evaluated here: {why}") from None
