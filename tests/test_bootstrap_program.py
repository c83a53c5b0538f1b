"""The bootstrap program: what the pack's general profile says of it, and whom its roles trust."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from pulumi_preflight.check import check
from pulumi_preflight.graph import Graph
from pulumi_preflight.program import evaluate

from preflight.deployer import policies
from tests.harness import PROJECT, declared, one

ACCOUNT = "123456789012"
PACK = PROJECT / "bootstrap" / "policies"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    project = tmp_path_factory.mktemp("bootstrap")
    shutil.copytree(PROJECT / "bootstrap", project, dirs_exist_ok=True)
    written = policies(declared("prod"), ACCOUNT, "us-east-1")
    (project / "prod.json").write_text(json.dumps(written))
    (project / "Pulumi.account.yaml").write_text(
        f'config:\n  aws:region: us-east-1\n  aws:allowedAccountIds: ["{ACCOUNT}"]\n'
        "  fraud-bootstrap:repository: payments/fraud\n  fraud-bootstrap:stacks: [prod]\n"
        "  fraud-bootstrap:trainingData: s3://lake/cards\n"
    )
    return evaluate("account", project=project)


def test_the_general_profile_has_nothing_mandatory_against_it(graph: Graph) -> None:
    found = check(graph, PACK).findings
    assert [(f.rule, f.resource, f.message) for f in found if f.blocking] == []
    assert {re.sub(r"-\d$", "", f.resource) for f in found if f.kind == "exempted"} == {
        "fraud-prod-deployer",
        "fraud-prod-keys",
    }


def test_each_role_trusts_one_environment_of_one_repository(graph: Graph) -> None:
    subjects = {}
    for role in graph.by_type("aws:iam/role:Role"):
        (statement,) = json.loads(role["inputs"]["assumeRolePolicy"])["Statement"]
        subjects[role["inputs"]["name"]] = statement["Condition"]["StringEquals"][
            "token.actions.githubusercontent.com:sub"
        ]
    assert subjects == {
        "fraud-prod-deploy": "repo:payments/fraud:environment:prod",
        "fraud-prod-keys": "repo:payments/fraud:environment:prod-keys",
        "fraud-prod-preview": "repo:payments/fraud:environment:prod-preview",
    }


def test_who_deploys_reads_the_training_data_and_who_watches_keys_nothing_else(graph: Graph) -> None:
    data = json.loads(one(graph, "RolePolicy", "fraud-prod-deploy-data")["inputs"]["policy"])
    assert [s["Resource"] for s in data["Statement"]] == ["arn:aws:s3:::lake", "arn:aws:s3:::lake/cards/*"]
    keys = json.loads(one(graph, "RolePolicy", "fraud-prod-keys")["inputs"]["policy"])
    assert [s["Action"] for s in keys["Statement"]] == ["apigateway:GET", "cloudwatch:PutMetricData"]


def test_the_state_is_kept_whatever_happens(graph: Graph) -> None:
    for kind in ("Bucket", "Key"):
        assert one(graph, kind, "state")["protect"] is True
    versions = one(graph, "BucketVersioning", "state")["inputs"]
    assert versions["versioningConfiguration"]["status"] == "Enabled"
