"""Alarms, dashboard, saved queries and rankings, with and without their settings."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import pytest
from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from tests.components.recorded import inputs, of_type
from tests.components.switched import fronted
from tests.harness import PROJECT, STACKS, declared, name_of

RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
SWITCHED = {
    "leastHourlyRequests": "5",
    "maxKeyAgeDays": "90",
    "contributorInsights": "true",
    "quotaAlarmPercent": "50",
    "functionConcurrency": "0",
    "functionRollout": "canary",
    "clients": json.dumps(
        [{"name": "checkout", "rate": 5, "burst": 10, "dailyQuota": 1000, "keys": ["first", "2026-12"]}]
    ),
}


@functools.cache
def switched() -> Graph:
    """The dev stack with every setting of this page changed."""
    return evaluate("dev", config=SWITCHED, project=PROJECT)


def alarms(graph: Graph) -> dict[str, dict[str, Any]]:
    found = [r["inputs"] for r in of_type(graph, "MetricAlarm")]
    return {re.sub(r"^fraud-[a-z]+-", "", alarm["name"]): alarm for alarm in found}


def sections() -> list[str]:
    return [name for line in re.findall(r"^### (.+)$", RUNBOOK, re.M) for name in line.split(", ")]


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_has_a_section_of_the_runbook(stack: str) -> None:
    for name, alarm in alarms(declared(stack)).items():
        assert name in sections()
        if "Runbook" in alarm["alarmDescription"]:
            assert alarm["alarmDescription"].endswith(f"Runbook: {name}")


def test_every_section_of_the_runbook_is_about_an_alarm() -> None:
    known = alarms(declared("prod")) | alarms(fronted())
    assert sorted(sections()) == sorted(known)


def test_links_within_the_runbook_lead_somewhere() -> None:
    titles = re.findall(r"^##+ (.+)$", RUNBOOK, re.M)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_silence_is_an_alarm_where_traffic_is_expected() -> None:
    assert "api-quiet" not in alarms(declared("dev"))
    quiet = alarms(switched())["api-quiet"]
    assert (quiet["comparisonOperator"], quiet["threshold"]) == ("LessThanThreshold", 5)
    assert (quiet["treatMissingData"], quiet["period"]) == ("breaching", 3600)


def test_an_old_key_is_an_alarm_where_an_age_is_set() -> None:
    assert "key-age" not in alarms(declared("dev"))
    age = alarms(switched())["key-age"]
    assert (age["threshold"], age["treatMissingData"]) == (90, "breaching")
    assert age["dimensions"] == {"prefix": "fraud-dev"}


def test_busy_executions_are_watched_where_some_are_reserved() -> None:
    assert alarms(declared("dev"))["function-concurrency"]["threshold"] == 4
    assert "function-concurrency" not in alarms(switched())


@pytest.mark.parametrize("stack", STACKS)
def test_each_client_is_watched_against_its_quota(stack: str) -> None:
    graph = declared(stack)
    quotas = {p["inputs"]["name"]: p["inputs"]["quotaSettings"]["limit"] for p in of_type(graph, "UsagePlan")}
    for plan, quota in quotas.items():
        client = plan.removeprefix(f"fraud-{stack}-")
        alarm = alarms(graph)[f"quota-{client}"]
        assert alarm["threshold"] == quota * 0.8
        counted = next(r for r in of_type(graph, "LogMetricFilter") if name_of(r) == f"api-{client}")[
            "inputs"
        ]
        assert counted["metricTransformation"]["name"] == alarm["metricName"]
        assert counted["metricTransformation"]["namespace"] == alarm["namespace"]
    assert alarms(switched())["quota-checkout"]["threshold"] == 500


def test_a_second_key_shares_the_plan_and_the_count() -> None:
    graph = switched()
    keys = {name_of(r): r["id"] for r in of_type(graph, "ApiKey")}
    assert set(keys) == {"api-checkout", "api-checkout-2026-12"}
    plans = {r["inputs"]["usagePlanId"] for r in of_type(graph, "UsagePlanKey")}
    assert len(of_type(graph, "UsagePlanKey")) == 2
    assert len(plans) == 1
    pattern = inputs(graph, "LogMetricFilter")["pattern"]
    assert all(f'$.apiKeyId = "{key}"' in pattern for key in keys.values())
    assert set(graph.exports["keyIds"]) == {"checkout", "checkout-2026-12"}
    (only,) = of_type(declared("dev"), "ApiKey")
    assert name_of(only) == "api-checkout"


@pytest.mark.parametrize("stack", STACKS)
def test_queries_and_rankings_ask_logs_of_the_stack(stack: str) -> None:
    graph = declared(stack)
    groups = {r["inputs"]["name"] for r in of_type(graph, "LogGroup")}
    asked = [group for r in of_type(graph, "QueryDefinition") for group in r["inputs"]["logGroupNames"]]
    rules = [json.loads(r["inputs"]["ruleDefinition"]) for r in of_type(graph, "ContributorInsightRule")]
    assert len(asked) >= 10
    assert len(rules) == (3 if stack == "prod" else 0)
    assert {*asked, *(group for rule in rules for group in rule["LogGroupNames"])} <= groups


def test_rankings_are_off_by_default() -> None:
    assert of_type(declared("dev"), "ContributorInsightRule") == []
    assert len(of_type(switched(), "ContributorInsightRule")) == 3


@pytest.mark.parametrize("stack", STACKS)
def test_the_dashboard_shows_every_alarm_and_nothing_twice_in_a_place(stack: str) -> None:
    graph = declared(stack)
    widgets = json.loads(inputs(graph, "Dashboard")["dashboardBody"])["widgets"]
    titles = [widget["properties"].get("title", "") for widget in widgets]
    # A client's key has no id before the first update, and the page is known before it.
    apart = {name for name in alarms(graph) if re.match(r"[a-z]+-(drift|share)-", name)}
    assert len(apart) == (8 if stack == "prod" else 0)
    assert set(alarms(graph)) - apart - {"endpoint-errors", "endpoint-latency"} <= set(titles)
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        taken |= cells
        assert widget["x"] + widget["width"] <= 24
    headings = [w["properties"]["markdown"] for w in widgets if w["type"] == "text"]
    assert headings[:4] == ["## Firewall", "## API", "## Function", "## Endpoint"]


def test_the_function_is_rolled_out_in_steps_where_asked() -> None:
    assert of_type(declared("dev"), "DeploymentGroup") == []
    assert not [r for r in of_type(declared("dev"), "Alias") if r.get("ignoreChanges")]
    graph = switched()
    group = inputs(graph, "DeploymentGroup")
    assert group["deploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert group["autoRollbackConfiguration"]["events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
    guards = {f"fraud-dev-{name}" for name in ("function-errors", "function-duration", "api-5xx")}
    assert set(group["alarmConfiguration"]["alarms"]) == guards
    ignored = [r["ignoreChanges"] for r in of_type(graph, "Alias") if r.get("ignoreChanges")]
    assert ignored == [["functionVersion", "routingConfig"]]
    output = graph.exports["function"]
    assert (output["name"], output["alias"]) == ("fraud-dev-score", "live")
