"""`python -m preflight smoke`: is what was just deployed what should have been, and does it answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.terminal import REFUSED, Debug, exit_codes
from rich.console import Console
from rich.table import Table

from localaws import token_client
from localaws.token_client import TokenSource
from model.contract import RECIPE_FIELDS
from preflight import score

_REMEDY = "write them with `pulumi stack output --json --show-secrets > <file>`."
_WANTED = {"url", "keyValues", "modelVersion"}


@dataclass(frozen=True)
class Check:
    """One question to the deployed stack and its answer, in words without a value of key or body."""

    asked: str
    passed: bool
    found: str


def outputs(path: Path) -> dict[str, Any]:
    """What `pulumi stack output --json --show-secrets` wrote. UserError when something is missing."""
    read = jsonfile.read(path, "the stack's outputs", _REMEDY)
    missing = sorted(_WANTED - set(read)) if isinstance(read, dict) else sorted(_WANTED)
    if missing or not isinstance(read["keyValues"], dict) or not read["keyValues"]:
        raise UserError(f"{path} lacks {', '.join(missing) or 'a key in keyValues'}: is it of this program?")
    return dict(read)


def checks(
    url: str, key: str, version: str, *, recipe: str = "boosted", auth: httpx.Auth | None = None
) -> Iterator[Check]:
    """Known purchases are told apart, by the model that was deployed; without a key nothing is answered."""
    answers = score.ask(url, key, recipe=recipe, auth=auth)
    told = ", ".join(f"{a.sent} {a.status if a.score is None else format(a.score, '.2f')}" for a in answers)
    yield Check("known purchases are told apart", [a.is_fraud for a in answers] == [False, True], told)
    served = {answer.model_version for answer in answers}
    shown = ", ".join(sorted(name or "none" for name in served))
    yield Check(f"the model is {version}", served == {version}, shown)
    yield _without_key(url, recipe, auth)


def _without_key(url: str, recipe: str, auth: httpx.Auth | None) -> Check:
    asked = "a request without a key is refused"
    try:
        with httpx.Client(headers={"user-agent": score.USER_AGENT}, auth=auth, timeout=35) as client:
            purchase = {f: score.PURCHASES["legitimate"][f] for f in RECIPE_FIELDS[recipe]}
            status = client.post(url, json={"transactions": [purchase]}).status_code
    except httpx.TransportError:
        return Check(asked, False, "no answer")
    return Check(asked, status == 403, f"HTTP {status}")


def _tokens(read: dict[str, Any], path: Path, named: Path | None) -> TokenSource | None:
    """Where to ask for the stack's tokens: as a file says, else the outputs; None where the stack takes none."""
    if named:
        return token_client.load(named)
    said = read.get("tokens") or {}
    if said and not said.get("url"):
        raise UserError(
            "The stack takes tokens of a user pool that it does not declare: "
            "--tokens-file names a file that says where to ask for them."
        )
    return token_client.source_of(said, f"tokens in {path}") if said else None


def smoke(
    stack_outputs: Annotated[
        Path, typer.Argument(metavar="OUTPUTS", help="File of `pulumi stack output --json --show-secrets`.")
    ],
    client: Annotated[str, typer.Option(help="Whose key to send; the first by default.")] = "",
    recipe: Annotated[str, typer.Option(help="Whose fields to send.")] = "boosted",
    sign: Annotated[str, typer.Option(help="AWS region to sign the requests for; unsigned by default.")] = "",
    credentials_file: Annotated[
        Path | None, typer.Option(help="Sign with the credentials file of `python -m preflight serve`.")
    ] = None,
    tokens_file: score.TokensFile = None,
    debug: Debug = False,
) -> None:
    """Check three things on a freshly deployed stack; ends with 1 when one is not as it should be."""
    with exit_codes(debug):
        read = outputs(stack_outputs)
        api_key = score.chosen_key(read["keyValues"], client, recipe, stack_outputs)
        source = _tokens(read, stack_outputs, tokens_file)
        auth = score.authentication(sign, credentials_file, source, client or next(iter(read["keyValues"])))
        version = str(read["modelVersion"])
        done = list(checks(str(read["url"]), api_key, version, recipe=recipe, auth=auth))
        result = Table("check", "found", "")
        for check in done:
            result.add_row(check.asked, check.found, "ok" if check.passed else "FAILED")
        Console().print(result)
        if not all(check.passed for check in done):
            raise typer.Exit(REFUSED)
