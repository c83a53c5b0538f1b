"""Reads YAML that others wrote: whatever is wrong with it is one sentence with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pulumi_preflight import files
from pulumi_preflight.errors import UserError

_MOST = 100_000
"""Values in a file, those that its aliases repeat counted again; a value that contains itself has no end of them."""


def read(path: Path, what: str) -> Any:
    """The document in `path`, which a message calls `what`; None for an empty one. Raises UserError in one sentence."""
    try:
        document = yaml.safe_load(files.read_bytes(path).decode())
    except FileNotFoundError:
        raise UserError(f"{what} does not exist in {path.parent.name or '.'}.") from None
    except OSError as error:
        raise UserError(f"{what} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{what} cannot be read as UTF-8 text.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{what}, line {mark.line + 1}" if mark else what
        raise UserError(f"{place}: this is not valid YAML.") from None
    except RecursionError:
        raise UserError(f"{what} is nested too deeply to be read.") from None
    except ValueError as error:  # a date that does not exist
        raise UserError(f"{what} cannot be read as YAML: {error}.") from None
    _bounded(document, what)
    return document


def _bounded(document: Any, what: str) -> None:
    stack, seen = [document], 0
    while stack:
        value = stack.pop()
        seen += 1
        if seen > _MOST:
            raise UserError(f"{what} holds more than {_MOST:,} values, or one that contains itself.")
        if isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value
