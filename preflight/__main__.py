"""The commands of the project: everything but training, under `python -m preflight`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pulumi_preflight import __main__ as commands
from pulumi_preflight import files, reports
from pulumi_preflight.terminal import PASSED, REFUSED, Debug, exit_codes, say
from rich.console import Console

from model.errors import UserError as ModelError
from preflight.cost import cost
from preflight.deployer import deployer
from preflight.keys import keys
from preflight.rollout import rollout
from preflight.score import score
from preflight.smoke import smoke

app = typer.Typer(
    help="All that can be known about a stack without AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (commands.graph, commands.check, score, smoke, rollout, keys, cost, deployer):
    app.command()(command)


class AttackFormat(StrEnum):
    """The report formats of `attacks.report.FORMATS`."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    HTML = "html"


def mistakes(debug: bool) -> AbstractContextManager[None]:
    """The exit codes of every command here: a mistake in the model's inputs is the user's as well."""
    return exit_codes(debug, ModelError)


@app.command()
def serve(
    stack: commands.Stack,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    config: commands.Config = None,
    cwd: commands.Project = Path(),
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
    debug: Debug = False,
) -> None:
    """Serve the declared stack on this machine until interrupted."""
    from localaws import run

    with mistakes(debug):
        run.check_port(port)
        files.check_writable(keys_file)
        files.check_folder(log_dir)
        declared = commands.evaluated(stack, False, commands.Evaluation(commands.pairs(config)), cwd)
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
    tokens_file: Annotated[
        Path | None,
        typer.Option(help="JSON of the stack output tokens: where tokens are asked for, and as whom."),
    ] = None,
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
    also: commands.Also = None,
    config: commands.Config = None,
    cwd: commands.Project = Path(),
    output: commands.Output = None,
    debug: Debug = False,
) -> None:
    """Attack an address, or a declared stack that is served here, and say which probes its controls stopped.

    Ends with 0 when no probe is red, 1 when one is, 2 when nothing was attacked. Sends to no other address.
    """
    from attacks import about, command, probe
    from attacks import report as attack_report

    with mistakes(debug):
        asked = command.Asked(
            url,
            api_key_file,
            credentials_file,
            tokens_file,
            sign,
            known_caller,
            log_dir,
            only,
            max_requests,
            yes,
        )
        asked.check(stack is not None)
        targets = [(format_.value, output), *reports.targets(also or (), attack_report.FORMATS)]
        files.withdraw((target for _, target in targets), (api_key_file, credentials_file, tokens_file))
        declared = (
            commands.evaluated(stack, False, commands.Evaluation(commands.pairs(config)), cwd)
            if stack
            else None
        )
        outcomes = command.run(asked, declared, cwd.resolve(), Console(stderr=True))
        said = about.about(stack, url, only, declared, len(outcomes), cwd.resolve())
        for name, target in targets:
            if name == AttackFormat.TABLE and target is None:
                attack_report.print_table(outcomes, Console())
            else:
                files.write(attack_report.render(outcomes, name, said), target)
        if (format_, output) != (AttackFormat.TABLE, None):
            say(probe.told(outcomes))
        raise typer.Exit(PASSED if probe.green(outcomes) else REFUSED)


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of fraudTrain and fraudTest, CSV or Parquet. Default: sample data."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Run the main job: train, package, evaluate and judge the stacks, serve one, score with it, attack it."""
    from preflight.demo import Demo

    with mistakes(debug):
        passed = Demo(Console(), data, Path("build")).run()
        raise typer.Exit(PASSED if passed else REFUSED)


if __name__ == "__main__":
    app(prog_name="python -m preflight")
