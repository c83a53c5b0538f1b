"""A stack file's mistakes: all at once, each with file, key and remedy, before any resource, never the value."""

from __future__ import annotations

import asyncio
import contextvars
import json
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from pulumi import runtime
from pulumi_preflight import stackfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.program import evaluate

import settings
from model.decision import Choice, Prices
from settings.reader import Reader
from settings.serving import read_decision
from tests.harness import PROJECT

CANARY = "canary-4111111111111111"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f0f0f-1111-2222-3333-444444444444"


def problems(config: dict[str, str], stack: str = "dev") -> tuple[str, ...]:
    """What the settings refuse, read here and not in a program's own process, which takes much longer."""
    declared = stackfile.load(PROJECT, stack, config)

    async def read() -> None:
        runtime.configure(runtime.Settings(project=declared.project, stack=stack))
        runtime.set_all_config(dict(declared.values), list(declared.secret_keys))
        settings.load()

    loop = asyncio.new_event_loop()
    with closing(loop), pytest.raises(settings.SettingsError) as refused:
        contextvars.copy_context().run(loop.run_until_complete, read())
    return refused.value.problems


def test_a_refused_stack_file_ends_the_program_with_its_sentences() -> None:
    with pytest.raises(UserError) as refused:
        evaluate("dev", config={"minInstances": "0", "typo": "1"}, project=PROJECT)
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["Pulumi.dev.yaml"] * 2


def client(**changes: object) -> str:
    return json.dumps([{"name": "checkout", "rate": 5, "burst": 10, "dailyQuota": 1000, **changes}])


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("minInstances", "0", "a whole number from 1 to 20"),
        ("minInstances", "two", "a whole number from 1 to 20"),
        ("minInstances", "1.5", "a whole number from 1 to 20"),
        ("rollout", "blue-green", "one of all-at-once, canary"),
        ("privateNetwork", "yes", "one of true, false"),
        ("authentication", "none", "one of api-key, api-key-and-iam, api-key-and-jwt"),
        ("botControl", "allow", "one of count, block"),
        ("logRetentionDays", "31", "one of 30, 60, 90"),
        ("logRetentionDays", "1", "a whole number from 30 to 3,653"),
        ("instanceType", "ml.c7g.large", "c6i or c7i in large, xlarge or 2xlarge"),
        ("name", "1st", "2 to 20 lower-case letters, digits and hyphens, a letter first"),
        ("imageDigest", "sha256:abc", "64 hexadecimal digits"),
        ("deployer", "arn:aws:iam::1:role/x", "the ARN of an IAM role or user"),
        ("alarmEmail", CANARY, "an e-mail address"),
        ("driftMargin", "nan", "a number from 1 to 100"),
        ("knownCallers", '["0.0.0.0/0"]', "IPv4 networks of /16 or smaller"),
        ("knownCallers", "198.51.100.0/24", "a list of IPv4 networks"),
        ("networkCidr", "8.8.8.0/24", "a private IPv4 network"),
        ("interfaceEndpoints", '["logs"]', "sagemaker.runtime and any of"),
        ("interfaceEndpoints", "[]", "sagemaker.runtime and any of"),
        ("interfaceEndpoints", '["sagemaker.runtime", "sagemaker.runtime"]', "each of them once"),
        ("functionTimeout", "29", "a whole number from 3 to 28"),
        ("capturePercentage", "101", "a whole number from 0 to 100"),
        ("modelData", "/no/such/folder", "a folder with fraudTrain and fraudTest"),
        ("modelRecipe", "magic", "one of boosted, forest, reference, stateless"),
        ("decisionRule", "luck", "one of cost, f1, precision, alerts-per-1000"),
        ("falseAlarmPrice", "0", "a number from 0.01 to 10000"),
        ("missedFraudPrice", "-1", "a number from 0 to 10000"),
        ("decisionPrecision", "1.1", "a number from 0.01 to 1"),
        ("decisionAlerts", "0", "a number from 0.01 to 1000"),
        ("declineScore", "90", "a number from 0.01 to 1"),
        ("clients", "[]", "one or more clients with different names"),
        ("clients", client(name=CANARY), "2 to 20 lower-case letters"),
        ("clients", client(rate=0), "a number above 0"),
        ("clients", client(burst=1.5), "a whole number above 0"),
        ("clients", client(burst=True), "a whole number above 0"),
        ("clients", client(rate=1000), "no faster than the whole API"),
        ("clients", client(extra=1), "an object with name, rate, burst and dailyQuota"),
        ("clients", client(keys=[]), "one or two different labels"),
        ("clients", client(keys=["a", "a"]), "one or two different labels"),
        ("clients", client(keys=["a", "b", "c"]), "one or two different labels"),
        ("clients", client(keys=[CANARY]), "one or two different labels"),
        ("quotaAlarmPercent", "0", "a whole number from 1 to 100"),
        ("contributorInsights", "on", "one of true, false"),
        ("domainName", "https://scores.example.com/", "a host name"),
        (
            "domainName",
            "scores.example.com",
            "hostedZoneId, where a certificate for domainName can be proven",
        ),
        ("certificateArn", CERTIFICATE, "left out unless domainName is set"),
        ("certificateArn", "arn:aws:iam::1:role/x", "the ARN of an ACM certificate"),
        ("hostedZoneId", "/hostedzone/1", "the id of a Route 53 hosted zone"),
        ("truststore", "/no/such/file", "a PEM file"),
        ("truststore", str(PROJECT / "README.md"), "a PEM file"),
        ("frontDoor", "true", "false unless domainName is set"),
        ("originSecret", CANARY, "32 to 128 letters, digits"),
        ("originSecret", "\N{GREEK SMALL LETTER ALPHA}" * 32, "32 to 128 letters, digits"),
        ("originSecret", CANARY * 2, "left out unless frontDoor is true"),
        ("edgeCertificateArn", CERTIFICATE, "left out unless frontDoor is true"),
        ("edgeCertificateArn", CERTIFICATE.replace("us-east-1", "eu-west-1"), "certificate in us-east-1"),
        ("shieldAdvanced", "yes", "one of no, protect, subscribe"),
        ("shieldAdvanced", "subscribe", "left out unless frontDoor is true"),
        ("shadowModel", "/no/such/model.tar.gz", "the model.tar.gz of another model"),
        ("shadowPercentage", "0", "a whole number from 1 to 100"),
        ("managedTraining", "sagemaker", "one of true, false"),
    ],
)
def test_a_bad_value_is_one_sentence_with_file_key_and_remedy(key: str, value: str, remedy: str) -> None:
    told = problems({key: value})
    assert all(sentence.startswith("Pulumi.dev.yaml: ") and sentence.endswith(".") for sentence in told)
    assert any(key in sentence and remedy in sentence for sentence in told)
    assert CANARY not in "".join(told)


