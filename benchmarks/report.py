"""Figures of a run -> a table on the terminal, docs/benchmarks.md and a chart."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.table import Table

from model.contract import MAX_TRANSACTIONS
from model.evaluation import plots

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """One figure: how it is named and shown, how often better ours is at least to be, and which way is better."""

    key: str
    name: str
    unit: str
    target: float | None = None
    more_is_better: bool = False


ROWS = (
    Row("p50_ms_1", "p50, one transaction", "ms", target=10),
    Row("p99_ms_1", "p99, one transaction", "ms"),
    Row("p50_ms_50", "p50, batch of 50", "ms"),
    Row("p99_ms_50", "p99, batch of 50", "ms"),
    Row("requests_per_second_1", "requests a second at saturation, one transaction", "", more_is_better=True),
    Row("requests_per_second_50", "requests a second at saturation, batch of 50", "", more_is_better=True),
    Row("cpu_seconds_per_1000_1", "CPU for 1,000 predictions, one by one", "s", target=20),
    Row("cpu_seconds_per_1000_50", "CPU for 1,000 predictions, batches of 50", "s"),
    Row("memory_mb", "resident memory of the server", "MB"),
    Row("load_seconds", "load of the model, libraries imported, best of 5", "s", target=10),
    Row("import_seconds", "import of the libraries, best of 5", "s"),
    Row("start_seconds", "start of the server until its first answer", "s"),
    Row("size_mb", "artifact without runtime", "MB", target=50),
    Row("size_with_runtime_mb", "artifact as deployed", "MB"),
)
PACK_HEADING = "## Policy pack"
CHART = ("p50_ms_1", "p50_ms_50", "cpu_seconds_per_1000_1", "load_seconds", "memory_mb", "size_mb")


def short(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ratio(row: Row, reference: Figures, ours: Figures) -> float:
    """How many times better ours is."""
    before, after = reference[row.key], ours[row.key]
    if row.more_is_better:
        before, after = after, before
    return before / after if after else float("inf")


def terminal(serving: Mapping[str, Figures]) -> Table:
    """The serving table; the first entry is the reference, the last is what is deployed."""
    names = list(serving)
    table = Table(title=f"{names[0]} and ours behind one server", title_justify="left")
    for heading in ("", *names, "ratio", "target"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in ROWS:
        better = ratio(row, serving[names[0]], serving[names[-1]])
        target = f"{row.target:g}x" if row.target else ""
        colour = "bold" if row.target is None else "bold green" if better >= row.target else "bold red"
        cells = [short(serving[name][row.key]) for name in names]
        unit = f" [{row.unit}]" if row.unit else ""
        table.add_row(row.name + unit.replace("[", "\\["), *cells, f"[{colour}]{short(better)}x[/]", target)
    return table


def missed(serving: Mapping[str, Figures]) -> list[str]:
    """Names of the targets that the last entry does not reach."""
    names = list(serving)
    return [
        row.name
        for row in ROWS
        if row.target and ratio(row, serving[names[0]], serving[names[-1]]) < row.target
    ]


def markdown(run: Mapping[str, Any]) -> str:
    """The page: what was run on what, the serving table, the function's and the pack's figures."""
    serving: Mapping[str, Figures] = run["serving"]
    names = list(serving)
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; every figure is measured in one run, ours and the reference in turn, "
        f"median of {run['rounds']} rounds. Ratios travel from machine to machine, absolute times do not.",
        "",
        "## Serving",
        "",
        *(f"- {line}" for line in run["about"]),
        "",
        "![Reference and ours, logarithmic](benchmarks.png)",
        "",
        "| | " + " | ".join(names) + " | ratio | target |",
        "|---|" + "---:|" * (len(names) + 2),
    ]
    for row in ROWS:
        better = short(ratio(row, serving[names[0]], serving[names[-1]]))
        cells = " | ".join(f"{short(serving[name][row.key])} {row.unit}".strip() for name in names)
        lines.append(f"| {row.name} | {cells} | **{better}x** | {f'{row.target:g}x' if row.target else ''} |")
    return "\n".join([*lines, "", *_function(run["function"]), *pack_section(run.get("pack"))]) + "\n"


def _function(figures: Figures) -> list[str]:
    return [
        "## Function",
        "",
        "The function's own work, with an endpoint that answers at once; cold start with package and botocore only.",
        "",
        "| | measured | promise |",
        "|---|---:|---:|",
        f"| one transaction, median | {short(figures['median_ms_one'])} ms | 1 ms |",
        f"| one transaction, p99 | {short(figures['p99_ms_one'])} ms | |",
        f"| a full request of {MAX_TRANSACTIONS}, median | {short(figures['median_ms_full'])} ms | |",
        f"| package | {short(figures['package_bytes'] / 1000)} kB | 50 kB |",
        f"| cold import with botocore | {short(figures['cold_import_seconds'] * 1000)} ms | 400 ms |",
        f"| of that, CPU | {short(figures['cold_import_cpu_seconds'] * 1000)} ms | |",
        f"| the client | {short(figures['cold_client_seconds'] * 1000)} ms | |",
        "",
    ]


def pack_section(figures: Mapping[str, Any] | None) -> list[str]:
    """The lines of the pack's part of the page; none without figures."""
    if figures is None:
        return []
    lines = [
        PACK_HEADING,
        "",
        "From the start of the pack's process to its verdict, every policy of each pack (ours as the executable "
        "`endpoint-guard-pack`) over every resource, over the "
        "calls that the engine makes in an update: ConfigureStack, Configure, Remediate and Analyze per resource, "
        f"AnalyzeStack. {_rounds(figures['rounds'])}, ours and the peers in turn; seconds by "
        "the clock also count the client, the same for all, and what else the machine did. Python keeps what it "
        "compiled at the first start.",
        "",
        *(f"{sentence}\n" for sentence in figures["left_out"]),
        "Promised: at 5,000 resources at most a third of the CPU time of the faster peer, half its memory; from 5,000 "
        "to 20,000 no more CPU time for a resource than before.",
        "",
        *_prod(figures),
        "| resources | pack | policies | findings | CPU seconds | by the clock | peak memory | CPU, ours to theirs | "
        "clock, ours to theirs | memory, ours to theirs | CPU for each further 1,000 |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    before: dict[str, tuple[int, float]] = {}
    for size, packs in figures["sizes"].items():
        for name, one in packs.items():
            ours, other = packs["ours"], name != "ours"
            shares = [
                short(ours[key] / one[key]) if other and one[key] else ""
                for key in ("cpu_seconds", "seconds", "memory_mb")
            ]
            further = ""
            if name in before:
                count, seconds = before[name]
                further = f"{short((one['cpu_seconds'] - seconds) / (int(size) - count) * 1000)} s"
            before[name] = int(size), one["cpu_seconds"]
            lines.append(
                f"| {int(size):,} | {name} | {one['policies']} | {one['findings']} | {short(one['cpu_seconds'])} | "
                f"{short(one['seconds'])} | {short(one['memory_mb'])} MB | {' | '.join(shares)} | {further} |"
            )
    return lines


def _rounds(count: int) -> str:
    return "One round" if count == 1 else f"The best of {count} rounds by CPU time"


def _prod(figures: Mapping[str, Any]) -> list[str]:
    """What preflight takes for prod; nothing where the run measured packs alone."""
    if "evaluate_seconds" not in figures:
        return []
    return [
        f"Evaluating the prod program takes {short(figures['evaluate_seconds'])} s; preflight then judges its "
        f"{figures['resources']} resources in {short(figures['verdict_update_seconds'])} s as update and "
        f"{short(figures['verdict_preview_seconds'])} s as first preview.",
        "",
    ]


def with_pack_section(page: str, figures: Mapping[str, Any]) -> str:
    """The page with its part about the pack written again, and the others as they are."""
    head, _, rest = page.partition(f"{PACK_HEADING}\n")
    _, heading, after = rest.partition("\n## ")
    return head + "\n".join(pack_section(figures)) + "\n" + (heading + after)


def chart(serving: Mapping[str, Figures], path: Path) -> None:
    """Bars of the reference and of what is deployed, one panel a figure, with the ratio above."""
    names = (next(iter(serving)), list(serving)[-1])
    rows = [row for row in ROWS if row.key in CHART]
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, row in zip(figure.subplots(2, 3).flat, rows, strict=True):
        values = [serving[name][row.key] for name in names]
        bars = axis.barh(names, values, color=["#9aa5b1", "#1f6feb"], log=True)
        axis.bar_label(bars, [f" {short(value)} {row.unit}" for value in values], fontsize=9)
        axis.invert_yaxis()
        axis.set_xlim(min(values) / 3, max(values) * 12)
        better = short(ratio(row, serving[names[0]], serving[names[1]]))
        title = textwrap.fill(f"{row.name}: {better}x", 36)
        axis.set_title(title, fontsize=10, fontweight="bold", loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(axis="x", labelsize=8)
    plots.save(figure, path)


def write(text: str, path: Path) -> None:
    """Written aside and renamed."""
    aside = path.with_name(f".{path.name}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
