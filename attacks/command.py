"""The command behind `python -m preflight attack`: what was asked for -> target and outcomes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import typer
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from attacks import bearer, clients, local
from attacks.probe import Outcome
from attacks.probes import ALL
from attacks.promise import promise_of
from attacks.runner import MAX_REQUESTS, attack, select
from attacks.target import Promise, Signer, Target, default_signer, read_signer
from localaws import keys, token_client

_LINE_EVERY = 20
"""Probes between two lines of progress where there is no terminal: about ten seconds."""


@dataclass(frozen=True)
class Asked:
    """The options of one call. Without `url` the graph is served here and attacked."""

    url: str | None = None
    api_key_file: Path | None = None
    credentials_file: Path | None = None
    tokens_file: Path | None = None
    sign: str | None = None
    known_caller: str | None = None
    log_dir: Path | None = None
    only: str | None = None
    max_requests: int = MAX_REQUESTS
    yes: bool = False

    def check(self, is_stack_named: bool) -> None:
        """Raises UserError for options that contradict each other: known before a stack is evaluated."""
        select(ALL, self.only)
        if self.url is not None:
            self._check_address(self.url)
            return
        if not is_stack_named:
            raise UserError("name an address to attack, or a stack to serve here with --stack.")
        own = (self.api_key_file, self.credentials_file, self.tokens_file, self.sign, self.log_dir)
        if any(own) or self.known_caller:
            raise UserError("a stack served here brings its own keys, credentials and logs: leave yours out.")

    def _check_address(self, url: str) -> None:
        if not _is_method(url):
            raise UserError("The address must be that of the scoring method, https://<host>/<stage>/score.")
        if self.credentials_file and self.sign:
            raise UserError("name one source of credentials: --credentials-file or --sign.")
        if self.log_dir and not self.log_dir.is_dir():
            raise UserError(f"{self.log_dir} is not a folder: name the one that the server's logs go to.")


def run(asked: Asked, graph: Graph | None, project: Path, console: Console) -> list[Outcome]:
    """The outcomes of all chosen probes. Raises UserError for a mistake, before anything is sent."""
    asked.check(graph is not None)
    probes = select(ALL, asked.only)
    if asked.url is None:
        assert graph is not None  # noqa: S101  # it was just checked
        with progress(console, len(probes)) as say:
            return local.attack_stack(graph, say, probes=probes, project=project)
    target = _target(asked, asked.url, graph)
    if not target.loopback and not asked.yes:
        _confirm(asked.url)
    with progress(console, len(probes)) as say:
        return attack(target, probes, max_requests=asked.max_requests, admitted=True, say=say)


def _target(asked: Asked, url: str, graph: Graph | None) -> Target:
    signer = _signer(asked)
    # Without a graph nothing says whether the stage asks for signatures: credentials are only given if it does.
    purse = bearer.filled(token_client.load(asked.tokens_file)) if asked.tokens_file else None
    promise = promise_of(graph) if graph else Promise(signed=signer is not None, tokens=purse is not None)
    values = keys.load(asked.api_key_file) if asked.api_key_file else {}
    if graph:
        values = clients.ordered(values, graph)
    return Target(url, promise, values, signer, asked.known_caller, asked.log_dir, purse=purse)


def _is_method(url: str) -> bool:
    """An http address with a host and two steps of a path, and nothing that could hide where it leads."""
    try:
        parts, address = urlsplit(url), httpx.URL(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.hostname == address.host
            and parts.port != 0
            and parts.path.count("/") >= 2
            and not parts.username
            and not parts.query
            and not parts.fragment
        )
    except (ValueError, httpx.InvalidURL):
        return False


def _signer(asked: Asked) -> Signer | None:
    if asked.credentials_file:
        return read_signer(asked.credentials_file)
    return default_signer(asked.sign) if asked.sign else None


def _confirm(url: str) -> None:
    host = urlsplit(url).hostname
    if not sys.stdin.isatty():
        raise UserError(f"{host} is not this machine: add --yes if it is yours to attack.")
    if not typer.confirm(
        f"Send some thousands of hostile requests to {host}. Is it yours to attack?", err=True
    ):
        raise UserError("nothing was sent.")


@contextmanager
def progress(console: Console, total: int) -> Iterator[Callable[[Outcome], None]]:
    """A function to call with each outcome: it moves a bar on a terminal, and elsewhere prints a line now and then."""
    done = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("attacking", total=total)

        def say(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            bar.update(task, advance=1, description=outcome.probe.name)
            if not console.is_terminal and done % _LINE_EVERY == 0:
                console.print(f"{done} of {total} probes", highlight=False)

        yield say
