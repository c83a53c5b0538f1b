"""A stack behind a front door: what callers of the local server meet, and what the API's own firewall adds."""

from __future__ import annotations

import pytest
from pulumi_preflight.graph import reveal

from localaws import tokens
from localaws.declared import read
from localaws.firewall.acl import Source, WebAcl
from localaws.firewall.fields import Sighting
from tests.components.recorded import inputs
from tests.components.switched import PREVIOUS, SECRET, fronted
from tests.harness import PROJECT, one
from tests.pulumi_preflight.hardened import BROWSER


def test_callers_meet_the_firewall_of_the_distribution_and_the_model_that_answers() -> None:
    served = read(fronted(), PROJECT)
    assert served.firewall is not None
    assert served.firewall.source.acl["name"] == "fraud-prod-edge-firewall"
    assert served.firewall.log_group == "aws-waf-logs-fraud-prod-edge"
    (primary,) = inputs(fronted(), "EndpointConfiguration")["productionVariants"]
    answering = one(fronted(), "aws:sagemaker/model:Model", "model")
    assert primary["modelName"] == answering["outputs"]["name"]
    container = answering["inputs"]["primaryContainer"]
    assert served.container.environment["MODEL_SHA256"] == container["environment"]["MODEL_SHA256"]


@pytest.mark.parametrize(
    ("header", "passes"), [(None, False), ("guess", False), (SECRET, True), (PREVIOUS, True)]
)
def test_the_apis_own_firewall_lets_in_the_distribution_alone(header: str | None, passes: bool) -> None:
    graph = fronted()
    sets = {item["outputs"]["arn"]: item["inputs"]["addresses"] for item in graph.by_type(tokens.IP_SET)}
    acl = WebAcl(Source(reveal(inputs(graph, "WebAcl", "firewall")), "123456789012", sets))
    headers = [("user-agent", BROWSER), ("content-type", "application/json")]
    headers += [("x-origin-verify", header)] if header else []
    verdict = acl.judge(Sighting("POST", "/score", "", headers, "{}", 2, "203.0.113.7"))
    assert verdict.passed is passes
