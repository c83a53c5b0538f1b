"""What leans on how the policy SDK and its messages are built. Where a name is gone, the slow and public way is taken.

The SDK asks every policy about every resource and decodes the properties again for each. Here each message is read
once. That needs one hook only, the generated function that puts a servicer into a gRPC server; without it the SDK calls
each policy's `validate`, which says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import intern
from typing import Any, Final

import pulumi
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from endpoint_guard.wire.server import no_answer, take_over

try:
    from pulumi_policy import secret as _secret
except ImportError:
    _secret = None  # type: ignore[assignment]

Secret: Final[Any] = getattr(_secret, "Secret", None)
"""How a remediation gets a secret, or None: then a secret cannot be told from a value."""

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key of an object that stands for something else; its value says for what."""
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
SENTINELS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What the engine sends in place of a value that is not known yet, one text for each type."""
HIDDEN: Final = "[secret]"
"""What the engine sends in place of every secret of an exported stack whose passphrase is not at hand."""


class Unknown:
    """The one value of what a preview cannot tell yet."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown()


def plain(value: Any) -> Any:
    """The value as plain dicts and lists, with `UNKNOWN` where the engine sent a sentinel. Never raises."""
    if isinstance(value, str):
        return UNKNOWN if value in SENTINELS or value == HIDDEN else value
    if isinstance(value, Mapping):
        return {str(key): _member(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_member(value, place) for place in range(len(value))]
    return value


def _member(parent: Any, key: Any) -> Any:
    try:
        item = parent[key]
    except Exception:  # the SDK's proxies raise where a sentinel stands
        return UNKNOWN
    return plain(item)


def raw(value: Any) -> Any:
    """What one of the SDK's proxies stands for, secrets and unknowns included.

    Raises KeyError or TypeError for a proxy that does not give it.
    """
    while isinstance(value, Mapping | Sequence) and not isinstance(value, dict | list | str | bytes):
        proxied: Any = value
        value = proxied["__target"]
    return value


def decode(struct: Any) -> dict[str, Any]:
    """A protobuf Struct as plain values, equal to the SDK's own, with `UNKNOWN` for sentinels.

    Beyond the SDK, which refuses them, a resource reference is the resource's id and an output its value.
    """
    fields = struct.fields
    return {intern(key): _value(fields[key]) for key in fields}  # .items() of such a map takes twice as long


_SENTINELS: Final = dict.fromkeys((*SENTINELS, HIDDEN), UNKNOWN)
_texts: dict[str, Any] = dict(_SENTINELS)
"""What each text stands for, most for themselves. A stack says the same ones many times: each is kept once."""


def forget() -> None:
    """Lets go of the texts that were read so far."""
    _texts.clear()
    _texts.update(_SENTINELS)


def shared(text: str) -> str:
    """The text, as the one object that stands for it in all that was decoded."""
    known: str | Unknown = _texts.setdefault(text, text)
    return known if isinstance(known, str) else text


def _value(value: Any) -> Any:
    if text := value.string_value:  # most values are texts: one look instead of two
        return _texts.setdefault(text, text)
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        members = {intern(key): _value(fields[key]) for key in fields}
        return _special(members) if SIGNATURE in members else members
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None if kind is None or kind == "null_value" else getattr(value, kind)


def _special(members: dict[str, Any]) -> Any:
    """What an object with a signature stands for; itself when nobody knows the signature."""
    signature = members[SIGNATURE]
    if signature in (_SECRET, _OUTPUT):
        return members.get("value", UNKNOWN)
    if signature == _REFERENCE:
        return members.get("id") or UNKNOWN
    if signature == _ASSET:
        return _of(members, pulumi.FileAsset, pulumi.StringAsset, pulumi.RemoteAsset)
    if signature == _ARCHIVE and "assets" in members:
        return pulumi.AssetArchive(members["assets"])
    if signature == _ARCHIVE:
        return _of(members, pulumi.FileArchive, pulumi.StringAsset, pulumi.RemoteArchive)
    return members


def _of(members: dict[str, Any], path: Any, text: Any, uri: Any) -> Any:
    for key, kind in (("path", path), ("text", text), ("uri", uri)):
        if isinstance(members.get(key), str):
            return kind(members[key])
    return members


class StackRequest:
    """The AnalyzeStackRequest of these bytes, whose `resources` are read one by one and need not be kept.

    As one message they take several times the room of their bytes.
    """

    def __init__(self, message: memoryview) -> None:
        parts = _resources(message)
        self.resources: Iterable[Any] = (
            analyzer_pb2.AnalyzeStackRequest.FromString(message).resources
            if parts is None
            else map(analyzer_pb2.AnalyzerResource.FromString, parts)
        )


_FIRST_FIELD: Final = 0x0A
"""The tag of field 1, which has a length. AnalyzeStackRequest has no other."""


def _resources(message: memoryview) -> list[memoryview] | None:
    """The bytes of each resource of an AnalyzeStackRequest; None when there is more in it, or less."""
    parts, place = [], 0
    while place < len(message):
        tag, size, shift = message[place], 0, 0
        while (place := place + 1) < len(message):
            size |= (message[place] & 0x7F) << shift
            shift += 7
            if message[place] < 0x80:
                break
        end = place + 1 + size
        if tag != _FIRST_FIELD or end > len(message):
            return None
        parts.append(message[place + 1 : end])
        place = end
    return parts


ADD_SERVICER = getattr(analyzer_pb2_grpc, "add_AnalyzerServicer_to_server", None)
"""How the SDK starts to serve a pack, before `serve_through`; None where it has another name."""
_wrap: list[Callable[[Any], Any]] = []


def serve_through(wrap: Callable[[Any], Any]) -> bool:
    """From now on a pack is served through `wrap(the SDK's servicer)`; False where there is no way to do so."""
    add = ADD_SERVICER
    if add is None:
        return False
    if not _wrap:

        def added(servicer: Any, server: Any) -> None:
            ours = _wrap[0](servicer)
            add(ours, take_over(server, getattr(ours, "own_answer", no_answer)))

        analyzer_pb2_grpc.add_AnalyzerServicer_to_server = added
    _wrap[:] = [wrap]
    return True
