"""API Gateway's request validation: required parameters, and the body against the model of its content type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError

from localaws.declared_api import Method
from localaws.errors import ServerError

DEFAULT = "$default"
_ASSUMED = "application/json"
"""API Gateway takes a body without a content type for JSON."""


class Validator:
    """Validates the requests of one method. Raises ServerError when a declared schema is none."""

    def __init__(self, method: Method) -> None:
        self._required = [name.removeprefix("method.request.").partition(".") for name in method.required]
        self._models: dict[str, Draft4Validator] = {}
        for kind, schema in method.models.items():
            try:
                Draft4Validator.check_schema(schema)
            except SchemaError:
                raise ServerError(
                    f"The request model of {method.route} is not a JSON schema: correct it."
                ) from None
            self._models[kind] = Draft4Validator(schema)

    def missing_parameters(self, header: Callable[[str], str | None], query: str) -> list[str]:
        """The required parameters that are absent or blank."""
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        found: Mapping[str, Callable[[str], str | None]] = {"header": header, "querystring": arguments.get}
        return [
            name
            for place, _, name in self._required
            if place in found and not (found[place](name) or "").strip()
        ]

    def fault(self, body: bytes, content_type: str | None) -> str | None:
        """What is wrong with the body, which may quote it, or None. A type without a model is not looked at."""
        media = (content_type or _ASSUMED).partition(";")[0].strip().lower() or _ASSUMED
        model = self._models.get(media) or self._models.get(DEFAULT)
        if model is None:
            return None
        try:
            document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return "[the body is not valid JSON]"
        error = next(model.iter_errors(document), None)
        return f"[{error.message}]" if error else None


def _no_constant(_: Any) -> NoReturn:
    raise ValueError
