"""aws.iam.get_policy_document: statements -> the text of the document, byte for byte as the provider writes it.

Where the form comes from: terraform-provider-aws, internal/service/iam/policy_document_data_source.go and
policy_model.go.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_preflight.errors import UserError

Document = dict[str, Any]
Statement = dict[str, Any]
_OLD = "2008-10-17"
_ORDER = (
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"
)  # fmt: skip
# What Go's encoder writes for characters that mean something in HTML.
_ESCAPED = str.maketrans(
    {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def answer(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The function's result. Raises UserError for what the provider refuses."""
    version = arguments.get("version") or "2012-10-17"
    merged: Document = {"Version": "", "Id": "", "Statement": []}
    sources = _parsed(arguments.get("sourcePolicyDocuments"), "source")
    _refuse_repeated([statement for source in sources for statement in source["Statement"]])
    for source in sources:
        _merge(merged, source)
    statements = [_statement(entry, version) for entry in arguments.get("statements") or ()]
    _refuse_repeated(statements)
    _merge(merged, {"Version": version, "Id": arguments.get("policyId") or "", "Statement": statements})
    for override in _parsed(arguments.get("overridePolicyDocuments"), "override"):
        _merge(merged, override)
    document = {key: value for key, value in merged.items() if value}
    text = json.dumps(document, indent=2, ensure_ascii=False).translate(_ESCAPED)
    small = json.dumps(document, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPED)
    return {
        **arguments,
        "version": version,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": small,
    }


def _merge(merged: Document, new: Document) -> None:
    """Takes over a document: a later statement replaces the one with the same Sid."""
    merged["Id"] = new["Id"] or merged["Id"]
    merged["Version"] = max(merged["Version"], new["Version"])
    places = {
        statement["Sid"]: place for place, statement in enumerate(merged["Statement"]) if "Sid" in statement
    }
    for statement in new["Statement"]:
        if statement.get("Sid") in places:
            merged["Statement"][places[statement["Sid"]]] = statement
            continue
        if "Sid" in statement:
            places[statement["Sid"]] = len(merged["Statement"])
        merged["Statement"].append(statement)


def _statement(entry: Mapping[str, Any], version: str) -> Statement:
    def variables(value: Any) -> Any:
        return _variables(value, version)

    found = {
        "Sid": entry.get("sid"),
        "Effect": entry.get("effect") or "Allow",
        "Action": _set(entry.get("actions")),
        "NotAction": _set(entry.get("notActions")),
        "Resource": variables(_set(entry.get("resources"))),
        "NotResource": variables(_set(entry.get("notResources"))),
        "Principal": _principals(_given(entry.get("principals"), variables)),
        "NotPrincipal": _principals(_given(entry.get("notPrincipals"), variables)),
        "Condition": _conditions(
            [
                (item["test"], item["variable"], variables(list(item["values"])))
                for item in entry.get("conditions") or ()
            ]
        ),
    }
    return {key: found[key] for key in _ORDER if found[key]}


def _given(entries: Sequence[Mapping[str, Any]] | None, variables: Any) -> list[tuple[str, Any]]:
    return [(entry["type"], variables(_set(entry["identifiers"]))) for entry in entries or ()]


def _set(values: Sequence[str] | None) -> Any:
    """One value alone, several in falling order."""
    unique = sorted(set(values or ()), reverse=True)
    return unique[0] if len(unique) == 1 else unique


def _variables(value: Any, version: str) -> Any:
    """Policy variables are written &{name}, since ${name} means something to the language."""
    if isinstance(value, list):
        return [_variables(item, version) for item in value]
    if version == _OLD and "&{" in value:
        raise UserError(
            "a policy document of version 2008-10-17 cannot have variables: leave out its version."
        )
    return value.replace("&{", "${")


def _principals(entries: Sequence[tuple[str, Any]]) -> Any:
    if len(entries) == 1 and entries[0][0] == "*" and entries[0][1] in ("*", ["*"]):
        return "*"
    found: dict[str, Any] = {}
    for kind, identifiers in entries:
        many = sorted(identifiers, reverse=True) if isinstance(identifiers, list) else identifiers
        if kind not in found:
            found[kind] = many
            continue
        before = found[kind] if isinstance(found[kind], list) else [found[kind]]
        found[kind] = before + (many if isinstance(many, list) else [many])
    return dict(sorted(found.items()))


def _conditions(entries: Sequence[tuple[str, str, Sequence[str]]]) -> Any:
    found: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in entries:
        found.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {name: values[0] if len(values) == 1 else values for name, values in sorted(variables.items())}
        for test, variables in sorted(found.items())
    }


def _parsed(texts: Sequence[str] | None, what: str) -> list[Document]:
    return [_document(text, f"{what} document {number}") for number, text in enumerate(texts or ()) if text]


def _document(text: str, what: str) -> Document:
    """A finished document, brought into the same form."""
    try:
        document = json.loads(text)
        statements = document.get("Statement") or []
        statements = statements if isinstance(statements, list) else [statements]
        return {
            "Version": document.get("Version") or "",
            "Id": document.get("Id") or "",
            "Statement": [_again(statement) for statement in statements],
        }
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise UserError(f"get_policy_document: {what} is not a policy document in JSON.") from None


def _again(statement: Mapping[str, Any]) -> Statement:
    found = dict(statement)
    for key in ("Principal", "NotPrincipal"):
        if isinstance(found.get(key), str):
            found[key] = _principals([("*", ["*"])])
        elif key in found:
            found[key] = _principals(list(found[key].items()))
    if "Condition" in found:
        found["Condition"] = _conditions(
            [
                (test, name, _texts(values))
                for test, variables in found["Condition"].items()
                for name, values in variables.items()
            ]
        )
    return {key: found[key] for key in _ORDER if found.get(key)}


def _texts(values: Any) -> list[str]:
    if isinstance(values, bool):
        return [str(values).lower()]
    return [values] if isinstance(values, str) else list(values)


def _refuse_repeated(statements: Sequence[Statement]) -> None:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    for sid in sids:
        if sids.count(sid) > 1:
            raise UserError("get_policy_document: two statements have the same sid: rename one of them.")
