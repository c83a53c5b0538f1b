"""`python -m model card`: the model card of built artifacts, in Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from model.artifact.card import markdown
from model.commands import cli
from model.errors import UserError
from model.files import write_text


def main(
    cards: Annotated[list[Path], typer.Argument(help="card.json of one or more artifacts.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file, not to the terminal.")] = None,
) -> None:
    """Write the model card of built artifacts in Markdown."""
    cli.check_output(out)
    for path in cards:
        if not path.is_file():
            raise UserError(f"{path} is not a file: name the card.json in the folder of a built artifact.")
    try:
        text = markdown([json.loads(path.read_bytes()) for path in cards])
    except (ValueError, KeyError, TypeError):
        raise UserError("One of the files is not a card of this version: build the artifact again.") from None
    if out is None:
        typer.echo(text, nl=False)
        return
    write_text(out, text)
