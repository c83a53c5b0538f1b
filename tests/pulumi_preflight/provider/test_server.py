"""The local provider over gRPC, called as the engine calls it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import UNKNOWN, whole_numbers
from pulumi_preflight.provider.server import serve

BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
FUNCTION = "aws:lambda/function:Function"


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:dev::sample::sample:index:Parent${token}::{name}"


def struct(values: dict[str, Any]) -> Any:
    return json_format.ParseDict(values, struct_pb2.Struct())


def plain(message: Any) -> dict[str, Any]:
    values: dict[str, Any] = whole_numbers(json_format.MessageToDict(message))
    return values


class Engine:
    """The calls of the engine, with plain values."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, **settings: Any) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(settings)))

    def check(self, token: str, inputs: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(
            urn=urn(token), news=struct(inputs), olds=struct(old or {}), randomSeed=b"seed"
        )
        answer = self.stub.Check(request)
        assert not answer.failures, answer.failures
        return plain(answer.inputs)

    def create(self, token: str, inputs: dict[str, Any], *, name: str = "it", preview: bool = False) -> Any:
        request = provider_pb2.CreateRequest(urn=urn(token, name), properties=struct(inputs), preview=preview)
        return self.stub.Create(request)

    def diff(self, token: str, old: dict[str, Any], new: dict[str, Any]) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(urn=urn(token), old_inputs=struct(old), news=struct(new))
        )

    def delete(self, token: str, made: Any) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(token), id=made.id, properties=made.properties))

    def read(self, token: str, id_: str) -> Any:
        return self.stub.Read(provider_pb2.ReadRequest(urn=urn(token), id=id_))


@contextmanager
def running(**options: Any) -> Iterator[Engine]:
    server, port = serve(**options)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Engine(channel)
    server.stop(grace=None).wait()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running() as it:
        it.configure(region="eu-west-1", defaultTags='{"tags": {"Team": "a"}}')
        yield it


def test_it_greets_the_engine(engine: Engine) -> None:
    assert engine.stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
    engine.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    assert engine.stub.GetPluginInfo(empty_pb2.Empty()).version


def test_check_names_and_completes(engine: Engine) -> None:
    checked = engine.check(BUCKET, {"tags": {"A": "b"}})
    assert checked["bucket"].startswith("it-")
    assert len(checked["bucket"]) == len("it-") + 7
    assert checked["forceDestroy"] is False
    assert checked["__defaults"] == ["bucket", "forceDestroy"]
    again = engine.check(BUCKET, {"tags": {"A": "c"}}, old={**checked, "bucket": "it-0000000"})
    assert again["bucket"] == "it-0000000"
    assert engine.check(BUCKET, {"bucket": "mine"}, old=checked)["bucket"] == "mine"


def test_a_rate_rule_counts_by_address_in_five_minutes_unless_it_says_otherwise(engine: Engine) -> None:
    """The provider's own defaults, several blocks deep."""
    statement = {"rateBasedStatement": {"limit": 100}}
    rule = {"name": "a", "priority": 1, "statement": statement, "visibilityConfig": {}}
    given = {"defaultAction": {"allow": {}}, "scope": "REGIONAL", "visibilityConfig": {}, "rules": [rule]}
    (made,) = plain(engine.create("aws:wafv2/webAcl:WebAcl", given).properties)["rules"]
    rate = made["statement"]["rateBasedStatement"]
    assert (rate["aggregateKeyType"], rate["evaluationWindowSec"]) == ("IP", 300)


def test_check_tells_what_is_missing_and_what_is_unknown(engine: Engine) -> None:
    request = provider_pb2.CheckRequest(urn=urn(FUNCTION), news=struct({"memory": 1}))
    found = {failure.property: failure.reason for failure in engine.stub.Check(request).failures}
    assert found.keys() == {"role", "memory"}
    assert "Missing required argument" in found["role"]


def test_a_preview_creates_nothing(engine: Engine) -> None:
    ahead = engine.create(BUCKET, {"bucket": "mine"}, preview=True)
    outputs = plain(ahead.properties)
    assert ahead.id == ""
    assert (outputs["bucket"], outputs["arn"], outputs["tagsAll"]) == ("mine", UNKNOWN, {"Team": "a"})
    assert engine.read(BUCKET, "mine").id == ""


def test_create_read_update_delete(engine: Engine) -> None:
    made = engine.create(BUCKET, {"bucket": "mine"})
    outputs = plain(made.properties)
    assert (made.id, outputs["arn"], outputs["region"]) == ("mine", "arn:aws:s3:::mine", "eu-west-1")
    assert plain(engine.read(BUCKET, "mine").properties) == outputs
    answer = engine.stub.Update(
        provider_pb2.UpdateRequest(
            urn=urn(BUCKET),
            id="mine",
            olds=made.properties,
            old_inputs=struct({"bucket": "mine"}),
            news=struct({"bucket": "mine", "forceDestroy": True}),
        )
    )
    assert plain(answer.properties) == {**outputs, "forceDestroy": True}
    assert plain(engine.read(BUCKET, "mine").properties)["forceDestroy"] is True
    engine.delete(BUCKET, made)
    assert engine.read(BUCKET, "mine").id == ""


