"""`python -m model train --on sagemaker`: the same recipe as a managed training job, whose artifact is fetched.

The job runs this project's own code in an image that holds it, its lock and the runtime's wheels: it needs no
network and has none. What comes back is the folder that the same command would have built here, under the same
fingerprint: the stack finds it there and declares its digest.
"""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import progress
from model.artifact.package import Artifact, find
from model.artifact.source import ArtifactSource
from model.data.folder import find as find_data
from model.errors import UserError

CHANNEL = "training"
INPUT, MODEL_DIR = Path("/opt/ml/input/data") / CHANNEL, Path("/opt/ml/model")
_SECONDS = 15
_VOLUME_GB = 30
_HEALTHY_ENDS = "Completed"
_ENDED = {_HEALTHY_ENDS, "Failed", "Stopped"}


@dataclass(frozen=True)
class Ground:
    """Where jobs run, as the stack's output `training` says: role, bucket, key, image repository, region, prefix."""

    role: str
    bucket: str
    key: str
    repository: str
    region: str
    prefix: str


@dataclass(frozen=True)
class Order:
    """How a job runs: the image's tag, instance type, spot capacity or not, and hours until it is stopped."""

    image_tag: str
    instance_type: str = "ml.m5.xlarge"
    spot: bool = False
    hours: int = 4


def read_ground(outputs: Path) -> Ground:
    """The stack's output `training`; UserError, one sentence, where there is none."""
    if outputs.exists() and not outputs.is_file():
        raise UserError(f"{outputs} is not a regular file: write it with `pulumi stack output --json`.")
    try:
        return Ground(**json.loads(outputs.read_text(encoding="utf-8"))["training"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{outputs} has no output `training`: set managedTraining to true, deploy, and write the file with "
            "`pulumi stack output --json`."
        ) from None


def request(
    ground: Ground, order: Order, source: ArtifactSource, arguments: Sequence[str], name: str
) -> dict[str, Any]:
    """What SageMaker is asked for: no network, encrypted volume and output, and a time limit."""
    seconds = order.hours * 3600
    stop = {"MaxRuntimeInSeconds": seconds} | ({"MaxWaitTimeInSeconds": seconds} if order.spot else {})
    place = {
        "S3DataType": "S3Prefix",
        "S3Uri": data_uri(ground, source),
        "S3DataDistributionType": "FullyReplicated",
    }
    channels = [{"ChannelName": CHANNEL, "DataSource": {"S3DataSource": place}}] if source.data else []
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": f"{ground.repository}:{order.image_tag}",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python", "-m", "model.commands.container"],
            "ContainerArguments": [*arguments, "--expect", source.fingerprint],
        },
        "RoleArn": ground.role,
        **({"InputDataConfig": channels} if channels else {}),
        "OutputDataConfig": {"S3OutputPath": f"s3://{ground.bucket}/jobs/", "KmsKeyId": ground.key},
        "ResourceConfig": {
            "InstanceType": order.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": _VOLUME_GB,
            "VolumeKmsKeyId": ground.key,
        },
        "StoppingCondition": stop,
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "EnableManagedSpotTraining": order.spot,
        "Tags": [{"Key": "ManagedBy", "Value": "model train"}, {"Key": "Prefix", "Value": ground.prefix}],
    }  # fmt: skip


def data_uri(ground: Ground, source: ArtifactSource) -> str:
    """Where the data with this digest are kept."""
    return f"s3://{ground.bucket}/data/{source.digests['data']}/"


