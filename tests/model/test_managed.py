"""Managed training jobs, against botocore's stubs and an emulator: what is asked for, awaited and brought back."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from model.artifact import package
from model.artifact.archive import sha256_of
from model.artifact.package import Artifact
from model.artifact.source import ArtifactSource
from model.commands import container, managed
from model.decision import Choice
from model.errors import UserError

GROUND = managed.Ground(
    role="arn:aws:iam::123456789012:role/fraud-prod-training-job",
    bucket="fraud-prod-training-123456789012-us-east-1",
    key="arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-1111-2222-3333-444444444444",
    repository="123456789012.dkr.ecr.us-east-1.amazonaws.com/fraud-prod-training",
    region="us-east-1",
    prefix="fraud-prod-training",
)
JOB = "fraud-prod-training-boosted-1"
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{JOB}"


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def source(tmp_path: Path) -> ArtifactSource:
    return ArtifactSource(None, build_dir=tmp_path / "build", sample_rows=2000)


@pytest.fixture
def filed(tmp_path: Path) -> ArtifactSource:
    """A source with two files of data."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("fraudTrain.csv", "fraudTest.csv"):
        (data / name).write_text(f"{name}\n")
    return ArtifactSource(data, build_dir=tmp_path / "build")


def put_artifact(folder: Path) -> str:
    """What `package.find` accepts as a built artifact; the digest of its archive."""
    folder.mkdir(parents=True)
    (folder / "model.tar.gz").write_bytes(b"archive")
    card = {"version": "boosted-1"}
    (folder / "card.json").write_text(json.dumps(card))
    digests = {
        "sha256": sha256_of(folder / "model.tar.gz"),
        "card_sha256": sha256_of(folder / "card.json"),
    }
    (folder / "build.json").write_text(
        json.dumps({**digests, "model_sha256": "0" * 64, "version": "boosted-1"})
    )
    return digests["sha256"]


def asked(source: ArtifactSource, **order: Any) -> dict[str, Any]:
    """The request, which botocore has found valid against SageMaker's own model of it."""
    request = managed.request(GROUND, managed.Order("abc", **order), source, managed.arguments(source), JOB)
    sagemaker = client("sagemaker")
    with Stubber(sagemaker) as stub:
        stub.add_response("create_training_job", {"TrainingJobArn": ARN}, request)
        sagemaker.create_training_job(**request)
    return request


def test_a_job_has_no_network_and_encrypts_volume_and_output(source: ArtifactSource) -> None:
    request = asked(source)
    assert request["EnableNetworkIsolation"] is True
    assert request["EnableInterContainerTrafficEncryption"] is True
    assert (
        request["ResourceConfig"]["VolumeKmsKeyId"] == request["OutputDataConfig"]["KmsKeyId"] == GROUND.key
    )
    assert request["OutputDataConfig"]["S3OutputPath"] == f"s3://{GROUND.bucket}/jobs/"
    assert request["RoleArn"] == GROUND.role
    assert "InputDataConfig" not in request  # sample data are made where they are needed


def test_a_job_reads_the_data_of_its_digest(filed: ArtifactSource) -> None:
    (channel,) = asked(filed)["InputDataConfig"]
    uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri == f"s3://{GROUND.bucket}/data/{filed.digests['data']}/"


def test_spot_capacity_is_an_option_and_ends_too(source: ArtifactSource) -> None:
    assert asked(source)["EnableManagedSpotTraining"] is False
    spot = asked(source, spot=True, hours=2)
    assert spot["EnableManagedSpotTraining"] is True
    assert spot["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 7200}


def test_the_container_builds_from_the_same_source(
    source: ArtifactSource, tmp_path: Path, monkeypatch: Any
) -> None:
    """The arguments of the request, given to the command that the container runs."""
    built: list[ArtifactSource] = []

    def ensure(source: ArtifactSource, say: Any) -> Artifact:
        built.append(source)
        folder = source.build_dir / "models" / source.fingerprint
        put_artifact(folder)
        found = package.find(source)
        assert found is not None
        return found

    monkeypatch.setattr(container, "ensure", ensure)
    chosen = ArtifactSource(
        None,
        "forest",
        source.build_dir,
        sample_rows=3000,
        seed=7,
        decision=Choice("precision", precision=0.8, decline=0.9),
    )
    ordered = managed.request(GROUND, managed.Order("abc"), chosen, managed.arguments(chosen), JOB)
    arguments = ordered["AlgorithmSpecification"]["ContainerArguments"]
    places = [
        "--model-dir",
        str(tmp_path / "model"),
        "--build-dir",
        str(tmp_path / "b"),
        "--channel",
        str(tmp_path / "no"),
    ]
    run(arguments + places)
    (used,) = built
    assert used.fingerprint == chosen.fingerprint
    assert (tmp_path / "model" / chosen.fingerprint / "model.tar.gz").is_file()
    with pytest.raises(UserError, match="code, lock or Python differs"):
        run([*arguments[:-1], "0" * 64, *places])


def run(arguments: list[str]) -> None:
    import typer

    app = typer.Typer(add_completion=False)
    app.command()(container.main)
    result = CliRunner().invoke(app, arguments)
    if result.exception:
        raise result.exception


@pytest.mark.parametrize(
    ("end", "said"), [("Completed", ""), ("Failed", "no memory"), ("Stopped", "no reason is given")]
)
def test_it_follows_the_job_to_its_end(end: str, said: str) -> None:
    sagemaker = client("sagemaker")
    lines: list[str] = []
    waits: list[float] = []
    steps = [("InProgress", "Starting"), ("InProgress", "Training"), ("InProgress", "Training"), (end, end)]
    with Stubber(sagemaker) as stub:
        for status, secondary in steps:
            job = {
                "TrainingJobName": JOB,
                "TrainingJobStatus": status,
                "SecondaryStatus": secondary,
                **described(said),
            }
            stub.add_response("describe_training_job", job, {"TrainingJobName": JOB})
        if end == "Completed":
            managed.follow(sagemaker, JOB, lines.append, waits.append)
            assert lines[-1] == "100 s of training, 40 s of them paid for"
        else:
            with pytest.raises(UserError, match=f"has {end.lower()}: {said}"):
                managed.follow(sagemaker, JOB, lines.append, waits.append)
        stub.assert_no_pending_responses()
    assert [line for line in lines if "InProgress" in line] == [
        f"{JOB}: InProgress, Starting",
        f"{JOB}: InProgress, Training",
    ]
    assert len(waits) == 3


def described(reason: str) -> dict[str, Any]:
    """What else SageMaker's model demands of a description."""
    told: dict[str, Any] = {
        "TrainingJobArn": ARN,
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://{GROUND.bucket}/jobs/{JOB}/output/model.tar.gz"},
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 30},
        "StoppingCondition": {},
        "CreationTime": "2026-03-02T14:05:00Z",
        "TrainingTimeInSeconds": 100,
        "BillableTimeInSeconds": 40,
    }
    return told | ({"FailureReason": reason} if reason and "reason" not in reason else {})


