"""The cost of a stack: items from the graph, prices from the list, differences."""

from __future__ import annotations

import json

import pytest

from preflight import cost
from tests.harness import STACKS, declared

PRICES = json.loads(cost.PRICES.read_text())


def priced(stack: str, requests: float = 0) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in cost.lines(cost.items(declared(stack), requests), PRICES):
        assert line.usd is not None, line.item
        found[line.item.price] = found.get(line.item.price, 0) + line.usd
    return found


def test_instances_are_those_of_the_configuration_and_grow_to_the_targets_maximum() -> None:
    (instance,) = [item for item in cost.items(declared("prod"), 0) if item.price.startswith("instance")]
    assert (instance.price, instance.amount, instance.most) == ("instance ml.m5.large", 2, 6)
    (line,) = cost.lines([instance], PRICES)
    assert line.usd == pytest.approx(2 * 0.115 * 730)
    assert line.most == pytest.approx(6 * 0.115 * 730)


def test_a_private_network_costs_an_interface_in_each_zone() -> None:
    assert "interface endpoint and zone" not in priced("dev")
    assert priced("prod")["interface endpoint and zone"] == pytest.approx(4 * 2 * 0.01 * 730)


def test_what_watching_drift_adds_is_lines_of_its_own() -> None:
    """Ten metrics for all clients and for each key; 26 of them in the four alarms of each."""
    for stack, keys, watched in (("dev", 1, 1), ("prod", 2, 3)):
        found = [item for item in cost.items(declared(stack), 0) if item.resource.startswith("Drift ")]
        amounts = {
            price: sum(i.amount for i in found if i.price == price) for price in {i.price for i in found}
        }
        assert amounts == {"custom metric": 10 * (1 + keys), "alarm metric": 26 * watched}
    assert priced("dev")["alarm metric"] < priced("prod")["alarm metric"]


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_is_found_has_a_price_with_a_source(stack: str) -> None:
    assert sum(priced(stack).values()) > 80
    assert {entry["source"] for entry in PRICES["prices"].values()} == {"api", "page", "estimate"}


def test_requests_cost_in_proportion() -> None:
    at_rest, one, ten = (sum(priced("prod", n).values()) for n in (0, 1_000_000, 10_000_000))
    assert 7 < one - at_rest < 12
    assert ten - at_rest == pytest.approx(10 * (one - at_rest))


def test_a_type_without_a_price_is_told() -> None:
    (line,) = cost.lines([cost.Item("EndpointConfiguration model", "instance ml.x1.huge", 2)], PRICES)
    assert (line.usd, line.source) == (None, "no price")
