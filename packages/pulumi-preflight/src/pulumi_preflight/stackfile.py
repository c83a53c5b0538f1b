"""Pulumi.yaml and Pulumi.<stack>.yaml, read the way the Pulumi CLI reads them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_preflight import interpreter, pluginfile, yamlfile
from pulumi_preflight.errors import UserError
from pulumi_preflight.pluginfile import Plugin

_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class StackConfig:
    """Configuration of one stack: every key is `namespace:key`, every value the text a program would get."""

    project: str
    stack: str
    values: Mapping[str, str]
    secret_keys: frozenset[str]
    root: Path = Path()
    program: Path = Path("__main__.py")
    """The folder of Pulumi.yaml, and the file that the engine would run."""
    python: Path | None = None
    """The interpreter of the virtual environment that Pulumi.yaml names, when it is not the one that runs here."""
    note: str = ""
    """A sentence about what could not be done as Pulumi.yaml says, or nothing."""
    plugins: tuple[Plugin, ...] = ()
    """The provider plugins that are folders of the project."""

    @property
    def environment(self) -> dict[str, str]:
        """The configuration as a program gets it: variables of its environment."""
        return {
            "PULUMI_CONFIG": json.dumps(dict(self.values)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.secret_keys)),
        }


def load(
    project_dir: Path, stack: str, overrides: Mapping[str, str], secret_overrides: Collection[str] = ()
) -> StackConfig:
    """Configuration of `stack`: defaults of the project file, then the stack file, then `overrides`.

    The stack may be named as the CLI takes it, `organization/project/stack`. Raises UserError for a name that no
    stack has, for a missing or broken file, an encrypted value that nothing overrides, and a key
    that the project declares without a default and nobody sets.
    """
    project_file = project_dir / "Pulumi.yaml"
    project_doc = _document(project_file)
    stack = _stack_name(stack, project_doc.get("name"))
    stack_folder = _stack_folder(project_dir, project_doc)
    stack_file = stack_folder / f"Pulumi.{stack}.yaml"
    name = project_doc.get("name")
    if not isinstance(name, str) or not name:
        raise UserError(f"{project_file.name} has no project name: add a line `name: <project>`.")
    known = sorted(path.name.split(".")[1] for path in stack_folder.glob("Pulumi.*.yaml"))
    if not stack_file.exists() and known:
        raise UserError(
            f"there is no stack {stack!r}: {stack_file.name} does not exist; known stacks: {', '.join(known)}."
        )
    values, secret_keys, required = _declared(name, project_doc, project_file.name)
    given = {_qualified(name, key): value for key, value in overrides.items()}
    # A stack without configuration needs no file, to the CLI as well.
    stack_doc = _document(stack_file) if stack_file.exists() else {}
    for key, value in _mapping(stack_doc, "config", stack_file.name).items():
        full = _qualified(name, str(key))
        if isinstance(value, Mapping) and set(value) == {"secure"}:
            secret_keys.add(full)
            if full not in given:
                raise UserError(
                    f"{stack_file.name}: {full} is encrypted and cannot be read here; pass a stand-in with "
                    f"--config {key}=<value>."
                )
        elif value is not None:
            if _encrypted(value) and full not in given:
                raise UserError(
                    f"{stack_file.name}: {full} has an encrypted value in it, which cannot be read here; pass a "
                    f"stand-in for the whole of it with --config '{key}=<JSON>'."
                )
            if _encrypted(value):
                secret_keys.add(full)
            values[full] = _text(value)
    values.update(given)
    for key in sorted(required - set(values)):
        raise UserError(f"{stack_file.name} is missing configuration value {key}{_meant(key, values)}.")
    secret_keys.update(_qualified(name, key) for key in secret_overrides)
    program = _program(project_dir, project_doc)
    python, note = _python(project_dir, project_doc)
    plugins = pluginfile.declared(project_dir, project_doc)
    return StackConfig(
        name, stack, values, frozenset(secret_keys), project_dir, program, python, note, plugins
    )


def _stack_name(named: str, project: Any) -> str:
    """The stack's own name in `stack`, `organization/stack` or `organization/project/stack`."""
    *above, name = named.split("/")
    if len(above) > 2 or not all(map(_NAME.fullmatch, (*above, name))):
        raise UserError(
            f"{named!r} is not the name of a stack: letters, digits, '-', '_' and '.', after an organization and a "
            "project if you like (acme/shop/prod)."
        )
    if len(above) == 2 and above[1] != project:
        raise UserError(f"the stack {named} is of the project {above[1]}, and this is {project}.")
    return name