class Store:
    """S3 as two dictionaries: what was uploaded how, and what lies there."""

    def __init__(self, files: dict[str, Path] | None = None) -> None:
        self.files = files or {}
        self.uploads: list[Any] = []

    def list_objects_v2(self, **wanted: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": key} for key in self.files if key.startswith(wanted["Prefix"])]}

    def upload_file(self, file: str, bucket: str, key: str, **how: Any) -> None:
        self.files[key] = Path(file)
        self.uploads.append((key, how["ExtraArgs"]))

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_bytes(self.files[key].read_bytes())


def test_data_are_uploaded_once_encrypted_and_with_a_checksum(filed: ArtifactSource) -> None:
    store = Store()
    for _ in range(2):
        managed.upload(store, GROUND, filed, lambda line: None)
    assert len(store.uploads) == 2
    for key, how in store.uploads:
        assert key.startswith(f"data/{filed.digests['data']}/fraudT")
        assert how == {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": GROUND.key,
            "ChecksumAlgorithm": "SHA256",
        }


def output_of(tmp_path: Path, fingerprint: str) -> tuple[Store, str]:
    """A bucket with the output of a job that built an artifact of this fingerprint; the artifact's digest."""
    digest = put_artifact(tmp_path / "job" / fingerprint)
    with tarfile.open(tmp_path / "output.tar.gz", "w:gz") as output:
        output.add(tmp_path / "job" / fingerprint, fingerprint)
    return Store({f"jobs/{JOB}/output/model.tar.gz": tmp_path / "output.tar.gz"}), digest


def test_the_artifact_comes_back_to_where_the_stack_looks(source: ArtifactSource, tmp_path: Path) -> None:
    store, digest = output_of(tmp_path, source.fingerprint)
    assert managed.fetch(store, described(""), source).sha256 == digest
    found = package.find(source)
    assert found is not None
    assert found.sha256 == digest


def test_another_artifact_than_ordered_is_refused_and_leaves_nothing(
    source: ArtifactSource, tmp_path: Path
) -> None:
    store, _ = output_of(tmp_path, "f" * 64)
    with pytest.raises(UserError, match="different artifact"):
        managed.fetch(store, described(""), source)
    assert list((source.build_dir / "models").iterdir()) == []


def test_a_stack_without_a_place_for_jobs_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text('{"training": {}}')
    for name in ("outputs.json", "no.json"):
        with pytest.raises(UserError, match="set managedTraining to true"):
            managed.read_ground(tmp_path / name)


def test_outputs_without_an_end_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UserError, match="is not a regular file"):
            managed.read_ground(path)


def test_a_jobs_name_is_one_that_sagemaker_takes(source: ArtifactSource) -> None:
    name = managed.job_name(GROUND, source, 0)
    assert name == f"fraud-prod-training-boosted-{source.fingerprint[:8]}-19700101-000000"
    assert len(name) <= 63


@pytest.mark.slow
def test_the_whole_way_on_an_emulator(filed: ArtifactSource, tmp_path: Path, monkeypatch: Any) -> None:
    """moto takes the requests and calls every job completed at once; it trains nothing."""
    moto = pytest.importorskip("moto", reason="a development dependency")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a")
    monkeypatch.setattr(managed, "job_name", lambda *_: JOB)
    _, digest = output_of(tmp_path, filed.fingerprint)
    with moto.mock_aws():
        s3 = client("s3")
        s3.create_bucket(Bucket=GROUND.bucket)
        s3.upload_file(str(tmp_path / "output.tar.gz"), GROUND.bucket, f"jobs/{JOB}/output/model.tar.gz")
        artifact = managed.run(GROUND, managed.Order("abc", spot=True), filed, managed.arguments(filed))
        job = client("sagemaker").describe_training_job(TrainingJobName=JOB)
        stored = {item["Key"] for item in s3.list_objects_v2(Bucket=GROUND.bucket)["Contents"]}
    assert artifact.sha256 == digest
    assert job["EnableNetworkIsolation"] is True
    assert job["EnableManagedSpotTraining"] is True
    assert {f"data/{filed.digests['data']}/{name}" for name in ("fraudTrain.csv", "fraudTest.csv")} <= stored
