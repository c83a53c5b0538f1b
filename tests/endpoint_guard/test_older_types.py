"""Programs of earlier versions of the provider, and values that a preview knows in part: the same rules hold."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from endpoint_guard import older
from endpoint_guard import types as t

from tests.endpoint_guard.guard_process import Pack
from tests.endpoint_guard.items import Item, Ref, allow, document

V2: Final = "aws:s3/bucketV2:BucketV2"


def _said(pack: Pack, *items: Item, preview: bool = False) -> set[tuple[str, str]]:
    pack.configure()
    return {(found.rule, found.resource) for found in pack.judge(list(items), preview=preview)}


@pytest.mark.parametrize(
    ("token", "now"),
    [
        (V2, t.BUCKET),
        ("aws:s3/bucketVersioningV2:BucketVersioningV2", t.BUCKET_VERSIONING),
        ("aws:s3/bucketAclV2:BucketAclV2", t.BUCKET_ACL),
        ("aws:alb/listener:Listener", t.LISTENER),
        ("aws:elasticloadbalancing/loadBalancer:LoadBalancer", t.CLASSIC_BALANCER),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObjectv2:BucketObjectv2"),
        ("aws:apigatewayv2/api:Api", "aws:apigatewayv2/api:Api"),
        ("aws:wafv2/webAcl:WebAcl", t.WEB_ACL),
    ],
)
def test_older_names_of_types(token: str, now: str) -> None:
    assert older.current(token) == now


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_bucket_v2_is_a_bucket(pack: Pack, preview: bool) -> None:
    bare = _said(pack, Item(V2, "old", {"acl": "public-read"}), preview=preview)
    assert {("bucket-no-acls", "old"), ("bucket-versioned", "old"), ("bucket-tls-only", "old")} <= bare
    settled = _said(
        pack,
        Item(V2, "old", {"forceDestroy": False}),
        Item(
            "aws:s3/bucketVersioningV2:BucketVersioningV2",
            "kept",
            {"bucket": Ref("old", "bucket"), "versioningConfiguration": {"status": "Enabled"}},
        ),
        preview=preview,
    )
    assert ("bucket-versioned", "old") not in settled
    assert ("no-legacy-buckets", "old") in settled


def test_blocks_of_a_bucket_v2_stand_in_lists() -> None:
    rule: Any = {
        "applyServerSideEncryptionByDefaults": [{"sseAlgorithm": "aws:kms"}],
        "bucketKeyEnabled": True,
    }
    given = {"serverSideEncryptionConfigurations": [{"rules": [rule]}], "versionings": [], "tags": {"a": "b"}}
    assert older.reshaped(V2, given) == {
        "serverSideEncryptionConfiguration": {
            "rule": {
                "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                "bucketKeyEnabled": True,
            }
        },
        "versioning": None,
        "tags": {"a": "b"},
    }


def test_an_unknown_within_a_document_is_unknown(pack: Pack) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    said = _said(pack, Item(t.ROLE_POLICY, "passes", {"role": "r", "policy": policy}), preview=True)
    assert ("actions-fit-resources", "passes") not in said


def test_a_queue_that_is_not_made_yet_keeps_its_own_dead_letters(pack: Pack) -> None:
    mapping = Item(t.EVENT_SOURCE, "reads", {"eventSourceArn": Ref("queue", "arn"), "functionName": "f"})
    said = _said(pack, Item(t.QUEUE, "queue", {}), mapping, preview=True)
    assert ("events-not-lost", "reads") not in said
    stream = Item(t.EVENT_SOURCE, "reads", {"eventSourceArn": Ref("cards", "arn"), "functionName": "f"})
    assert ("events-not-lost", "reads") in _said(pack, Item(t.DATA_STREAM, "cards", {}), stream, preview=True)


@pytest.mark.parametrize(
    ("action", "resource", "rules"),
    [
        ("s3:*", "arn:aws:s3:::b/*", {"iam-no-service-wildcard"}),
        ("s3:Get*", "arn:aws:s3:::b/*", {"iam-actions-listed"}),
        ("ec2:Describe*", "*", {"iam-actions-listed"}),
        ("rekognition:DetectLabels", "*", set()),
        ("ec2:RunInstances", "*", {"iam-resources-named"}),
    ],
)
def test_wildcards_of_a_service_and_of_a_family(
    pack: Pack, action: str, resource: str, rules: set[str]
) -> None:
    item = Item(t.ROLE_POLICY, "rights", {"role": "r", "policy": document(allow(action, resource))})
    about = {"iam-no-service-wildcard", "iam-actions-listed", "iam-resources-named"}
    assert {rule for rule, _ in _said(pack, item)} & about == rules


def test_a_public_repository_is_told(pack: Pack) -> None:
    item = Item(t.PUBLIC_REPOSITORY, "gallery", {"repositoryName": "gallery"})
    assert ("images-not-public", "gallery") in _said(pack, item)


def test_subnets_outside_the_stack_count(pack: Pack) -> None:
    props = {"vpcEndpointType": "Interface", "serviceName": "com.amazonaws.us-east-1.ssm", "vpcId": "vpc-1"}
    two = Item(t.VPC_ENDPOINT, "ssm", {**props, "subnetIds": ["subnet-1", "subnet-2"]})
    one = Item(t.VPC_ENDPOINT, "ssm", {**props, "subnetIds": ["subnet-1", "subnet-1"]})
    assert ("vpc-endpoint-in-zones", "ssm") not in _said(pack, two)
    assert ("vpc-endpoint-in-zones", "ssm") in _said(pack, one)


def test_only_services_that_the_stack_uses_need_an_endpoint(pack: Pack) -> None:
    network = [
        Item(t.VPC, "net", {"cidrBlock": "10.0.0.0/16"}),
        Item(t.SUBNET, "inner", {"vpcId": Ref("net", "id"), "cidrBlock": "10.0.1.0/24"}),
        Item(t.FUNCTION, "asks", {"role": "r", "vpcConfig": {"subnetIds": [Ref("inner", "id")]}}),
    ]
    assert ("private-path-to-services", "net") not in _said(pack, *network)
    assert ("private-path-to-services", "net") in _said(pack, *network, Item(t.BUCKET, "store", {}))
