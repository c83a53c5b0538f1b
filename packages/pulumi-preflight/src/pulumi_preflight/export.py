"""The graph in a stack export, a checkpoint or a bare deployment, whatever language its program is written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_preflight import jsonfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.findings import printable
from pulumi_preflight.graph import (
    HIDDEN,
    SECRET,
    SIGNATURE,
    SIGNATURES,
    STACK_TYPE,
    UNKNOWN,
    Graph,
    Resource,
)

_VERSIONS = (3, 4)
"""4 is what the CLI writes once a state uses a feature that 3 has no place for."""
_REMEDY = "write it with `pulumi stack export --file <file>`."
_TEXTS = ("urn", "type", "id", "parent", "provider")
_FLAGS = ("custom", "delete", "external", "protect", "deleteBeforeReplace", "retainOnDelete")
_LISTS = ("dependencies", "ignoreChanges", "aliases", "additionalSecretOutputs", "replaceOnChanges")
_MAPPINGS = ("inputs", "outputs", "propertyDependencies", "customTimeouts")


def read(path: Path) -> Graph:
    """The graph in a file. Raises UserError in one sentence with the place."""
    return graph(jsonfile.read(path, "the stack export", _REMEDY), str(path))


def graph(document: Any, place: str = "the state") -> Graph:
    """The graph in a document. What only its ciphertext is there of is unknown, and so is `[secret]`.

    Raises UserError, naming `place`, when this is not a state, is of another version, or holds nothing.
    """
    deployment = _deployment(document, place)
    entries = deployment.get("resources") or []
    if not isinstance(entries, list):
        raise UserError(f"{place} is not a stack export: {_REMEDY}")
    live = [
        _restored(entry, f"{place}: resource {number}")
        for number, entry in enumerate(entries, 1)
        if not (isinstance(entry, Mapping) and entry.get("delete"))
    ]
    if not live:
        raise UserError(f"{place} holds no resources: the stack has not been deployed.")
    stack, project = live[0]["urn"].split("::")[0:2]
    root = next((item for item in live if item["type"] == STACK_TYPE), None)
    return Graph(
        project=project,
        stack=stack.removeprefix("urn:pulumi:"),
        preview=False,
        resources=live,
        exports=dict(root["outputs"]) if root else {},
        warnings=tuple(_pending(deployment.get("pending_operations"))),
        source="deployed",
    )


def _deployment(document: Any, place: str) -> Mapping[str, Any]:
    """The part with the resources: of an export, a backend's checkpoint, or the document itself."""
    if not isinstance(document, Mapping):
        raise UserError(f"{place} is not a stack export: {_REMEDY}")
    checkpoint = document.get("checkpoint")
    inner = checkpoint.get("latest") if isinstance(checkpoint, Mapping) else document.get("deployment")
    if inner is None and "resources" in document:
        return document
    if not isinstance(inner, Mapping):
        raise UserError(f"{place} is not a stack export: {_REMEDY}")
    version = document.get("version")
    if version not in _VERSIONS:
        newer = isinstance(version, int) and version > max(_VERSIONS)
        remedy = "update pulumi-preflight." if newer else "export it with a current Pulumi CLI."
        can = " and ".join(map(str, _VERSIONS))
        raise UserError(f"{place} is a state of version {version}, and {can} can be read: {remedy}")
    return inner


