"""A client of the API: sends a legitimate and a fraudulent purchase and reads what the endpoint says."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session
from pulumi_preflight.errors import UserError
from pulumi_preflight.terminal import REFUSED, Debug, exit_codes
from rich.console import Console
from rich.table import Table

from localaws import keys, signature, token_client
from localaws.token_client import TokenSource
from model.contract import RECIPE_FIELDS
from model.data.purchases import FRAUDULENT, LEGITIMATE

# Bot Control refuses what does not look like a browser, unless it comes from the network of a known caller.
_MESSAGE_LENGTH = 200
USER_AGENT = "Mozilla/5.0 (compatible; fraud-endpoint-score/1)"
PURCHASES: Mapping[str, Mapping[str, Any]] = {"legitimate": LEGITIMATE, "fraudulent": FRAUDULENT}


TokensFile = Annotated[
    Path | None,
    typer.Option(help="JSON of the stack output tokens: where tokens are asked for, and as whom."),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one purchase. Score, decision and version are None unless the status is 200; `message` is
    then what the server says, empty where it says nothing."""

    sent: str
    status: int
    milliseconds: float
    is_fraud: bool | None = None
    score: float | None = None
    model_version: str | None = None
    message: str = ""


class SigV4(httpx.Auth):
    """Signs requests with `credentials`, or with those that boto3 would use; UserError without any."""

    requires_request_body = True

    def __init__(self, region: str, credentials: Credentials | None = None) -> None:
        credentials = credentials or Session().get_credentials()
        if credentials is None:
            raise UserError("There are no AWS credentials to sign with: set AWS_PROFILE or log in first.")
        self._signer = SigV4Auth(credentials, "execute-api", region)

    @staticmethod
    def of(path: Path) -> SigV4:
        """Signs with the credentials file of a stack that is served on this machine."""
        issued = signature.load(path)
        return SigV4(issued.region, Credentials(issued.access_key_id, issued.secret_access_key))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        signed = AWSRequest(
            request.method,
            str(request.url),
            headers={"content-type": request.headers["content-type"]},
            data=request.content,
        )
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        yield request


class Bearer(httpx.Auth):
    """Sends an access token of one of `source`'s clients. UserError when none is given."""

    def __init__(self, source: TokenSource, client: str) -> None:
        self._token = source.token(client)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def ask(url: str, api_key: str, *, recipe: str = "boosted", auth: httpx.Auth | None = None) -> list[Answer]:
    """Sends each of PURCHASES in a request of its own; UserError for a bad address and when nothing answers there."""
    if not url.startswith(("http://", "https://")):
        raise UserError(f"{url} is not an address: it must begin with https:// (http:// on this machine).")
    headers = {"x-api-key": api_key, "user-agent": USER_AGENT}
    try:
        with httpx.Client(headers=headers, auth=auth, timeout=35) as client:
            return [_ask(client, url, name, recipe) for name in PURCHASES]
    except (httpx.TransportError, httpx.InvalidURL):
        raise UserError(f"Nothing answers at {url}: is it served, and is the address right?") from None


def _ask(client: httpx.Client, url: str, name: str, recipe: str) -> Answer:
    purchase = {field: PURCHASES[name][field] for field in RECIPE_FIELDS[recipe]}
    started = time.perf_counter()
    response = client.post(url, json={"transactions": [purchase]})
    milliseconds = (time.perf_counter() - started) * 1000
    if response.status_code != 200:
        return Answer(name, response.status_code, milliseconds, message=_message(response))
    try:
        body = response.json()
        (prediction,) = body["predictions"]
        decision, points = bool(prediction["is_fraud"]), float(prediction["score"])
        return Answer(name, 200, milliseconds, decision, points, str(body["model_version"]))
    except (ValueError, TypeError, KeyError):
        raise UserError(f"What answers at {url} is not the scoring API.") from None


def _message(response: httpx.Response) -> str:
    """What the API, its gateway or its firewall says about a refusal, in one line; empty for anything else."""
    try:
        body = response.json()
        error = body.get("error")
        said = (
            error["message"] if isinstance(error, dict) else body.get("message") or body.get("Message") or ""
        )
    except (ValueError, KeyError, AttributeError):
        return ""
    return " ".join(str(said).split())[:_MESSAGE_LENGTH]


def table(answers: list[Answer]) -> Table:
    """The answers for a terminal."""
    result = Table("purchase", "status", "decision", "score", "model", "ms")
    for answer in answers:
        decision = {True: "fraud", False: "legitimate", None: "-"}[answer.is_fraud]
        points = "-" if answer.score is None else f"{answer.score:.2f}"
        result.add_row(
            answer.sent,
            str(answer.status),
            decision,
            points,
            answer.model_version or "-",
            f"{answer.milliseconds:.1f}",
        )
    return result


def chosen_key(values: Mapping[str, str], client: str, recipe: str, source: Path) -> str:
    """The named client's key, the first one without a name; UserError when there is none, or no such recipe."""
    name = client or next(iter(values), "")
    if name not in values:
        named = ", ".join(values) or "none"
        raise UserError(f"{source} holds no key {client or 'at all'}: --client is one of {named}.")
    if recipe not in RECIPE_FIELDS:
        raise UserError(f"There is no recipe {recipe}: --recipe is one of {', '.join(RECIPE_FIELDS)}.")
    return values[name]


def authentication(
    region: str, credentials_file: Path | None, source: TokenSource | None, key: str
) -> httpx.Auth | None:
    """What a request carries beside the key of that name: a token, or a signature with the credentials of a file or
    for a region, or nothing. UserError when more than one is asked for."""
    if sum(map(bool, (region, credentials_file, source))) > 1:
        raise UserError("A request has a signature or a token: name one source of them.")
    if source:
        return Bearer(source, source.client_of(key))
    if credentials_file:
        return SigV4.of(credentials_file)
    return SigV4(region) if region else None


def score(
    url: Annotated[str, typer.Argument(help="Address of the scoring method, ending in /score.")],
    api_key_file: Annotated[Path, typer.Option(help="JSON object of key name and value.")],
    client: Annotated[str, typer.Option(help="Name of the key to send; the first by default.")] = "",
    recipe: Annotated[str, typer.Option(help="Whose fields to send.")] = "boosted",
    sign: Annotated[str, typer.Option(help="AWS region to sign the requests for; unsigned by default.")] = "",
    credentials_file: Annotated[
        Path | None, typer.Option(help="Sign with the credentials file of `python -m preflight serve`.")
    ] = None,
    tokens_file: TokensFile = None,
    debug: Debug = False,
) -> None:
    """Send a legitimate and a fraudulent purchase; the exit code is 1 unless they are told apart."""
    with exit_codes(debug):
        values = keys.load(api_key_file)
        api_key = chosen_key(values, client, recipe, api_key_file)
        source = token_client.load(tokens_file) if tokens_file else None
        auth = authentication(sign, credentials_file, source, client or next(iter(values)))
        answers = ask(url, api_key, recipe=recipe, auth=auth)
        console = Console()
        console.print(table(answers))
        for message in dict.fromkeys(answer.message for answer in answers if answer.message):
            console.print(f"The server says: {message}", highlight=False, markup=False)
        if [answer.is_fraud for answer in answers] != [False, True]:
            raise typer.Exit(REFUSED)
