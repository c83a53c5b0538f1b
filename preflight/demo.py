"""The main job without an account: train, package, evaluate every stack, judge it, serve one, score, attack."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pulumi_preflight import judge, program
from pulumi_preflight import reports as report
from pulumi_preflight.files import write
from pulumi_preflight.findings import Result
from pulumi_preflight.graph import Graph
from pulumi_preflight.reports import page
from pulumi_preflight.shape import Shape
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attacks import local
from attacks import page as attacks_page
from attacks import report as attacks
from attacks.command import progress
from attacks.probe import Outcome, green, told
from attacks.probes import ALL
from localaws import keys, run
from localaws.gateway import NOT_ENFORCED
from model.artifact import package
from model.evaluation import terminal
from preflight import score

PROJECT = Path(__file__).resolve().parents[1]
STACKS = ("dev", "staging", "prod")
SERVED = "prod"


@dataclass(frozen=True)
class Step:
    """One line of the closing table. `seconds` of wall time."""

    name: str
    outcome: str
    passed: bool
    seconds: float


@dataclass
class Demo:
    """Runs the steps in order and remembers how each ended. A user's mistake comes out as its own exception."""

    console: Console
    data: Path | None
    build_dir: Path
    steps: list[Step] = field(default_factory=list)

    def run(self) -> bool:
        """All steps; False when one fell short."""
        started = time.monotonic()
        artifact = self._train()
        graphs = {stack: self._evaluate(stack) for stack in STACKS}
        checks = {stack: self._check(stack, forms) for stack, forms in graphs.items()}
        self._serve(graphs[SERVED][-1], artifact.card["recipe"])
        outcomes = self._attack(graphs[SERVED][-1])
        self._report(*checks[SERVED], outcomes)
        self._close(time.monotonic() - started)
        return all(step.passed for step in self.steps)

    def _say(self, message: str) -> None:
        self.console.print(message, highlight=False, markup=False, style="dim")

    @contextmanager
    def _step(self, name: str) -> Iterator[Callable[[str, bool], None]]:
        """Gives a function that records the step's outcome."""
        self.console.rule(name, align="left")
        started = time.monotonic()

        def ended(outcome: str, passed: bool) -> None:
            self.steps.append(Step(name, outcome, passed, time.monotonic() - started))

        yield ended

    def _train(self) -> package.Artifact:
        with self._step("train and package") as ended:
            source = package.ArtifactSource(self.data, build_dir=self.build_dir)
            artifact = package.ensure(source, self._say)
            terminal.show(artifact.card["metrics"], self.console)
            ended(trained(artifact), True)
        return artifact

    def _evaluate(self, stack: str) -> list[Graph]:
        with self._step(f"evaluate {stack}") as ended:
            config = {"modelData": str(self.data.resolve())} if self.data else {}
            forms = [
                program.evaluate(stack, project=PROJECT, preview=preview, config=config, say=self._say)
                for preview in (True, False)
            ]
            ended(evaluated(forms[-1]), True)
        return forms

    def _check(self, stack: str, forms: list[Graph]) -> tuple[Result, Shape]:
        with self._step(f"check {stack}") as ended:
            result, shape = judge.check_graphs(forms, PROJECT / "policies", None, PROJECT)
            report.print_table(result, self.console)
            ended(report.summary(result), result.passed)
        return result, shape

    def _serve(self, graph: Graph, recipe: str) -> None:
        with self._step(f"serve {SERVED} on this machine") as ended, run.running(graph) as served:
            self._say(f"{served.url}; not imitated: {', '.join(NOT_ENFORCED)}")
            ended(served.url, True)
            with self._step("score") as scored:
                api_key = next(iter(keys.load(served.keys_file).values()))
                auth = score.SigV4.of(served.credentials_file)
                answers = score.ask(served.url, api_key, recipe=recipe, auth=auth)
                self.console.print(score.table(answers))
                scored(score_points(answers), [answer.is_fraud for answer in answers] == [False, True])
            with self._step("score without a key") as refused:
                status = _without_key(served.url)
                refused(f"HTTP {status}", status == httpx.codes.FORBIDDEN)

    def _attack(self, graph: Graph) -> list[Outcome]:
        with self._step(f"attack {SERVED} on this machine") as ended:
            with progress(self.console, len(ALL)) as say:
                outcomes = local.attack_stack(graph, say)
            attacks.print_table(outcomes, self.console)
            ended(told(outcomes), green(outcomes))
        return outcomes

    def _report(self, result: Result, shape: Shape, outcomes: list[Outcome]) -> None:
        with self._step("report") as ended:
            target = self.build_dir / f"{SERVED}.html"
            write(
                page.render(
                    result, report.summary(result), shape, sections=[attacks_page.as_section(outcomes)]
                ),
                target,
            )
            ended(f"{target}: findings, picture, rules, attacks", True)

    def _close(self, seconds: float) -> None:
        self.console.print()
        self.console.print(closing_table(self.steps))
        self.console.print(f"{seconds:,.0f} seconds in all", style="dim")


def trained(artifact: package.Artifact) -> str:
    """The artifact's version, its figures on the test file and its size."""
    metrics = artifact.card["metrics"]
    fraud = metrics["classes"]["fraud"]
    size = artifact.path.stat().st_size / 1e6
    return f"{artifact.version}: PR-AUC {metrics['pr_auc']:.3f}, fraud F1 {fraud['f1']:.3f}, {size:.1f} MB"


def evaluated(graph: Graph) -> str:
    """How much a stack declares; check counts both together, and the stack itself is one of the components."""
    components = sum(not resource["custom"] for resource in graph.resources)
    declared = len(graph.resources) - components
    return f"{declared} resources and {components} components, {len(graph.exports)} outputs"


def score_points(answers: Iterable[score.Answer]) -> str:
    """Each purchase with its score, or the status in place of one."""
    return ", ".join(
        f"{answer.sent} " + (f"HTTP {answer.status}" if answer.score is None else f"{answer.score:.2f}")
        for answer in answers
    )


def closing_table(steps: Iterable[Step]) -> Table:
    """One row for each step; readable from 60 columns on."""
    table = Table("", "seconds", "step", title="The main job", title_justify="left")
    table.columns[1].justify = "right"
    for step in steps:
        mark = Text("ok", "green") if step.passed else Text("FAILED", "bold red")
        text = Text.assemble((step.name, "bold"), "\n", step.outcome)
        table.add_row(mark, f"{step.seconds:,.1f}", text)
    return table


def _without_key(url: str) -> int:
    body = json.dumps({"transactions": [{}]})
    return httpx.post(url, content=body, headers={"content-type": "application/json"}).status_code
