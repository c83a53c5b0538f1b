"""Property values as the engine sends them, and as rules see them: plain, with `UNKNOWN` for what is not known yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key of an object that stands for something else; its value says for what."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
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


@dataclass(frozen=True)
class File:
    """An asset or an archive, by one of these: where it is, what it says, or the assets in it by name."""

    path: str | None = None
    uri: str | None = None
    text: str | None = None
    assets: Any = None


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


def decode(struct: Any) -> dict[str, Any]:
    """A protobuf Struct as plain values, equal to the SDK's own, with `UNKNOWN` for sentinels.

    Beyond the SDK, which refuses them, a resource reference is the resource's id and an output its value. An asset or
    archive is a `File`.
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
    if signature in (SECRET, OUTPUT):
        return members.get("value", UNKNOWN)
    if signature == REFERENCE:
        return members.get("id") or UNKNOWN
    if signature == ARCHIVE and "assets" in members:
        return File(assets=members["assets"])
    if signature in (ASSET, ARCHIVE):
        for key in ("path", "text", "uri"):
            if isinstance(members.get(key), str):
                return File(**{key: members[key]})
    return members


def as_sent(struct: Any) -> dict[str, Any]:
    """A protobuf Struct as dicts and lists of just what was sent: objects with a signature and sentinels stay."""
    return {key: _as_sent(value) for key, value in struct.fields.items()}


def _as_sent(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return as_sent(value.struct_value)
    if kind == "list_value":
        return [_as_sent(item) for item in value.list_value.values]
    return None if kind is None or kind == "null_value" else getattr(value, kind)
