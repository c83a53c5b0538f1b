"""`python -m model COMMAND`; without a command, what there is."""

from __future__ import annotations

import sys

from model.commands import cli
from model.commands.main import app

if __name__ == "__main__":
    cli.one_sentence(app(sys.argv[1:]))