def test_an_unknown_key_is_refused_and_the_known_ones_are_named() -> None:
    (told,) = problems({"minInstance": "2"})
    assert "minInstance is not a setting" in told
    assert "minInstances" in told


def test_a_misspelt_required_key_is_named(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / name).write_text((PROJECT / name).read_text())
    stack_file = (PROJECT / "Pulumi.dev.yaml").read_text()
    (tmp_path / "Pulumi.dev.yaml").write_text(stack_file.replace("minInstances", "minInstance"))
    with pytest.raises(UserError, match=r"missing .*minInstances; minInstance may be a typing error"):
        evaluate("dev", project=tmp_path)


def test_all_mistakes_are_told_at_once() -> None:
    told = problems({"minInstances": "0", "botControl": "allow", "typo": "1"})
    assert len(told) == 3


def test_settings_that_contradict_each_other_are_refused() -> None:
    assert "a canary needs two" in problems({"rollout": "canary"})[0]
    assert "at least minInstances" in problems({"minInstances": "6"}, "staging")[0]
    assert "alarms have to reach someone" in problems({"deletionProtection": "true"})[-1]


def test_a_front_door_needs_a_secret_and_calls_without_a_certificate() -> None:
    front = {"domainName": "scores.example.com", "hostedZoneId": "Z0123456789", "frontDoor": "true"}
    (told,) = problems(front)
    assert "originSecret must be 32 to 128" in told
    authorities = str(PROJECT / "tests" / "components" / "authorities.pem")
    (told,) = problems({**front, "originSecret": "s" * 32, "truststore": authorities})
    assert "truststore must be left out where frontDoor is on" in told
    elsewhere = {"certificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1"), "originSecret": "s" * 32}
    (told,) = problems({**front, **elsewhere})
    assert "edgeCertificateArn must be the ARN of an ACM certificate in us-east-1" in told


def test_a_missing_required_key_names_the_command_that_sets_it() -> None:
    told = problems({"minInstances": ""})
    assert "minInstances" in told[0]


def test_the_decision_is_the_users_choice() -> None:
    chosen = {
        "decisionRule": "precision",
        "falseAlarmPrice": "2.5",
        "missedFraudPrice": "0",
        "decisionPrecision": "0.8",
        "decisionAlerts": "7",
        "declineScore": "0.9",
    }
    reader = Reader(chosen, "Pulumi.dev.yaml")
    assert read_decision(reader) == Choice("precision", Prices(2.5, 0), 0.8, 7, 0.9)
    assert read_decision(Reader({}, "Pulumi.dev.yaml")) == Choice()
    assert reader.problems == []


def test_the_defaults_that_the_project_file_declares_are_those_of_the_settings() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    values = {key.split(":")[1]: entry["default"] for key, entry in declared.items() if "default" in entry}
    assert set(values) == {"decisionRule", "falseAlarmPrice", "missedFraudPrice"}
    assert read_decision(Reader(values, "Pulumi.yaml")) == Choice()


def test_a_protected_stack_that_can_be_deployed_refuses_sample_data() -> None:
    for account in ('["999988887777"]', '["123456789012", "999988887777"]', "[]"):
        (told,) = problems({"aws:allowedAccountIds": account}, "prod")
        assert "modelData must be a folder" in told
        assert "example account 123456789012" in told


def test_an_unprotected_stack_may_serve_a_model_of_sample_data() -> None:
    evaluate("dev", config={"aws:allowedAccountIds": '["999988887777"]'}, project=PROJECT)


def test_every_setting_stands_in_the_readme() -> None:
    (told,) = problems({"noSuchSetting": "2"})
    known = told.removesuffix(".").rpartition("there are ")[2].split(", ")
    readme = (PROJECT / "README.md").read_text()
    assert [key for key in known if f"`{key}`" not in readme] == []
    assert len(known) >= 40
