"""A name of one's own and a front door: the graph with and without them, and what the pack says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi_preflight.check import check
from pulumi_preflight.graph import SECRET as SECRET_SIGNATURE
from pulumi_preflight.graph import SIGNATURE, Graph, map_secrets, reveal

from tests.components.recorded import inputs, of_type, statements
from tests.components.switched import CERTIFICATE, HOST, PREVIOUS, SECRET, ZONE, fronted, named
from tests.components.test_watching import sections
from tests.harness import FORMS, PROJECT, STACKS, Form, declared, name_of, one

OPTIONAL = ("acm/", "cloudfront/", "route53/", "shield/", "ecr/")


@pytest.mark.parametrize("stack", STACKS)
def test_without_the_settings_there_is_no_name_and_no_front_door(stack: str) -> None:
    graph = declared(stack)
    types = [r["type"].removeprefix("aws:") for r in graph.resources]
    assert not [type_ for type_ in types if type_.startswith(OPTIONAL)]
    assert of_type(graph, "DomainName") == of_type(graph, "BasePathMapping") == []
    assert "disableExecuteApiEndpoint" not in inputs(graph, "RestApi")
    assert "shadowProductionVariants" not in inputs(graph, "EndpointConfiguration")
    assert [name_of(acl) for acl in of_type(graph, "WebAcl")] == ["firewall"]
    assert graph.exports["training"] == {}


@pytest.mark.parametrize("graph", [named, fronted])
def test_the_name_serves_the_stage_at_its_root_and_the_default_host_is_closed(graph: Any) -> None:
    declared_ = graph()
    assert inputs(declared_, "RestApi")["disableExecuteApiEndpoint"] is True
    (mapping,) = of_type(declared_, "BasePathMapping")
    assert "basePath" not in mapping["inputs"]
    assert mapping["inputs"]["stageName"] == inputs(declared_, "Stage")["stageName"]
    assert inputs(declared_, "DomainName")["domainName"] == HOST
    assert declared_.exports["url"] == f"https://{HOST}/score"


def test_closing_the_default_host_redeploys_the_api() -> None:
    assert inputs(named(), "Deployment")["triggers"] != inputs(declared("staging"), "Deployment")["triggers"]


def test_callers_with_certificates_are_held_to_a_pinned_truststore() -> None:
    graph = named()
    name = inputs(graph, "DomainName")
    assert name["regionalCertificateArn"] == CERTIFICATE
    assert name["securityPolicy"] == "TLS_1_2"  # AWS takes no other one beside mutual TLS
    stored = one(graph, "BucketObjectv2", "name-truststore")
    mutual = name["mutualTlsAuthentication"]
    assert mutual["truststoreUri"].endswith(f"/{stored['inputs']['key']}")
    assert mutual["truststoreVersion"] == stored["outputs"]["versionId"]
    assert stored["urn"] in one(graph, "DomainName")["propertyDependencies"]["mutualTlsAuthentication"]
    assert of_type(graph, "Record") == of_type(graph, "Certificate") == []


def test_a_certificate_is_made_and_proven_in_the_zone() -> None:
    graph = fronted()
    assert {r["inputs"]["domainName"] for r in of_type(graph, "Certificate")} == {HOST}
    proof, name = of_type(graph, "Record")
    assert {r["inputs"]["zoneId"] for r in (proof, name)} == {ZONE}
    assert (name["inputs"]["name"], name["inputs"]["type"]) == (HOST, "A")
    distribution = one(graph, "Distribution")
    assert name["inputs"]["aliases"][0]["name"] == distribution["outputs"]["domainName"]
    used = [*one(graph, "DomainName")["propertyDependencies"]["regionalCertificateArn"]]
    used += distribution["propertyDependencies"]["viewerCertificate"]
    assert all("certificateValidation:CertificateValidation" in urn for urn in used)


def test_the_distribution_speaks_modern_tls_caches_nothing_and_keeps_the_signed_request() -> None:
    made = inputs(fronted(), "Distribution")
    assert made["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    behavior = made["defaultCacheBehavior"]
    assert behavior["viewerProtocolPolicy"] == "https-only"
    assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
    assert behavior["originRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"  # AllViewer
    (origin,) = reveal(made["origins"])
    assert origin["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert origin["domainName"] == one(fronted(), "DomainName")["outputs"]["regionalDomainName"]


def test_the_apis_firewall_asks_for_the_header_that_the_distribution_sends() -> None:
    graph = fronted()
    ((header,),) = [origin["customHeaders"] for origin in reveal(inputs(graph, "Distribution"))["origins"]]
    assert header == {"name": "x-origin-verify", "value": SECRET}
    rule = reveal(inputs(graph, "WebAcl", "firewall"))["rules"][0]
    assert (rule["name"], rule["priority"], rule["action"]) == ("origin", 0, {"block": {}})
    accepted = rule["statement"]["notStatement"]["statement"]["orStatement"]["statements"]
    assert [one_["byteMatchStatement"]["searchString"] for one_ in accepted] == [SECRET, PREVIOUS]
    assert {one_["byteMatchStatement"]["positionalConstraint"] for one_ in accepted} == {"EXACTLY"}
    hidden = json.dumps(inputs(graph, "WebAclLoggingConfiguration", "firewall")["redactedFields"])
    assert "x-origin-verify" in hidden
    assert "origin" not in [r["name"] for r in inputs(declared("prod"), "WebAcl")["rules"]]


def test_the_header_is_a_secret_wherever_it_stands() -> None:
    for resource in fronted().resources:
        clear = json.dumps(map_secrets(resource["inputs"], lambda value: None))
        assert SECRET not in clear, resource["urn"]
        assert PREVIOUS not in clear, resource["urn"]
    rules = inputs(fronted(), "WebAcl", "firewall")["rules"]
    assert f'"{SIGNATURE}": "{SECRET_SIGNATURE}"' in json.dumps(rules)


def test_callers_are_counted_where_their_addresses_are_seen() -> None:
    def limit(acl: str) -> int:
        rules = {rule["name"]: rule for rule in reveal(inputs(fronted(), "WebAcl", acl))["rules"]}
        return int(rules["rate-limit"]["statement"]["rateBasedStatement"]["limit"])

    assert limit("door") == 1000
    assert limit("firewall") == 50 * 300
    behind = json.dumps(reveal(inputs(fronted(), "WebAcl", "firewall"))["rules"])
    assert behind.count('"position": "LAST"') == 2
    assert "position" not in json.dumps(inputs(fronted(), "WebAcl", "door")["rules"])


def test_the_edge_lies_in_us_east_1_and_writes_encrypted_logs() -> None:
    graph = fronted()
    below = [r for r in graph.resources if "FrontDoor" in r["urn"] and r["type"].startswith("aws:")]
    regional = [
        r for r in below if r["type"].split("/")[0] in ("aws:wafv2", "aws:kms", "aws:cloudwatch", "aws:sns")
    ]
    assert len(regional) >= 14
    assert {r["inputs"].get("region") for r in regional} == {"us-east-1"}
    outside = [r for r in graph.resources if r not in below and r["inputs"].get("region")]
    assert [r["type"] for r in outside if r["type"].startswith("aws:")] == []
    assert inputs(graph, "WebAcl", "door")["scope"] == "CLOUDFRONT"
    source = inputs(graph, "LogDeliverySource")
    assert source["resourceArn"] == one(graph, "Distribution")["outputs"]["arn"]
    fields = inputs(graph, "LogDelivery")["recordFields"]
    assert not {"cs-uri-stem", "cs-uri-query", "cs(Cookie)", "cs(Referer)"} & set(fields)
    groups = {r["inputs"]["name"]: r for r in of_type(graph, "LogGroup") if "FrontDoor" in r["urn"]}
    assert set(groups) == {"aws-waf-logs-fraud-prod-edge", "/aws/cloudfront/fraud-prod-edge/access"}
    by_sid = {s["Sid"]: s for s in statements(inputs(graph, "Key", "door")["policy"])}
    encrypted = str(by_sid["Logs"]["Condition"])
    assert all(f":log-group:{name}'" in encrypted for name in groups)


def test_every_alarm_of_the_edge_has_a_section_of_the_runbook_and_reaches_someone() -> None:
    alarms = [r for r in of_type(fronted(), "MetricAlarm") if "FrontDoor" in r["urn"]]
    names = {r["inputs"]["name"].removeprefix("fraud-prod-") for r in alarms}
    assert names == {"edge-5xx", "edge-blocked", "edge-attack"}
    assert names <= set(sections())
    for alarm in alarms:
        assert alarm["inputs"]["alarmActions"] == [one(fronted(), "Topic", "edge-alarms")["outputs"]["arn"]]


def test_shield_advanced_is_bought_only_on_demand_and_outlives_the_stack() -> None:
    bought = one(fronted(), "Subscription")
    assert bought["inputs"] == {"autoRenew": "DISABLED", "skipDestroy": True}
    assert bought["retainOnDelete"] is True
    protected = one(fronted(), "Protection")
    assert protected["inputs"]["resourceArn"] == one(fronted(), "Distribution")["outputs"]["arn"]
    assert bought["urn"] in protected["dependencies"]


def test_the_image_has_the_tag_that_is_set() -> None:
    images = [
        inputs(g, "Model", "model")["primaryContainer"]["image"] for g in (declared("staging"), named())
    ]
    assert [image.rpartition(":")[2] for image in images] == ["1.9-0-cpu-py3", "1.9-1-cpu-py3"]


def test_a_shadow_gets_its_share_of_requests_and_its_own_model() -> None:
    graph = fronted()
    configuration = inputs(graph, "EndpointConfiguration")
    (primary,), (shadow,) = configuration["productionVariants"], configuration["shadowProductionVariants"]
    assert (primary["initialVariantWeight"], shadow["initialVariantWeight"]) == (1, 0.2)
    assert (primary["initialInstanceCount"], shadow["initialInstanceCount"]) == (2, 3)
    models = {
        r["inputs"]["primaryContainer"]["modelDataUrl"]
        for r in of_type(graph, "Model")
        if "sagemaker" in r["type"]
    }
    assert shadow["modelName"] != primary["modelName"]
    assert all("/models/" in url for url in models)
    (target,) = of_type(graph, "Target")
    assert target["inputs"]["resourceId"].endswith("/variant/primary")


def test_training_jobs_have_a_role_a_bucket_a_key_and_images_of_their_own() -> None:
    graph = fronted()
    told = graph.exports["training"]
    assert set(told) == {"role", "bucket", "key", "repository", "region", "prefix"}
    images = inputs(graph, "Repository")
    assert images["imageTagMutability"] == "IMMUTABLE"
    assert images["imageScanningConfiguration"] == {"scanOnPush": True}
    assert images["encryptionConfigurations"][0]["encryptionType"] == "KMS"
    granted = {s["Sid"]: s for s in statements(inputs(graph, "RolePolicy", "job")["policy"])}
    assert granted["ReadData"]["Resource"] == f"arn:aws:s3:::{told['bucket']}/data/*"
    assert granted["WriteModel"]["Resource"] == f"arn:aws:s3:::{told['bucket']}/jobs/*"
    assert "sagemaker:InvokeEndpoint" not in json.dumps(list(granted.values()))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("graph", [named, fronted])
def test_the_pack_has_nothing_against_it(graph: Any, form: Form) -> None:
    result = check(graph(form), PROJECT / "policies")
    told = {(f.kind, f.rule, f.level) for f in result.findings if f.kind != "exempted"}
    assert told <= {
        ("violation", "model-trained-on-data", "advisory"),
        ("unread_types", "unread-types", "advisory"),
    }


def without_rule(graph: Graph, rule: str) -> Graph:
    import copy
    from dataclasses import replace

    resources = copy.deepcopy(list(graph.resources))
    for resource in resources:
        if name_of(resource) == "firewall" and resource["type"].endswith(":WebAcl"):
            for side in ("inputs", "outputs"):
                resource[side]["rules"] = [r for r in reveal(resource[side]["rules"]) if r["name"] != rule]
    return replace(graph, resources=resources)


def test_the_pack_refuses_a_front_door_that_can_be_walked_around() -> None:
    found = check(without_rule(fronted(), "origin"), PROJECT / "policies").findings
    assert ("firewall-rate-rule", "firewall") in {(f.rule, f.resource) for f in found if f.blocking}
