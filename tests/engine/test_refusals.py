"""Faulty stacks: the preview refuses them, and nothing is created."""

from __future__ import annotations

from pathlib import Path

from tests.engine.workspace import FAILED, Make, Workspace, findings_of_preflight

# Pillar: type, property and faulty value, and the rule that refuses it.
FAULTS = {
    "auth": ("apigateway/method:Method", "apiKeyRequired", False, "method-requires-api-key"),
    "throttling": ("apigateway/usagePlan:UsagePlan", "quotaSettings", None, "usage-plan-quota"),
    "encryption": ("kms/key:Key", "enableKeyRotation", False, "kms-key-rotates"),
    "logging": ("apigateway/stage:Stage", "accessLogSettings", None, "stage-access-log"),
    "network": (
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "blockPublicAcls",
        False,
        "bucket-blocks-public",
    ),
    "integrity": ("sagemaker/model:Model", "enableNetworkIsolation", False, "model-isolated"),
    "resilience": (
        "s3/bucketVersioning:BucketVersioning",
        "versioningConfiguration",
        {"status": "Suspended"},
        "bucket-versioned",
    ),
    "hygiene": ("lambda/function:Function", "tags", {}, "resources-tagged"),
}


def plant(stack: Workspace, *pillars: str) -> None:
    """Makes the program declare the faults of these pillars."""
    lines = ["def plant(args):"]
    for pillar in pillars:
        type_, key, value, _ = FAULTS[pillar]
        lines.append(f"    if args.type_ == 'aws:{type_}': args.props[{key!r}] = {value!r}")
    lines.append("    return pulumi.ResourceTransformResult(args.props, args.opts)")
    lines.append("pulumi.runtime.register_resource_transform(plant)")
    stack.edit("import pulumi\n", "import pulumi\n" + "\n".join(lines) + "\n")


def test_a_fault_of_each_pillar_is_refused_before_anything_is_created(
    new_stack: Make, tmp_path: Path
) -> None:
    dev = new_stack("dev")
    plant(dev, *FAULTS)
    preview = dev.judged("preview")
    assert preview.code == FAILED, preview.out
    refused = {event["policyName"] for event in preview.of("policyEvent")}
    assert refused >= {rule for *_, rule in FAULTS.values()}
    assert findings_of_preflight("--events", preview.log(tmp_path)) == (1, preview.findings())
    update = dev.judged("up")
    assert update.code == FAILED
    assert dev.state() == []


def test_advice_stops_nothing_and_preflight_says_so_too(new_stack: Make, tmp_path: Path) -> None:
    dev = new_stack("dev")
    plant(dev, *FAULTS)
    levels = tmp_path / "levels.json"
    levels.write_text('{"all": "advisory"}')
    preview = dev.run("preview", "--policy-pack", "policies", "--policy-pack-config", str(levels))
    assert preview.code == 0, preview.out
    assert {rule for rule, _ in preview.findings()} >= {rule for *_, rule in FAULTS.values()}
    assert findings_of_preflight("--events", preview.log(tmp_path)) == (0, preview.findings())