def test_two_of_a_kind_have_ids_of_their_own(engine: Engine) -> None:
    first, second = (engine.create("aws:kms/key:Key", {}) for _ in range(2))
    assert first.id != second.id


@pytest.mark.parametrize(
    ("token", "old", "new", "changes", "replaces"),
    [
        (BUCKET, {"bucket": "a"}, {"bucket": "a"}, [], []),
        (BUCKET, {"bucket": "a"}, {"bucket": "b"}, ["bucket"], ["bucket"]),
        (FUNCTION, {"memorySize": 128}, {"memorySize": 256}, ["memorySize"], []),
        (FUNCTION, {"name": "a"}, {"name": "b"}, ["name"], ["name"]),
        (FUNCTION, {"role": UNKNOWN}, {"role": "r"}, ["role"], []),
        ("aws:iam/role:Role", {"assumeRolePolicy": '{"a": 1}'}, {"assumeRolePolicy": '{"a":1}'}, [], []),
        ("aws:sns/topic:Topic", {"kmsMasterKeyId": "k"}, {}, ["kmsMasterKeyId"], []),
        (
            "aws:apigateway/deployment:Deployment",
            {"triggers": {"a": "1"}},
            {"triggers": {"a": "2"}},
            ["triggers"],
            ["triggers"],
        ),
        (
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            {"productionVariants": [{"modelName": "a", "instanceType": "ml.m5.large"}]},
            {"productionVariants": [{"modelName": "a", "instanceType": "ml.m5.xlarge"}]},
            ["productionVariants"],
            ["productionVariants"],
        ),
    ],
)
def test_diff(
    engine: Engine,
    token: str,
    old: dict[str, Any],
    new: dict[str, Any],
    changes: list[str],
    replaces: list[str],
) -> None:
    answer = engine.diff(token, old, new)
    assert (list(answer.diffs), list(answer.replaces)) == (changes, replaces)
    assert answer.changes == (answer.DIFF_SOME if changes else answer.DIFF_NONE)


def test_a_bucket_with_objects_stays(engine: Engine) -> None:
    bucket = engine.create(BUCKET, {"bucket": "mine"})
    thing = engine.create(OBJECT, {"bucket": "mine", "key": "k"})
    with pytest.raises(grpc.RpcError, match="BucketNotEmpty"):
        engine.delete(BUCKET, bucket)
    engine.delete(OBJECT, thing)
    engine.delete(BUCKET, bucket)


def test_an_ordered_failure_comes_once() -> None:
    with running(fail={"broken", f"{BUCKET}::other"}) as engine:
        for name in ("broken", "other"):
            engine.create(OBJECT, {"bucket": "b", "key": "k"}, name="other")
            with pytest.raises(grpc.RpcError, match="was ordered"):
                engine.create(BUCKET, {"bucket": "b"}, name=name)
            assert engine.create(BUCKET, {"bucket": "b"}, name=name).id == "b"


def test_an_ordered_hang_lasts_until_it_is_cancelled() -> None:
    with running(hang={"slow"}) as engine:
        failures: list[grpc.RpcError] = []

        def create() -> None:
            try:
                engine.create(BUCKET, {"bucket": "b"}, name="slow")
            except grpc.RpcError as error:
                failures.append(error)

        thread = threading.Thread(target=create)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        engine.stub.Cancel(empty_pb2.Empty())
        thread.join(30)
        assert "canceled" in str(failures[0])


def test_a_state_file_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "made.json"
    with running(state=file) as engine:
        made = engine.create("aws:kms/key:Key", {"description": "d"})
    with running(state=file) as engine:
        assert plain(engine.read("aws:kms/key:Key", made.id).properties)["description"] == "d"
        assert engine.create("aws:kms/key:Key", {"description": "d"}).id != made.id
    file.write_text("[]")
    with pytest.raises(UserError, match=r"made\.json is not a state file"):
        serve(state=file)
    with pytest.raises(UserError, match=r"made\.json is a file, not a folder"):
        serve(state=file / "below.json")


def test_functions_are_answered(engine: Engine) -> None:
    answer = engine.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion"))
    assert plain(getattr(answer, "return"))["region"] == "eu-west-1"
    with pytest.raises(grpc.RpcError, match="getAmi"):
        engine.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:ec2/getAmi:getAmi"))


def test_a_bucket_of_the_older_type_is_named_as_a_bucket_is(engine: Engine) -> None:
    made = plain(engine.create("aws:s3/bucketV2:BucketV2", {"bucket": "scores"}).properties)

    assert made["arn"] == "arn:aws:s3:::scores"
    assert made["bucketRegionalDomainName"].startswith("scores.s3.")


def test_a_policy_that_is_given_as_a_document_comes_back_as_json(engine: Engine) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}

    made = plain(engine.create("aws:iam/policy:Policy", {"policy": document}).properties)

    assert json.loads(made["policy"]) == document
