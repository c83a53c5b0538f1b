"""What leans on how the policy SDK is built. Where a name is gone, the slow and public way is taken.

The SDK asks every policy about every resource and decodes the properties again for each. Here each message is read
once. That needs one hook only, the generated function that puts a servicer into a gRPC server; without it the SDK calls
each policy's `validate`, which says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pulumi.runtime.proto import analyzer_pb2_grpc

from endpoint_guard.values import SECRET, SIGNATURE
from endpoint_guard.wire.server import OwnAnswer, take_over

try:
    from pulumi_policy import secret as _secret
except ImportError:
    _secret = None  # type: ignore[assignment]

_Secret: Final[Any] = getattr(_secret, "Secret", None)
"""How a remediation gets a secret, or None: then a secret cannot be told from a value."""


def as_sent(value: Any) -> Any:
    """What a remediation is given, as the engine sent it, secrets included.

    Raises KeyError or TypeError for a proxy that does not give what it stands for.
    """
    while isinstance(value, Mapping | Sequence) and not isinstance(value, dict | list | str | bytes):
        proxied: Any = value
        value = proxied["__target"]
    if _Secret is not None and isinstance(value, _Secret):
        return {SIGNATURE: SECRET, "value": as_sent(value.value)}
    if isinstance(value, dict):
        return {key: as_sent(item) for key, item in value.items()}
    return [as_sent(item) for item in value] if isinstance(value, list) else value


def as_given(value: Any) -> Any:
    """The reverse of `as_sent`, without proxies: what the SDK takes back from a remediation."""
    if isinstance(value, dict):
        if _Secret is not None and value.get(SIGNATURE) == SECRET:
            return _Secret(as_given(value["value"]))
        return {key: as_given(item) for key, item in value.items()}
    return [as_given(item) for item in value] if isinstance(value, list) else value


ADD_SERVICER = getattr(analyzer_pb2_grpc, "add_AnalyzerServicer_to_server", None)
"""How the SDK starts to serve a pack, before `serve_through`; None where it has another name."""
_answers: list[Callable[[Any], OwnAnswer]] = []


def serve_through(answers: Callable[[Any], OwnAnswer]) -> bool:
    """From now on `answers(the SDK's servicer)` answers a pack's calls; False where there is no way to do so.

    What it has no answer to goes to the SDK's servicer.
    """
    add = ADD_SERVICER
    if add is None:
        return False
    if not _answers:

        def added(servicer: Any, server: Any) -> None:
            add(servicer, take_over(server, _answers[0](servicer)))

        analyzer_pb2_grpc.add_AnalyzerServicer_to_server = added
    _answers[:] = [answers]
    return True
