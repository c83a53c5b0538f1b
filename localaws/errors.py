"""What can go wrong before a stack is served."""

from __future__ import annotations

from pulumi_preflight.errors import UserError


class ServerError(UserError):
    """The stack cannot be served. The message is one sentence that names the place and the remedy."""
