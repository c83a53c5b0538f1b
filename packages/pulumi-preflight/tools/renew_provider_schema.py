"""Writes the provider's schema file: what the AWS provider knows of each resource type, in Pulumi's names.

Sources: `terraform providers schema -json` and plans of terraform-provider-aws (what is required, optional,
computed, a set; defaults; what forces a replacement), and the installed pulumi_aws (names, single blocks).
Needs terraform on PATH and a filesystem mirror of the provider. About ten minutes. From the repository's root:

    uv run --with msgpack packages/pulumi-preflight/tools/renew_provider_schema.py MIRROR

where MIRROR is the folder that holds registry.terraform.io/hashicorp/aws.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sdk_names import SdkType, TypeNames, kind_of, property_names, sdk_types
from terraform_plugin import Plugin
from terraform_schema import Property, Sample, learn

PROVIDER = "registry.terraform.io/hashicorp/aws"
TARGET = Path(__file__).parents[1] / "src/pulumi_preflight/provider/schema.zip"
_LETTER = {
    "text": "t",
    "number": "n",
    "bool": "b",
    "list": "l",
    "set": "s",
    "map": "m",
    "object": "o",
    "asset": "a",
}
# What plans do not tell, from the provider's documentation: its types are too large, or a plan of them asks AWS.
_REPLACES = {
    "aws_wafv2_web_acl": ("name", "name_prefix", "scope"),
    "aws_wafv2_rule_group": ("name", "name_prefix", "scope", "capacity"),
    "aws_dynamodb_table": ("hash_key", "range_key"),
    "aws_sfn_state_machine": ("name", "name_prefix", "type"),
}
_BOT_CONTROL = (
    "rule.statement.managed_rule_group_statement.managed_rule_group_configs"
    ".aws_managed_rules_bot_control_rule_set.enable_machine_learning"
)
_DEFAULTS = {("aws_wafv2_web_acl", _BOT_CONTROL): True, ("aws_wafv2_rule_group", _BOT_CONTROL): True}


def add_known(trees: dict[str, dict[str, Property]]) -> None:
    """Adds to the trees what their plans did not tell."""
    for tf_type, names in _REPLACES.items():
        for name in names if tf_type in trees else ():
            item = trees[tf_type][name]
            item.flags += "" if "f" in item.flags else "f"
    for (tf_type, path), default in _DEFAULTS.items():
        level = trees.get(tf_type, {})
        *steps, last = path.split(".")
        for step in steps:
            if step not in level:
                break
            level = level[step].nested
        if last in level:
            level[last].default = default


def without_null(properties: dict[str, Property]) -> None:
    """Takes flag n from the types of the older framework: there it only tells of one plan that was odd."""
    for item in properties.values():
        item.flags = item.flags.replace("n", "")
        without_null(item.nested)


def keeps_null(properties: dict[str, Property]) -> bool:
    """A type of the provider's newer framework: its `id` cannot be set."""
    return "id" not in properties or "o" not in properties["id"].flags


