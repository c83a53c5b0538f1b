"""The provider plugins that are folders of a project: where Pulumi.yaml names them, and how each is started."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_preflight import interpreter, yamlfile
from pulumi_preflight.errors import UserError

_FILE = "PulumiPlugin.yaml"
_ENVIRONMENTS = {"pip": "venv", "uv": ".venv"}
"""Of a toolchain, where no other is named."""


@dataclass(frozen=True)
class Plugin:
    """A plugin by the name of its package; `shown` is the folder as the project's file has it."""

    name: str
    folder: Path
    shown: str
    version: str = ""


@dataclass(frozen=True)
class Launch:
    """How a plugin starts: the file to run, or the installed distribution; None stands for this interpreter."""

    program: Path
    distribution: str = ""
    python: Path | None = None
    note: str = ""
    """A sentence about what could not be done as the plugin's file says, or nothing."""


class PluginError(Exception):
    """A plugin does not run here. The message is a clause that says why: "it is written for nodejs"."""


def declared(root: Path, document: Mapping[str, Any]) -> tuple[Plugin, ...]:
    """The plugins that Pulumi.yaml in `root` names as folders, those under `plugins` before those under `packages`."""
    plugins = document.get("plugins")
    providers = plugins.get("providers") if isinstance(plugins, Mapping) else None
    return (*_providers(root, providers), *_packages(root, document, set()))


def find(plugins: Sequence[Plugin], name: str, version: str) -> Plugin | None:
    """The first plugin of this name; one that has a version, for that version only."""
    return next(
        (one for one in plugins if one.name == name and (version in ("", one.version) or not one.version)),
        None,
    )


def launch(plugin: Plugin) -> Launch:
    """How a plugin is started. Raises PluginError for one that is not a Python program, or not there."""
    if not plugin.folder.is_dir():
        raise PluginError(f"its folder {plugin.shown} does not exist")
    where = f"{plugin.shown}/{_FILE}"
    if not (plugin.folder / _FILE).is_file():
        raise PluginError(f"{where} does not exist")
    runtime = _runtime(plugin, where)
    language = runtime.get("name")
    if language != "python":
        raise PluginError(f"{where}: it is written for {language}")
    program = plugin.folder / "__main__.py"
    distribution = "" if program.is_file() else _distribution(plugin)
    python, note = _python(plugin, runtime, where)
    return Launch(program.resolve(), distribution, python, note)


def _providers(root: Path, entries: Any) -> Iterator[Plugin]:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and entry.get("name") and entry.get("path"):
            path = str(entry["path"])
            yield Plugin(str(entry["name"]), root / path, path, str(entry.get("version") or ""))


def _packages(root: Path, document: Mapping[str, Any], seen: set[str]) -> Iterator[Plugin]:
    """Those under `packages`, and those that they name themselves: these are relative to the project, too."""
    packages = document.get("packages")
    for name, entry in packages.items() if isinstance(packages, Mapping) else ():
        source = entry.get("source") if isinstance(entry, Mapping) else entry
        path = str(source or "").partition("@")[0]
        if not path.startswith(("./", "..", "/")) or name in seen:
            continue
        seen.add(name)
        plugin = Plugin(str(name), root / path, path.removeprefix("./"))
        try:
            inner = yamlfile.read(plugin.folder / _FILE, _FILE)
        except UserError:  # reported when something in it is asked for
            inner = None
        yield from _packages(root, inner if isinstance(inner, Mapping) else {}, seen)
        yield plugin


def _runtime(plugin: Plugin, where: str) -> Mapping[str, Any]:
    try:
        document = yamlfile.read(plugin.folder / _FILE, where)
    except UserError as error:
        raise PluginError(str(error).removesuffix(".")) from None
    runtime = document.get("runtime") if isinstance(document, Mapping) else None
    if isinstance(runtime, Mapping):
        return runtime
    if not isinstance(runtime, str):
        raise PluginError(f"{where} has no runtime")
    return {"name": runtime}


def _distribution(plugin: Plugin) -> str:
    """The name of the distribution in the folder of a plugin without a main file."""
    try:
        project = tomllib.loads((plugin.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["name"])
    except (OSError, ValueError, KeyError, TypeError):
        raise PluginError(
            f"{plugin.shown} has neither a __main__.py nor a pyproject.toml with a name"
        ) from None


def _python(plugin: Plugin, runtime: Mapping[str, Any], where: str) -> tuple[Path | None, str]:
    options = runtime.get("options")
    options = options if isinstance(options, Mapping) else {}
    named = options.get("virtualenv")
    usual = _ENVIRONMENTS.get(str(options.get("toolchain") or "pip"))
    folder = named or usual
    if not folder:
        return None, ""
    python, note = interpreter.find(
        plugin.folder / str(folder), f"{where} names the virtual environment {named}", "the plugin"
    )
    return python, note if named else ""
