"""`python -m tests.endpoint_guard.mutants`: plants every fault of the catalogue and says which rule noticed it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "policies"))

from pulumi_preflight import files  # noqa: E402
from pulumi_preflight.terminal import exit_codes  # noqa: E402

from tests.endpoint_guard.mutants import run as runner  # noqa: E402
from tests.endpoint_guard.mutants.catalogue import MUTANTS, idle_rules, uncovered  # noqa: E402


def main(
    page: Annotated[Path, typer.Option(help="Where the Markdown page goes.")] = ROOT / "docs" / "mutants.md",
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")] = ROOT / "build" / "mutants.json",
    every: Annotated[bool, typer.Option(help="Show every mutant, not the survivors alone.")] = False,
) -> None:
    """Exits with 1 when a mutant survives, an innocent change is refused, or a core control or a rule has no mutant."""
    started = time.monotonic()
    console = Console()
    with exit_codes():
        for target in (page, out):
            files.check_writable(target)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Planting faults", total=runner.steps())
        fates, alarms = runner.run(lambda number: progress.advance(task, number))
    wrong = [fate for fate in fates if fate.wrong]
    table = Table("control", "fault", "form", "fate", title="Mutants" if every else "Survivors")
    for fate in fates if every else wrong:
        fate_text = fate.wrong or ("undecidable" if fate.marked else ", ".join(fate.killers))
        table.add_row(", ".join(fate.mutant.controls), fate.mutant.title, fate.form, fate_text)
    for alarm in alarms:
        table.add_row("", alarm.title, alarm.form, "innocent, but refused by " + ", ".join(alarm.rules))
    for control in uncovered():
        table.add_row(control, "", "", "no mutant")
    for rule in idle_rules():
        table.add_row("", "", "", f"{rule} has no mutant")
    if table.row_count:
        console.print(table)
    _write(page, runner.page(fates))
    _write(out, json.dumps(_record(fates, alarms), indent=1) + "\n")
    marked = sum(fate.marked for fate in fates)
    console.print(
        f"{len(MUTANTS)} mutants in two forms: {len(fates) - marked - len(wrong)} killed, {marked} undecidable in a "
        f"preview, {len(wrong)} wrong; innocent changes refused: {len(alarms)}; {time.monotonic() - started:.0f} s",
        highlight=False,
    )
    if wrong or alarms or uncovered() or idle_rules():
        raise typer.Exit(1)


def _record(fates: list[runner.Fate], alarms: list[runner.Alarm]) -> dict[str, Any]:
    mutants = [
        {
            "controls": fate.mutant.controls,
            "title": fate.mutant.title,
            "form": fate.form,
            "expected": fate.mutant.rules,
            "killers": fate.killers,
            "undecidable": fate.mutant.undecidable if fate.marked else None,
        }
        for fate in fates
    ]
    innocent = [{"title": a.title, "form": a.form, "rules": a.rules} for a in alarms]
    return {"mutants": mutants, "refused": innocent, "uncovered": uncovered()}


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}")
    aside.write_text(text, "utf-8")
    aside.replace(file)


if __name__ == "__main__":
    typer.run(main)
