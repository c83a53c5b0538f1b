"""The mistakes a user can make here: one class, one sentence."""

from __future__ import annotations


class PreflightError(Exception):
    """A user's mistake. The message is one sentence with place and remedy, and holds no value."""
