"""The commands: `pulumi-preflight graph|check`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pulumi_preflight import answers as answers_of
from pulumi_preflight import baseline as baselines
from pulumi_preflight import export, files, judge, packs, program, reports
from pulumi_preflight.answers import Answers
from pulumi_preflight.check import EXEMPTIONS
from pulumi_preflight.errors import UserError
from pulumi_preflight.graph import Graph
from pulumi_preflight.terminal import PASSED, REFUSED, Debug, Working, exit_codes, say

app = typer.Typer(
    help="What a Pulumi program declares, and what a policy pack says about it: no AWS account, no engine.",
    no_args_is_help=True,
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


def _folder(cwd: Path) -> Path:
    """Looked at before anything else: what is missing in a folder that does not exist is not what is wrong."""
    with exit_codes():
        if not cwd.is_dir():
            raise UserError(f"--cwd {cwd} is not a folder.")
    return cwd


Project = Annotated[Path, typer.Option("--cwd", "-C", help="Folder of Pulumi.yaml.", callback=_folder)]
AnswersFile = Annotated[
    Path | None,
    typer.Option(
        help="Answers of AWS and of other stacks.", show_default="preflight.answers.yaml beside Pulumi.yaml"
    ),
]
AllowUnseen = Annotated[
    bool,
    typer.Option(
        "--allow-unseen", help="Judge without what remote components declare that cannot be made here."
    ),
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that the program may take.")]
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
    answers: AnswersFile = None,
    write_answers: Annotated[
        bool,
        typer.Option("--write-answers", help="Draft the answers file from what the program asks, instead."),
    ] = False,
    allow_unseen: AllowUnseen = False,
    timeout: Timeout = program.TIMEOUT,
    cwd: Project = Path(),
    output: Output = None,
    debug: Debug = False,
) -> None:
    """Write the resources a stack declares as `pulumi stack export` would, without plain-text secrets."""
    with exit_codes(debug):
        known = answers_of.read(answers, cwd, drafting=write_answers)
        run = Evaluation(pairs(config), known, allow_unseen or write_answers, timeout)
        if write_answers:
            target = answers or cwd / answers_of.NAME
            files.check_writable(target)
            evaluated(stack, bool(preview), run, cwd)
            files.write(known.draft(), target)
            say(f"{target}: {len(known.asked)} questions of the program added; replace the placeholders.")
            return
        files.withdraw([output], [answers])
        declared = evaluated(stack, bool(preview), run, cwd)
        for warning in declared.warnings:
            say(f"warning: {warning}")
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
        Path | None,
        typer.Option(
            help="Folder of PulumiPolicy.yaml, or the command of an installed pack.",
            show_default="policies beside Pulumi.yaml",
        ),
    ] = None,
    levels: Annotated[
        Path | None,
        typer.Option(
            help="Levels in the shape of --policy-pack-config.", show_default="<pack>/levels/<stack>.json"
        ),
    ] = None,
    exemptions: Annotated[
        Path | None,
        typer.Option(help="Exemptions for a pack of endpoint-guard.", show_default="<pack>/exemptions.yaml"),
    ] = None,
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="Form of the report.")] = Format.TABLE,
    also: Also = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Earlier JSON report: say what is new, fixed, unchanged.")
    ] = None,
    answers: AnswersFile = None,
    allow_unseen: AllowUnseen = False,
    timeout: Timeout = program.TIMEOUT,
    cwd: Project = Path(),
    output: Output = None,
    debug: Debug = False,
) -> None:
    """Judge a stack by the policy pack, in preview and update form unless one is chosen.

    Ends with 0 when nothing blocks, 1 when a mandatory rule is broken or could not be judged, 2 when there is no
    verdict.
    """
    with exit_codes(debug):
        if exemptions is not None:
            _exempt_by(exemptions)
        targets = [(format_.value, output), *reports.targets(also or (), reports.FORMATS)]
        inputs = (file, events, levels, exemptions, baseline, answers)
        files.withdraw((target for _, target in targets), inputs)
        before = baselines.read(baseline) if baseline else None
        _one_source(stack, preview, file, events, config)
        run = Evaluation(pairs(config), answers_of.read(answers, cwd), allow_unseen, timeout)
        pack = packs.find(policy_pack, cwd, levels, needed=events is None)
        if events is not None:
            result, shape = judge.read_event_log(events, pack, levels, cwd.resolve())
        else:
            graphs = _graphs(stack, preview, file, run, cwd)
            result, shape = judge.check_graphs(graphs, pack, levels, cwd.resolve())
        changes = baselines.compare(result, before) if before else None
        for name, target in targets:
            if name == Format.TABLE and target is None:
                reports.print_table(result, Console(), changes)
            else:
                files.write(reports.pieces(result, name, shape, changes), target)
        if output is not None:
            say(reports.summary(result))
        raise typer.Exit(PASSED if result.passed else REFUSED)


@dataclass(frozen=True)
class Evaluation:
    """How a program is to be evaluated, by the options of a command."""

    config: Mapping[str, str]
    answers: Answers | None = None
    allow_unseen: bool = False
    timeout: float = program.TIMEOUT


def evaluated(stack: str, preview: bool, run: Evaluation, project: Path) -> Graph:
    """The graph of a stack. Raises UserError."""
    return _evaluated(stack, (preview,), run, project)[0]


def _evaluated(stack: str, previews: Sequence[bool], run: Evaluation, project: Path) -> list[Graph]:
    """The forms of a stack, each by a process of its own at the same time."""
    count = dict.fromkeys(previews, 0)
    with Working(f"evaluating {stack}") as working, ThreadPoolExecutor(len(previews)) as pool:

        def form(preview: bool) -> Graph:
            def progress(resources: int) -> None:
                count[preview] = resources
                working.show(f"{max(count.values())} resources")

            logged = say if preview is previews[0] else _unheard
            return program.evaluate(
                stack, preview=preview, config=run.config, project=project, say=logged, progress=progress,
                timeout=run.timeout, answers=run.answers, allow_unseen=run.allow_unseen,
            )  # fmt: skip

        return list(pool.map(form, previews))


def _unheard(message: str) -> None:
    """The second form of a program says what the first has said."""


def _one_source(
    stack: str | None,
    preview: bool | None,
    file: Path | None,
    events: Path | None,
    config: list[str] | None,
) -> None:
    if sum(source is not None for source in (stack, file, events)) != 1:
        raise UserError(
            "name either a stack with --stack, or a stack export with --file, or an event log with --events."
        )
    if stack is None and (preview or config):
        option = "--file judges what was deployed" if file else "--events reports what was judged"
        raise UserError(f"{option}: leave out --preview and --config.")


def _exempt_by(file: Path) -> None:
    """Hands a file of exemptions to the packs that are started from now on. Raises UserError."""
    if not file.is_file():
        why = "is not a regular file" if file.exists() else "does not exist"
        raise UserError(f"the exemptions file {file} {why}.")
    os.environ[EXEMPTIONS] = str(file.resolve())


def _graphs(
    stack: str | None, preview: bool | None, file: Path | None, run: Evaluation, project: Path
) -> list[Graph]:
    if stack is None:
        return [export.read(file)] if file else []
    return _evaluated(stack, (True, False) if preview is None else (preview,), run, project)


def pairs(entries: list[str] | None) -> dict[str, str]:
    """The values of --config by key. Raises UserError."""
    found = {}
    for number, entry in enumerate(entries or (), 1):
        key, equals, value = entry.partition("=")
        if not key or not equals:
            raise UserError(f"--config number {number} must have the form key=value.")
        found[key] = value
    return found


def main() -> None:
    """The console script."""
    app(prog_name="pulumi-preflight")


if __name__ == "__main__":
    main()
