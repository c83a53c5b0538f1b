"""What pulumi-aws calls the inputs of a resource type."""

from __future__ import annotations

import importlib
import inspect
import warnings

_MODULES = {"lambda": "lambda_"}


def properties(token: str) -> set[str]:
    """The inputs of a type, as `camelCase`. Raises AttributeError for a type that pulumi-aws does not have."""
    module, name = token.split(":")[1].split("/")[0], token.rsplit(":", 1)[-1]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # importing a module defines its deprecated classes too
        found = getattr(importlib.import_module(f"pulumi_aws.{_MODULES.get(module, module)}"), name)
    signature = inspect.signature(found._internal_init)
    return {_camel(parameter) for parameter in signature.parameters}


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.capitalize() for word in rest)
