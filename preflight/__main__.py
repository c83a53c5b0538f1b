"""The commands: `python -m preflight graph|check|serve|attack|demo`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import pulumi
import typer
from pulumi_preflight import files, judge, program
from pulumi_preflight import reports as report
from pulumi_preflight.baseline import compare
from pulumi_preflight.errors import PreflightError
from pulumi_preflight.graph import Graph, read_export
from rich.console import Console

from localaws.errors import ServerError
from model.errors import UserError
from settings import SettingsError

PROJECT = Path(__file__).resolve().parents[1]
FAILED, MISTAKE = 1, 2

app = typer.Typer(
    help="All that can be known about a stack without AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """The report formats of `pulumi_preflight.reports.FORMATS`."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"
    HTML = "html"


class AttackFormat(StrEnum):
    """The report formats of `attacks.report.FORMATS`."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    HTML = "html"


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
Also = Annotated[
    list[str] | None,
    typer.Option(metavar="FORMAT=FILE", help="Writes one more report of the same run; repeatable."),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of the terminal.")]


@app.command()
def graph(
    stack: Stack,
    preview: Preview = False,
    config: Config = None,
    cwd: Project = PROJECT,
    output: Output = None,
) -> None:
    """Write the resources a stack declares as `pulumi stack export` would, without plain-text secrets."""
    with mistakes():
        declared = _evaluate(stack, bool(preview), config, cwd)
        files.write(json.dumps(declared.to_export(), indent=2) + "\n", output)


@app.command()
def check(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="Stack to evaluate.")] = None,
    preview: Preview = None,
    file: Annotated[
        Path | None, typer.Option(help="Judge this output of `pulumi stack export` instead of the program.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="Report what this event log of the engine says instead of judging.")
    ] = None,
    policy_pack: Annotated[
        Path, typer.Option(help="Folder of PulumiPolicy.yaml.", show_default="policies")
    ] = PROJECT / "policies",
    levels: Annotated[
        Path | None,
        typer.Option(
            help="Levels in the shape of --policy-pack-config.", show_default="<pack>/levels/<stack>.json"
        ),
    ] = None,
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="Form of the report.")] = Format.TABLE,
    also: Also = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Earlier JSON report: tell what is new, fixed, unchanged.")
    ] = None,
    cwd: Project = PROJECT,
    output: Output = None,
) -> None:
    """Judge a stack by the policy pack, in preview and update form unless one is chosen.

    Ends with 0 when nothing blocks, 1 when a mandatory rule is broken or could not be judged, 2 for a mistake.
    """
    with mistakes():
        targets = [(format_.value, output), *report.targets(also or (), report.FORMATS)]
        graphs = _graphs(stack, preview, file, events, config, cwd)
        if events is not None:
            result, shape = judge.logged(events, policy_pack, levels, cwd.resolve())
        else:
            result, shape = judge.judged(graphs, policy_pack, levels, cwd.resolve())
        changes = compare(result, baseline) if baseline else None
        for name, target in targets:
            if name == Format.TABLE and target is None:
                report.print_table(result, Console(), changes)
            else:
                files.write(report.render(result, name, shape, changes), target)
        if output is not None:
            typer.echo(report.summary(result), err=True)
        raise typer.Exit(0 if result.passed else FAILED)


@app.command()
def serve(
    stack: Stack,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    config: Config = None,
    cwd: Project = PROJECT,
    log_dir: Annotated[Path, typer.Option(help="Folder of the access log.")] = Path("build/serve/logs"),
    keys_file: Annotated[Path, typer.Option(help="File for the generated API keys.")] = Path(
        "build/serve/keys.json"
    ),
    clients: Annotated[
        str | None,
        typer.Option(
            metavar="N|NAMES",
            help="How many of the declared clients get a key, or which, by comma.",
            show_default="all",
        ),
    ] = None,
) -> None:
    """Serve the declared stack on this machine until interrupted."""
    from localaws import run

    with mistakes():
        declared = _evaluate(stack, False, config, cwd)
        run.serve(
            declared,
            port=port,
            log_dir=log_dir,
            keys_file=keys_file,
            project=cwd.resolve(),
            clients=run.chosen(declared, clients),
        )


@app.command()
def attack(
    url: Annotated[
        str | None, typer.Argument(help="Address of the scoring method; none: serve --stack here.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Stack that says what to expect.")
    ] = None,
    api_key_file: Annotated[Path | None, typer.Option(help="JSON object of key name and value.")] = None,
    credentials_file: Annotated[Path | None, typer.Option(help="JSON of credentials to sign with.")] = None,
    sign: Annotated[
        str | None, typer.Option(metavar="REGION", help="Sign with your AWS credentials.")
    ] = None,
    known_caller: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="This machine's address in the known callers' networks."),
    ] = None,
    log_dir: Annotated[Path | None, typer.Option(help="Folder that the server's logs go to.")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Probes by name, threat or control.")
    ] = None,
    max_requests: Annotated[int, typer.Option(min=1, help="Requests in all.")] = 6000,
    yes: Annotated[bool, typer.Option("--yes", help="The address is another machine's, and yours.")] = False,
    format_: Annotated[
        AttackFormat, typer.Option("--format", "-f", help="Form of the report.")
    ] = AttackFormat.TABLE,
    also: Also = None,
    config: Config = None,
    cwd: Project = PROJECT,
    output: Output = None,
) -> None:
    """Attack an address, or a declared stack that is served here, and say which probes its controls stopped.

    Ends with 0 when no probe is red, 1 when one is, 2 for a mistake. Sends to no other address.
    """
    from attacks import command, probe
    from attacks import report as attack_report

    with mistakes():
        asked = command.Asked(
            url, api_key_file, credentials_file, sign, known_caller, log_dir, only, max_requests, yes
        )
        targets = [(format_.value, output), *report.targets(also or (), attack_report.FORMATS)]
        declared = _evaluate(stack, False, config, cwd) if stack else None
        outcomes = command.run(asked, declared, cwd.resolve(), Console(stderr=True))
        for name, target in targets:
            if name == AttackFormat.TABLE and target is None:
                Console().print(attack_report.table(outcomes))
            else:
                files.write(attack_report.render(outcomes, name, stack or ""), target)
        if (format_, output) != (AttackFormat.TABLE, None):
            typer.echo(probe.told(outcomes), err=True)
        raise typer.Exit(0 if probe.green(outcomes) else FAILED)


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of fraudTrain and fraudTest, CSV or Parquet. Default: sample data."),
    ] = None,
) -> None:
    """Run the main job: train, package, evaluate and judge the stacks, serve one, score with it, attack it."""
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
    stack: str | None,
    preview: bool | None,
    file: Path | None,
    events: Path | None,
    config: list[str] | None,
    project: Path,
) -> list[Graph]:
    if sum(source is not None for source in (stack, file, events)) != 1:
        raise PreflightError(
            "name either a stack with --stack, or a stack export with --file, or an event log with --events."
        )
    if stack is None and (preview or config):
        option = "--file judges what was deployed" if file else "--events tells what was judged"
        raise PreflightError(f"{option}: leave out --preview and --config.")
    if stack is None:
        return [read_export(file)] if file else []
    forms = (True, False) if preview is None else (preview,)
    return [_evaluate(stack, form, config, project) for form in forms]


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


if __name__ == "__main__":
    app(prog_name="python -m preflight")
