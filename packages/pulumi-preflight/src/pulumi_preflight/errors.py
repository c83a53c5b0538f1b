"""The mistakes a user can make here: one tree, one sentence each."""

from __future__ import annotations


class UserError(Exception):
    """A user's mistake. The message is one sentence with place and remedy, and holds no value."""

    exit_code = 2


class NotJudgedError(UserError):
    """There is no verdict: the program, its log or the policy pack did not get to the end."""
