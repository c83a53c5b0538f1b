"""The command line of the model: one subcommand per module of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import typer

COMMANDS = ("train", "evaluate", "package", "compare", "card", "drift", "drift-test", "sample")
"""Each is a module of this folder, hyphens as underscores, with a function `main`."""


def app(arguments: Sequence[str]) -> typer.Typer:
    """The application for these arguments: it imports only the command they name, as most take a second to load."""
    whole = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
    whole.callback()(_model)
    for name in [name for name in COMMANDS if name in arguments[:1]] or COMMANDS:
        whole.command(name)(import_module(f"model.commands.{name.replace('-', '_')}").main)
    return whole


def _model() -> None:
    """Train, evaluate, package, compare and watch the fraud model."""