def job_name(ground: Ground, source: ArtifactSource, moment: float) -> str:
    """At most 63 letters, digits and hyphens."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(moment))
    return re.sub(
        r"[^a-zA-Z0-9-]", "-", f"{ground.prefix[:23]}-{source.recipe[:10]}-{source.fingerprint[:8]}-{stamp}"
    )


def upload(s3: Any, ground: Ground, source: ArtifactSource, say: progress.Say) -> None:
    """The two files of the data under their digest, unless they are there already."""
    if source.data is None:
        return
    _, _, prefix = data_uri(ground, source).removeprefix("s3://").partition("/")
    there = s3.list_objects_v2(Bucket=ground.bucket, Prefix=prefix)
    names = {item["Key"].rpartition("/")[2] for item in there.get("Contents", [])}
    for file in find_data(source.data):
        if file.name in names:
            say(f"{file.name} is in the bucket already")
            continue
        with progress.step(say, f"uploading {file.name}"):
            s3.upload_file(
                str(file),
                ground.bucket,
                f"{prefix}{file.name}",
                ExtraArgs={"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ground.key, "ChecksumAlgorithm": "SHA256"},
            )  # fmt: skip


def follow(sagemaker: Any, name: str, say: progress.Say, wait: Callable[[float], None]) -> Mapping[str, Any]:
    """Reports each change until the job has ended; UserError with SageMaker's reason when it did not complete."""
    told = ""
    while True:
        job: Mapping[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        status = f"{job['TrainingJobStatus']}, {job.get('SecondaryStatus', '')}".rstrip(", ")
        if status != told:
            say(f"{name}: {status}")
            told = status
        if job["TrainingJobStatus"] in _ENDED:
            break
        wait(_SECONDS)
    if job["TrainingJobStatus"] != _HEALTHY_ENDS:
        reason = str(job.get("FailureReason") or "no reason is given").strip().rstrip(".")
        raise UserError(f"The job {name} has {job['TrainingJobStatus'].lower()}: {reason}.")
    used, paid = job.get("TrainingTimeInSeconds"), job.get("BillableTimeInSeconds")
    if used and paid is not None:
        say(f"{used} s of training, {paid} s of them paid for")
    return job


def fetch(s3: Any, job: Mapping[str, Any], source: ArtifactSource) -> Artifact:
    """The job's artifact, put where the same command would have built it; UserError when it is a different one."""
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    folder = source.build_dir / "models" / source.fingerprint
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".fetched-", dir=folder.parent))
    try:
        s3.download_file(bucket, key, str(aside / "output.tar.gz"))
        with tarfile.open(aside / "output.tar.gz") as output:
            output.extractall(aside / "model", filter="data")
        built = aside / "model" / source.fingerprint
        if not built.is_dir():
            raise UserError(
                "The job built a different artifact than this machine would: build the image from this code."
            )
        if not folder.exists():
            built.replace(folder)
    except tarfile.TarError:
        raise UserError(f"s3://{bucket}/{key} cannot be unpacked: run the job again.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    artifact = find(source)
    assert artifact is not None  # noqa: S101  # the folder is there
    return artifact


def train(on: str, outputs: Path | None, order: Order, source: ArtifactSource) -> None:
    """The job of a command's options; prints where the artifact is and its digest, which the stack will declare."""
    if on != "sagemaker" or outputs is None or not order.image_tag:
        raise UserError("--on is here or sagemaker, and sagemaker needs --stack-outputs and --image-tag.")
    artifact = run(read_ground(outputs), order, source, arguments(source))
    for line in (f"path     {artifact.path}", f"sha256   {artifact.sha256}", f"version  {artifact.version}"):
        progress.out.print(line, highlight=False, markup=False)


def arguments(source: ArtifactSource) -> list[str]:
    """The container's arguments, by which it builds from the same source."""
    choice = source.decision
    told: dict[str, object] = {
        "recipe": source.recipe,
        "rule": choice.rule,
        "false-alarm": choice.prices.false_alarm,
        "missed-fraud": choice.prices.missed_fraud,
        "precision": choice.precision,
        "alerts-per-1000": choice.alerts_per_1000,
        "decline": choice.decline,
        "sample-rows": source.sample_rows,
        "max-bad-rows": source.max_bad_rows,
        "seed": source.seed,
    }
    return [part for key, value in told.items() if value is not None for part in (f"--{key}", str(value))]


def run(ground: Ground, order: Order, source: ArtifactSource, arguments: Sequence[str]) -> Artifact:
    """Uploads the data, starts the job, follows it, fetches the artifact. Raises UserError with AWS's reason."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.Session(region_name=ground.region)
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    name = job_name(ground, source, time.time())
    try:
        upload(s3, ground, source, progress.say)
        sagemaker.create_training_job(**request(ground, order, source, arguments, name))
        progress.say(f"{name} goes on without this command; to stop it: aws sagemaker stop-training-job")
        return fetch(s3, follow(sagemaker, name, progress.say, time.sleep), source)
    except (BotoCoreError, ClientError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        raise UserError(
            f"AWS refused ({code}): check the profile, its rights, the quota of the instance type and the image."
        ) from None