def _restored(entry: Any, place: str) -> Resource:
    """A resource with every key a graph needs. Raises UserError for a key of another type."""
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(key), str) for key in ("urn", "type")):
        raise UserError(f"{place} has no urn and type: {_REMEDY}")
    if entry["urn"].count("::") < 3:
        raise UserError(f"{place} has a URN that is not one: {_REMEDY}")
    resource: Resource = {"custom": False, "id": "", "parent": "", "provider": "", "protect": False}
    resource |= {"inputs": {}, "outputs": {}, "dependencies": [], "propertyDependencies": {}}
    resource |= {key: value for key, value in entry.items() if value is not None}
    if not all(isinstance(resource[key], str) for key in _TEXTS):
        raise UserError(f"{place}: one of {', '.join(_TEXTS)} is not a text.")
    if not all(isinstance(resource.get(key, {}), Mapping) for key in _MAPPINGS):
        raise UserError(f"{place}: one of {', '.join(_MAPPINGS)} is not an object.")
    if not all(isinstance(resource.get(key, False), bool) for key in _FLAGS):
        raise UserError(f"{place}: one of {', '.join(_FLAGS)} is not true or false.")
    if not all(_is_texts(resource.get(key, [])) for key in _LISTS):
        raise UserError(f"{place}: one of {', '.join(_LISTS)} is not a list of texts.")
    if not all(_is_texts(urns or []) for urns in resource["propertyDependencies"].values()):
        raise UserError(f"{place}: its propertyDependencies are not lists of URNs.")
    if not all(isinstance(value, int | float) for value in resource.get("customTimeouts", {}).values()):
        raise UserError(f"{place}: its customTimeouts are not numbers of seconds.")
    return resource | {side: _values(resource, side, place) for side in ("inputs", "outputs")}


class _ForeignError(Exception):
    """An object has a signature that Pulumi does not have."""


def _values(resource: Resource, side: str, place: str) -> dict[str, Any]:
    found = {}
    for key, value in resource[side].items():
        try:
            found[key] = _readable(value, place)
        except _ForeignError:
            raise UserError(_foreign(resource, f"{side}.{key}", value, place)) from None
    return found


def _foreign(resource: Resource, top: str, value: Any, place: str) -> str:
    """The sentence about it, at which the engine ends as well."""
    kind, name = resource["type"].rpartition(":")[2], resource["urn"].rpartition("::")[2]
    path = next(_foreign_paths(value, top), top)
    shown = printable(f'{kind} "{name}" holds a value of a kind that Pulumi does not have ({path})')
    return f"{place}: {shown}: {_REMEDY}"


def _foreign_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        if _is_foreign(value):
            yield path
        for key, item in value.items():
            yield from _foreign_paths(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _foreign_paths(item, f"{path}[{number}]")


def _is_foreign(value: Mapping[str, Any]) -> bool:
    signature = value.get(SIGNATURE, SECRET)
    return not isinstance(signature, str) or signature not in SIGNATURES


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _readable(value: Any, place: str) -> Any:
    """The value with secrets as a graph has them: the same object where there are none, since most have none."""
    if isinstance(value, str):
        # What `pulumi policy analyze` and others write for a secret they could not decrypt, whatever its type was.
        return UNKNOWN if value == HIDDEN else value
    if isinstance(value, dict):
        if SIGNATURE in value:
            if _is_foreign(value):
                raise _ForeignError
            if value[SIGNATURE] == SECRET:
                return _secret(value, place)
        changed = {key: new for key, item in value.items() if (new := _readable(item, place)) is not item}
        return value | changed if changed else value
    if isinstance(value, list):
        items = [_readable(item, place) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _secret(value: Mapping[str, Any], place: str) -> Any:
    if "value" in value:
        return {SIGNATURE: SECRET, "value": _readable(value["value"], place)}
    if "plaintext" not in value:
        return UNKNOWN
    what = f"{place}: the plaintext of a secret in it"
    if not isinstance(value["plaintext"], str):
        raise UserError(f"{what} is not JSON.")
    plain = jsonfile.parse(value["plaintext"].encode(), what)
    return {SIGNATURE: SECRET, "value": _readable(plain, place)}


def _pending(operations: Any) -> list[str]:
    found = []
    for operation in operations if isinstance(operations, list) else ():
        resource = operation.get("resource") if isinstance(operation, Mapping) else None
        urn = resource.get("urn") if isinstance(resource, Mapping) else None
        if isinstance(urn, str) and urn.count("::") >= 3:
            kind, name = urn.split("::")[2].rpartition("$")[2], urn.rpartition("::")[2]
            found.append(
                f'{kind} "{name}" may exist half-made: an operation on it ({operation.get("type")}) was interrupted. '
                "Run `pulumi refresh`, then export again."
            )
    return found