def terraform_schemas(mirror: Path, release: str) -> dict[str, Any]:
    """The provider's part of `terraform providers schema -json`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = {"aws": {"source": "hashicorp/aws", "version": release}}
        (folder / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": wanted}}))
        subprocess.run(["terraform", "init", "-input=false", f"-plugin-dir={mirror}"], cwd=folder, check=True)
        done = subprocess.run(
            ["terraform", "providers", "schema", "-json"], cwd=folder, check=True, capture_output=True
        )
    schemas: dict[str, Any] = json.loads(done.stdout)["provider_schemas"][PROVIDER]
    return schemas


def settings(schemas: dict[str, Any]) -> dict[str, Any]:
    """A configuration with which the provider plans and calls nothing."""
    return Sample.empty(schemas["provider"]["block"]) | {
        "region": "us-east-1",
        "access_key": "none",
        "secret_key": "none",
        "max_retries": 1,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": "true",
        "skip_requesting_account_id": True,
        "skip_region_validation": True,
    }


def encoded(
    tf_type: str, wanted: Mapping[str, Any], known: dict[str, Property], depth: int = 0
) -> dict[str, Any]:
    """Pulumi name to [kind and flags, default, nested, Terraform name], shortened where the end is empty."""
    names = property_names(tf_type, list(wanted), list(known))
    out: dict[str, Any] = {}
    for key, type_ in wanted.items():
        kind, inner = kind_of(type_)
        item = known.get(names.get(key, ""))
        if item is None:
            out[key] = [_LETTER[kind] + "6"]
            continue
        if (kind == "list" and item.kind == "set") or (
            kind in ("text", "map") and item.kind in ("number", "bool")
        ):
            kind = item.kind
        if kind == "map" and item.kind == "object":
            kind = "object"
        nested = encoded("", inner, item.nested, depth + 1) if inner and depth < 12 else {}
        row = [_LETTER[kind] + item.flags, item.default, nested, names[key]]
        if names[key].replace("_", "").lower() == key.lower():
            row.pop()
            while row[-1] in (None, {}) and len(row) > 1:
                row.pop()
        out[key] = row
    return out


def entry(sdk: SdkType, tf_type: str | None, known: dict[str, Property]) -> dict[str, Any]:
    """The record of one resource type."""
    rows = encoded(tf_type or "", dict(sdk.properties), known)
    for key, row in rows.items():
        if row[0].endswith("6"):
            row[0] += "r" if key in sdk.required else "o" if key in sdk.inputs else "c"
        elif key in sdk.inputs and not set(row[0][1:]) & set("ro"):
            row[0] += "o"  # the older release only tells it
        elif key in sdk.required and "r" not in row[0]:
            row[0] = row[0].replace("o", "") + "r"
        elif key not in sdk.required and "r" in row[0]:
            row[0] = row[0].replace("r", "o") + "a"
        if key not in sdk.inputs:
            row[0] = row[0][0] + row[0][1:].replace("o", "")
    record: dict[str, Any] = {"tf": tf_type, "p": rows}
    if tf_type and keeps_null(known):
        record["null"] = 1
    return record


def main() -> int:
    parser = argparse.ArgumentParser(description="Renews the provider's schema file.")
    parser.add_argument("mirror", type=Path, help="folder that holds registry.terraform.io/hashicorp/aws")
    parser.add_argument("--release", default="5.100.0", help="release of terraform-provider-aws")
    arguments = parser.parse_args()
    schemas = terraform_schemas(arguments.mirror, arguments.release)
    resources = schemas["resource_schemas"]
    binary = next((arguments.mirror / PROVIDER / arguments.release).glob("*/terraform-provider-aws*"))
    plugin = Plugin(binary, settings(schemas))
    trees: dict[str, dict[str, Property]] = {}
    for number, tf_type in enumerate(sorted(resources)):
        trees[tf_type], trouble = learn(plugin, tf_type, resources[tf_type]["block"])
        sys.stderr.write(f"\r{number + 1}/{len(resources)} {trouble and tf_type + ': ' + trouble}")
    plugin.close()
    write(trees, f"terraform-provider-aws {arguments.release}, pulumi-aws {version('pulumi-aws')}")
    return 0


def write(trees: dict[str, dict[str, Property]], source: str) -> None:
    """One member for each service, and `source`: small to keep, quick to open."""
    add_known(trees)
    for properties in trees.values():
        if not keeps_null(properties):
            without_null(properties)
    names = TypeNames(trees)
    services: dict[str, dict[str, Any]] = {}
    for sdk in sdk_types():
        tf_type = names.find(sdk.token)
        record = entry(sdk, tf_type, trees.get(tf_type or "", {}))
        services.setdefault(sdk.token.split(":")[1].split("/")[0], {})[sdk.token] = record
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_LZMA) as file:
        members = {"source": source, **{key: services[key] for key in sorted(services)}}
        for key, value in members.items():
            info = zipfile.ZipInfo(key, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_LZMA
            file.writestr(info, json.dumps(value, sort_keys=True, separators=(",", ":")))


if __name__ == "__main__":
    raise SystemExit(main())
