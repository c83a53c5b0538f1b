"""The commands: `python -m preflight graph|check|serve|demo`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import pulumi
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from model.errors import UserError
from preflight import program, report
from preflight.check import check as run_check
from preflight.errors import PreflightError
from preflight.findings import Result, merge
from preflight.graph import Graph, read_export
from preflight.server.errors import ServerError
from settings import SettingsError

FAILED, MISTAKE = 1, 2

app = typer.Typer(
    help="All that can be known about a stack without AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """The report formats of `preflight.report.FORMATS`."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


Stack = Annotated[str, typer.Option("--stack", "-s", help="Stack to evaluate: Pulumi.<stack>.yaml.")]
Preview = Annotated[
    bool | None,
    typer.Option("--preview/--update", help="As at the first preview, or as after an update."),
]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config", "-c", metavar="KEY=VALUE", help="Overrides one value of the stack file; repeatable."
    ),
]
Project = Annotated[Path, typer.Option("--cwd", "-C", help="Folder of Pulumi.yaml.", show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of the terminal.")]


@app.command()
def graph(
    stack: Stack,
    preview: Preview = False,
    config: Config = None,
    cwd: Project = program.PROJECT,
    output: Output = None,
) -> None:
    """Write the resources a stack declares as `pulumi stack export` would, without plain-text secrets."""
    with mistakes():
        declared = _evaluate(stack, bool(preview), config, cwd)
        _write(json.dumps(declared.to_export(), indent=2) + "\n", output)


@app.command()
def check(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Stack to evaluate.")] = None,
    preview: Preview = None,
    file: Annotated[
        Path | None, typer.Option(help="Judge this output of `pulumi stack export` instead of the program.")
    ] = None,
    policy_pack: Annotated[
        Path, typer.Option(help="Folder of PulumiPolicy.yaml.", show_default="policies")
    ] = program.PROJECT / "policies",
    levels: Annotated[
        Path | None,
        typer.Option(
            help="Levels in the shape of --policy-pack-config.", show_default="<pack>/levels/<stack>.json"
        ),
    ] = None,
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="Form of the report.")] = Format.TABLE,
    cwd: Project = program.PROJECT,
    output: Output = None,
) -> None:
    """Judge a stack by the policy pack, in preview and update form unless one is chosen.

    Ends with 0 when nothing blocks, 1 when a mandatory rule is broken or could not be judged, 2 for a mistake.
    """
    with mistakes():
        graphs = _graphs(stack, preview, file, config, cwd)
        result = _judged(graphs, policy_pack, levels)
        _report(result, format_, output)
        raise typer.Exit(0 if result.passed else FAILED)


@app.command()
def serve(
    stack: Stack,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    config: Config = None,
    cwd: Project = program.PROJECT,
    log_dir: Annotated[Path, typer.Option(help="Folder of the access log.")] = Path("build/serve/logs"),
    keys_file: Annotated[Path, typer.Option(help="File for the generated API keys.")] = Path(
        "build/serve/keys.json"
    ),
) -> None:
    """Serve the declared stack on this machine until interrupted."""
    from preflight.server import run

    with mistakes():
        declared = _evaluate(stack, False, config, cwd)
        run.serve(declared, port=port, log_dir=log_dir, keys_file=keys_file, project=cwd.resolve())


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of fraudTrain and fraudTest, CSV or Parquet. Default: sample data."),
    ] = None,
) -> None:
    """Run the main job: train, package, evaluate the stacks, judge them, serve one and score with it."""
    from preflight.demo import Demo

    with mistakes():
        passed = Demo(Console(), data, Path("build")).run()
        raise typer.Exit(0 if passed else FAILED)


@contextlib.contextmanager
def mistakes() -> Iterator[None]:
    """Turns a user's mistake into its sentence on stderr and exit code 2."""
    try:
        yield
    except SettingsError as error:
        _refuse(*error.problems)
    except (PreflightError, UserError, ServerError, pulumi.RunError, pulumi.ConfigMissingError) as error:
        _refuse(str(error))
    except pulumi.ConfigTypeError as error:
        _refuse(f"the configuration value {error.key} has the wrong type.")


def _refuse(*sentences: str) -> NoReturn:
    for sentence in sentences:
        typer.echo(f"error: {sentence}", err=True)
    raise typer.Exit(MISTAKE)


def _graphs(
    stack: str | None, preview: bool | None, file: Path | None, config: list[str] | None, project: Path
) -> list[Graph]:
    if (stack is None) == (file is None):
        raise PreflightError("name either a stack with --stack, or a stack export with --file.")
    if file is not None:
        if preview or config:
            raise PreflightError("--file judges what was deployed: leave out --preview and --config.")
        return [read_export(file)]
    forms = (True, False) if preview is None else (preview,)
    return [_evaluate(str(stack), form, config, project) for form in forms]


def _evaluate(stack: str, preview: bool, config: list[str] | None, project: Path) -> Graph:
    return program.evaluate(
        stack, preview=preview, config=_pairs(config), project=project.resolve(), say=_say
    )


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _pairs(entries: list[str] | None) -> dict[str, str]:
    pairs = {}
    for number, entry in enumerate(entries or (), 1):
        key, equals, value = entry.partition("=")
        if not key or not equals:
            raise PreflightError(f"--config number {number} must have the form key=value.")
        pairs[key] = value
    return pairs


def _report(result: Result, format_: Format, output: Path | None) -> None:
    if format_ is Format.TABLE and output is None:
        report.print_table(result, Console())
        return
    _write(report.render(result, format_.value), output)
    if output is not None:
        typer.echo(report.summary(result), err=True)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(aside, output)
    except OSError as error:
        raise PreflightError(f"{output} cannot be written: {error.strerror}.") from None


def _judged(graphs: list[Graph], policy_pack: Path, levels: Path | None) -> Result:
    """All forms at once, each by a pack process of its own."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
        ThreadPoolExecutor(len(graphs)) as pool,
    ):

        def judge(declared: Graph) -> Result:
            form = "preview" if declared.preview else "update"
            task = bar.add_task(f"{declared.stack} {form}", total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return run_check(declared, policy_pack, levels, advance)

        return merge(pool.map(judge, graphs))


if __name__ == "__main__":
    app(prog_name="python -m preflight")
