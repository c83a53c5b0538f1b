"""The cost of a stack: items from the graph, prices from the list, differences."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pulumi_preflight.errors import UserError

from preflight import commit, cost
from tests.components.switched import fronted, named
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


def test_a_caller_with_tokens_is_a_client_of_the_pool_and_a_token_an_hour() -> None:
    found = {i.price: i.amount for i in cost.items(named(), 0) if i.resource.endswith("callers-checkout")}
    assert found == {"machine client": 1, "token": 730}
    assert sum(line.usd or 0 for line in cost.lines([cost.Item("", *i) for i in found.items()], PRICES)) == (
        pytest.approx(6 + 730 * 0.00225)
    )


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


def test_what_the_front_door_costs_is_told_with_its_commitment() -> None:
    found = {line.item.price: line for line in cost.lines(cost.items(fronted(), 1_000_000), PRICES)}
    assert found["Shield Advanced"].usd == 3000
    assert "one year" in PRICES["prices"]["Shield Advanced"]["note"]
    assert found["distribution request"].usd == pytest.approx(1.0)
    shadow = [item for item in cost.items(fronted(), 0) if item.resource.endswith(", shadow")]
    assert [(item.amount, item.most) for item in shadow] == [(3, 3)]
    assert all(line.usd is not None for line in found.values())


def repository(folder: Path) -> Path:
    """A project with one commit, named `first`, and a change after it."""
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("then")
    (folder / "build").mkdir()
    for arguments in (["init", "-q"], ["add", "Pulumi.yaml"], ["commit", "-qm", "first"], ["tag", "first"]):
        author = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *author, "-C", str(folder), *arguments], check=True)
    (folder / "Pulumi.yaml").write_text("now")
    return folder


def test_a_commit_is_evaluated_as_it_was_and_with_what_is_built(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    with commit.checked_out("first", project) as then:
        assert (then / "Pulumi.yaml").read_text() == "then"
        assert not (then / ".venv").exists()
        assert (then / "build").resolve() == (project / "build").resolve()
    assert not then.exists()
    assert (project / "build").is_dir()


def test_a_difference_says_where_it_comes_from() -> None:
    found = cost.differences(
        *(cost.lines(cost.items(declared(stack), 0), PRICES) for stack in ("prod", "dev"))
    )
    prices = [price for price, *_ in found]
    assert prices[:2] == ["instance ml.m5.large", "interface endpoint and zone"]
    assert "web ACL" not in prices
    assert sum(new - old for _, new, old in found) == pytest.approx(
        sum(priced("prod").values()) - sum(priced("dev").values())
    )


def test_a_commit_that_is_no_program_is_one_sentence(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    with pytest.raises(
        UserError, match=r"^--against first: that commit cannot be evaluated here: .*Pulumi"
    ) as told:
        cost._other("first", "dev", project)
    assert "commit-" not in str(told.value)


def test_what_is_neither_file_stack_nor_commit_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="neither a file nor a stack nor a commit"),
        commit.checked_out("no-such", repository(tmp_path / "project")),
    ):
        pass
