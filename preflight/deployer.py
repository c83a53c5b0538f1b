"""`python -m preflight deployer`: the IAM policies of whoever deploys a stack, from the resources that it declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi_preflight import __main__ as commands
from pulumi_preflight import files
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph
from pulumi_preflight.terminal import Debug, exit_codes

from preflight.deployer_actions import ACTIONS, LINKED_ROLES, PASSED_TO, SAME_AS

_LIMIT = 6144
"""Characters of a managed policy, white space aside (AWS: "IAM and AWS STS quotas")."""
_DISTRIBUTION, _EDGE = "aws:cloudfront/distribution:Distribution", "us-east-1"
"""What belongs to a distribution lies in that region."""
Document = dict[str, Any]


def policies(graph: Graph, account: str, region: str) -> dict[str, Document]:
    """Managed policies by name, each within AWS's limit. UserError for a type whose actions are not known."""
    prefix = f"{graph.config.get(f'{graph.project}:name') or 'fraud'}-{graph.stack}"
    regions = dict.fromkeys([region, *([_EDGE] if graph.by_type(_DISTRIBUTION) else [])])
    names = [
        {"p": prefix, "a": f"{one}:{account}", "n": account, "r": one, "s": graph.stack} for one in regions
    ]
    statements = [_statement(key, names) for key in sorted(_needed(graph))]
    statements += _roles(prefix, account)
    return {f"{prefix}-deployer-{place}": _document(part) for place, part in enumerate(_parts(statements), 1)}


def _needed(graph: Graph) -> set[str]:
    found: set[str] = set()
    for type_ in sorted({r["type"] for r in graph.resources if r["type"].startswith("aws:")}):
        module, kind = type_.split(":")[1].split("/")
        module = SAME_AS.get(module, module)
        keys = {
            key
            for key in (module, f"{module}/{kind}", f"{module} read", f"{module}/{kind} read")
            if key in ACTIONS
        }
        if module == "s3":
            keys |= {"s3/bucket"}
        if not keys:
            raise UserError(f"the actions that {type_} needs are not known: add them to deployer_actions.py.")
        found |= keys
    return found


def _statement(key: str, names: list[dict[str, str]]) -> Document:
    actions, resource = ACTIONS[key]
    service, _, first = actions.partition(":")
    listed = [f"{service}:{action}" for action in sorted(set(first.split()))]
    filled = list(dict.fromkeys(resource.format(**each) for each in names))
    if key == "s3/bucket":
        filled += [f"{bucket}/*" for bucket in filled]
    resources = filled if len(filled) > 1 else filled[0]
    return _allow("".join(part.title() for part in key.replace("/", " ").split()), listed, resources)


def _roles(prefix: str, account: str) -> Iterator[Document]:
    """Handing over the stack's roles, and only to the services that use them."""
    yield _allow(
        "PassRole", ["iam:PassRole"], f"arn:aws:iam::{account}:role/{prefix}-*",
        {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
    )  # fmt: skip
    yield _allow(
        "LinkedRoles", ["iam:CreateServiceLinkedRole"], f"arn:aws:iam::{account}:role/aws-service-role/*",
        {"StringEquals": {"iam:AWSServiceName": list(LINKED_ROLES)}},
    )  # fmt: skip


def _allow(
    sid: str, actions: list[str], resource: str | list[str], condition: Document | None = None
) -> Document:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _parts(statements: list[Document]) -> Iterator[list[Document]]:
    part: list[Document] = []
    for statement in statements:
        if part and _size([*part, statement]) > _LIMIT:
            yield part
            part = []
        part.append(statement)
    yield part


def _size(statements: list[Document]) -> int:
    return len("".join(json.dumps(_document(statements)).split()))


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}


def deployer(
    stack: commands.Stack,
    account: Annotated[str, typer.Option(help="Account to deploy to, 12 digits.")] = "123456789012",
    config: commands.Config = None,
    cwd: commands.Project = Path(),
    output: commands.Output = None,
    debug: Debug = False,
) -> None:
    """Write the IAM policies that deploying a stack needs, from what the stack declares, as JSON by policy name."""
    with exit_codes(debug):
        if not (account.isdigit() and len(account) == 12):
            raise UserError("--account must be 12 digits.")
        files.withdraw([output])
        graph = commands.evaluated(stack, False, commands.Evaluation(commands.pairs(config)), cwd)
        region = graph.config.get("aws:region", "us-east-1")
        files.write(json.dumps(policies(graph, account, region), indent=1) + "\n", output)