def _stack_folder(root: Path, document: Mapping[str, Any]) -> Path:
    """Where the stack files are: `stackConfigDir` names the folder, and so did `config` in older projects."""
    older = document.get("config")
    return root / (_path(document, "stackConfigDir") or (older if isinstance(older, str) else ""))


def _path(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise UserError(f"Pulumi.yaml: {key} must be a path as text.")
    return value or ""


def _program(root: Path, document: Mapping[str, Any]) -> Path:
    """The file to run: `main` names it or its folder."""
    runtime = document.get("runtime")
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language not in (None, "python"):
        raise UserError(
            f"Pulumi.yaml: the program is written for {language}, and only Python can be evaluated here; "
            "judge its state with --file, or the engine's log with --events."
        )
    program = root / (_path(document, "main") or ".")
    program = program if program.suffix == ".py" and not program.is_dir() else program / "__main__.py"
    if not program.is_file():
        shown = program.relative_to(root) if program.is_relative_to(root) else program
        raise UserError(f"there is no Pulumi program: {shown} does not exist in {root.name}.")
    return program.resolve()


def _python(root: Path, document: Mapping[str, Any]) -> tuple[Path | None, str]:
    """(interpreter of the project's own environment or None for this one, a sentence if it cannot be used)."""
    runtime = document.get("runtime")
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    named = options.get("virtualenv") if isinstance(options, Mapping) else None
    if not isinstance(named, str) or not named:
        return None, ""
    where = f"Pulumi.yaml names the virtual environment {named}"
    return interpreter.find(root / named, where, "the program")


def _meant(key: str, values: Mapping[str, str]) -> str:
    """Names the key that was probably meant to be this one."""
    near = difflib.get_close_matches(key, values, n=1, cutoff=0.9)
    return f"; {near[0].rpartition(':')[2]} may be a typing error" if near else ""


def _declared(
    project: str, document: Mapping[str, Any], place: str
) -> tuple[dict[str, str], set[str], set[str]]:
    values: dict[str, str] = {}
    secret_keys: set[str] = set()
    required: set[str] = set()
    if isinstance(document.get("config"), str):
        return values, secret_keys, required
    for key, entry in _mapping(document, "config", place).items():
        full = _qualified(project, str(key))
        if not isinstance(entry, Mapping):
            values[full] = _text(entry)
            continue
        if entry.get("secret"):
            secret_keys.add(full)
        for source in ("value", "default"):
            if entry.get(source) is not None:
                values[full] = _text(entry[source])
                break
        else:
            if "value" not in entry and "default" not in entry:
                required.add(full)
    return values, secret_keys, required


def _document(path: Path) -> Mapping[str, Any]:
    document = yamlfile.read(path, path.name)
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise UserError(f"{path.name} must be a mapping of keys to values.")
    return document


def _mapping(document: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    value = document.get(key) or {}
    if not isinstance(value, Mapping):
        raise UserError(f"{place}: `{key}` must be a mapping of keys to values.")
    return value


def _encrypted(value: Any) -> bool:
    """Whether a secure value lies somewhere in it."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if set(item) == {"secure"} and isinstance(item["secure"], str):
                return True
            stack += item.values()
        elif isinstance(item, list):
            stack += item
    return False


def _qualified(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: Any) -> str:
    """Pulumi hands every value to the program as text: scalars as YAML spells them, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))
