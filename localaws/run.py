"""Serves a stack's graph on this machine: one process for the model, one for the API with its function."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import typer
from pulumi_preflight.graph import Graph

from localaws import keys, signature, token_endpoint, tokens, user_pool
from localaws.declared import Container, Declared, read
from localaws.declared_api import Api
from localaws.declared_plans import ApiKey
from localaws.errors import ServerError
from localaws.function import compiled_once
from localaws.gateway import NOT_ENFORCED, imitated
from localaws.processes import ROOT, Process, address, child, listening, wait_for
from model.errors import UserError

_MODEL_SERVER = Path(__file__).with_name("model_server.py")


@dataclass(frozen=True)
class Served:
    """A stack that is being served: address of the scoring method, and of the model's container behind it.

    `undecided` names what only AWS can decide: the firewall's rules that never match here, and pools whose tokens
    are not known. With `pool`, requests need a token, and `tokens_file` says how to get one.
    """

    url: str
    runtime_url: str
    keys_file: Path
    credentials_file: Path
    log_dir: Path
    declared: Declared
    undecided: Sequence[str]
    model_server: Process
    gateway: Process
    pool: user_pool.Pool | None = None
    tokens_file: Path | None = None

    def stopped(self) -> str | None:
        """The log of a process that has ended by itself, or None."""
        for process, name in ((self.model_server, "model-server.log"), (self.gateway, "gateway.log")):
            if process.poll() is not None:
                return name
        return None


@contextmanager
def running(
    graph: Graph,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    log_dir: Path | None = None,
    keys_file: Path | None = None,
    project: Path = ROOT,
    clients: Sequence[str] | None = None,
    trust_forwarded: bool = False,
    listed: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Served]:
    """Serves `graph` for the duration of the block; port 0 takes a free one.

    Relative asset paths in the graph are taken from the folder `project`. Logs and keys go to a temporary
    folder unless named; credentials, and the clients of tokens, go beside the keys. `clients` names the declared
    keys that are issued, all by default. `trust_forwarded` lets the header x-preflight-source-ip claim a source
    address: for tests that play several clients. `listed` gives addresses for the managed groups' lists, by AWS's
    rule name.

    Raises ServerError when the port is in use, the artifact is missing or not the declared one, the declared
    firewall cannot be imitated, or a process does not start. No process outlives the block.
    """
    declared = read(graph, project)
    undecided = [f"firewall rule {name}" for name in imitated(declared)] + foreign_pools(declared.api)
    pool = issued_pool(declared.api)
    with ExitStack() as stack:
        listener = stack.enter_context(listening(host, port))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="preflight-")))
        logs = log_dir or folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        key_path = keys_file or folder / "keys.json"
        keys.write(issue(declared, clients), key_path)
        credentials_file = key_path.with_name("credentials.json")
        signature.write(signature.issue(declared.api.region), credentials_file)
        _unpacked(declared.container, folder / "model")
        with listening("127.0.0.1", 0) as model_listener:
            runtime_url = address(model_listener)
            model_server = stack.enter_context(
                _model_server(declared.container, folder, model_listener, logs)
            )
        wait_for(model_server, f"{runtime_url}/ping", 200, logs / "model-server.log")
        (folder / "graph.json").write_text(json.dumps(graph.to_export()), encoding="utf-8")
        pool_file = folder / "pool.json"
        if pool:
            user_pool.write(pool, pool_file)
        command = [
            sys.executable, "-m", "localaws.gateway_process",
            "--graph", str(folder / "graph.json"), "--project", str(project), "--keys", str(key_path),
            "--credentials", str(credentials_file), "--log-dir", str(logs), "--runtime-url", runtime_url,
            "--listed", json.dumps({name: list(networks) for name, networks in (listed or {}).items()}),
            *(["--trust-forwarded"] if trust_forwarded else []), *(["--pool", str(pool_file)] if pool else []),
        ]  # fmt: skip
        gateway = stack.enter_context(child(command, dict(os.environ), listener, logs / "gateway.log"))
        base = address(listener)
        listener.close()
        wait_for(gateway, base, 403, logs / "gateway.log")
        url = f"{base}/{declared.api.stage}{scoring_path(declared.api)}"
        tokens_file = key_path.with_name("tokens.json") if pool else None
        if pool and tokens_file:
            user_pool.write_clients(pool, f"{base}{token_endpoint.PATH}", tokens_file)
        yield Served(
            url, runtime_url, key_path, credentials_file, logs, declared, undecided, model_server, gateway, pool,
            tokens_file,
        )  # fmt: skip


def serve(
    graph: Graph,
    *,
    port: int,
    log_dir: Path,
    keys_file: Path,
    host: str = "127.0.0.1",
    project: Path = ROOT,
    clients: Sequence[str] | None = None,
    trust_forwarded: bool = False,
    say: Callable[[str], None] = typer.echo,
) -> None:
    """Serves `graph` until SIGINT or SIGTERM, then returns. Raises ServerError as `running` does."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    # A shell starts what goes to its background with SIGINT ignored.
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with running(
            graph, port=port, host=host, log_dir=log_dir, keys_file=keys_file, project=project,
            clients=clients, trust_forwarded=trust_forwarded,
        ) as served:  # fmt: skip
            say(f"serving  POST {served.url}")
            say(f"keys     {served.keys_file}  (send one as the header x-api-key)")
            say(f"signing  {served.credentials_file}  (credentials for {signature.SERVICE})")
            if served.tokens_file:
                say(f"tokens   {served.tokens_file}  (ids and secrets of clients for {token_endpoint.PATH})")
            say(f"logs     {served.log_dir}")
            say("not imitated here: " + "; ".join([*NOT_ENFORCED, *served.undecided]))
            while (log := served.stopped()) is None:
                time.sleep(0.2)
            raise ServerError(f"A server process ended by itself: {served.log_dir / log} says why.")
    except KeyboardInterrupt:
        say("stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_port(port: int, host: str = "127.0.0.1") -> None:
    """Says before any work that a port cannot be listened on: ServerError, as `running` raises it."""
    with listening(host, port):
        pass


def chosen(graph: Graph, clients: str | None) -> Sequence[str] | None:
    """What an option says of the clients: how many of the declared ones, or their names with commas between.

    Raises ServerError when the stack does not declare so many.
    """
    if clients is None:
        return None
    if not clients.strip().isdecimal():
        return [name.strip() for name in clients.split(",") if name.strip()]
    names = [str(key["inputs"].get("name")) for key in graph.by_type(tokens.API_KEY)]
    if not 1 <= int(clients) <= len(names):
        raise ServerError(f"--clients {int(clients)} is not between 1 and {len(names)}, the stack's clients.")
    return names[: int(clients)]


def issue(declared: Declared, clients: Sequence[str] | None) -> Sequence[ApiKey]:
    """The declared keys of the named clients: a key's name, or its last part."""
    if clients is None:
        return declared.api.keys
    keys_of = {c: [k for k in declared.api.keys if k.name == c or k.name.endswith(f"-{c}")] for c in clients}
    if not keys_of or any(len(found) != 1 for found in keys_of.values()):
        known = ", ".join(key.name for key in declared.api.keys)
        raise ServerError(f"The named clients are not those of the stack, which declares the keys {known}.")
    return [found[0] for found in keys_of.values()]


def issued_pool(api: Api) -> user_pool.Pool | None:
    """A pool that issues tokens for the first pool that a method asks for; None where none asks for a token."""
    checks = [method.token for method in api.methods if method.token]
    return user_pool.issue(api.machine_clients, checks[0].issuers[0]) if checks else None


def foreign_pools(api: Api) -> list[str]:
    """For each user pool that the stack names and does not declare, that its keys are not known here."""
    arns = dict.fromkeys(arn for method in api.methods if method.token for arn in method.token.elsewhere)
    return [
        f"tokens of the user pool {arn}, whose keys only AWS has: this server issues its own in their place"
        for arn in arns
    ]


def scoring_path(api: Api) -> str:
    """The path of the first method for POST, else of one for any verb, else of any."""
    paths = {method.verb: method.path for method in reversed(api.methods)}
    return paths.get("POST") or paths.get("ANY") or next(iter(paths.values()), "/")


def _unpacked(container: Container, target: Path) -> None:
    if not container.archive.is_file():
        raise ServerError(
            f"The model archive {container.archive.name} is not where the stack declares it: "
            "build it with `python -m model package`."
        )
    from model.artifact.package import unpack  # brings the training libraries along: only when serving

    try:
        unpack(container.archive, target, sha256=container.sha256)
    except UserError as error:
        raise ServerError(str(error)) from None


@contextmanager
def _model_server(
    container: Container, folder: Path, listener: socket.socket, logs: Path
) -> Iterator[Process]:
    environment = {
        **container.environment,
        "PYTHONPATH": str(folder / "model" / "code"),
        **compiled_once(),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
    }
    command = [
        sys.executable, "-P", str(_MODEL_SERVER),
        "--model-dir", str(folder / "model"), "--endpoint", container.endpoint,
    ]  # fmt: skip
    if container.capture:
        command += [
            "--capture", str(logs / "capture.jsonl"), "--capture-percentage", str(container.capture.percentage),
            "--capture-modes", ",".join(container.capture.modes),
        ]  # fmt: skip
    with child(command, environment, listener, logs / "model-server.log") as process:
        yield process
