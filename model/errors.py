"""The root of the mistakes that a user can fix."""

from __future__ import annotations


class UserError(Exception):
    """The message is one sentence naming place and remedy; commands print it without a traceback."""
