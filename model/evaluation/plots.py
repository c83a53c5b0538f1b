"""Pictures of reports."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.evaluation.report import Report, WholeReport
from model.files import write_bytes

Reports = Sequence[WholeReport]
_COLOURS = ("#1f5fa8", "#c2571a", "#3b7d3b", "#7a4f9a")
_GREY = "#8a8a8a"


def confusions(grid: Sequence[Sequence[Report]]) -> Figure:
    """Heat maps of normalised confusion matrices: a row per recipe, a column per training size."""
    columns = max(len(row) for row in grid)
    figure = _figure(2.7 * columns + 1.6, 3.3 * len(grid) + 0.3)
    axes = figure.subplots(len(grid), columns, squeeze=False)
    image = None
    for line, reports in enumerate(grid):
        for place in range(columns):
            if place < len(reports):
                image = _heat_map(axes[line, place], reports[place], first=place == 0)
            else:
                axes[line, place].set_axis_off()
    if image is not None:
        figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    return figure


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="compressed")
    FigureCanvasAgg(figure)
    return figure


def _heat_map(axis: Axes, report: Report, *, first: bool) -> Any:
    shares = report["normalised"]
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row in range(2):
        for column in range(2):
            share, count = shares[row][column], report["confusion"][row][column]
            colour = "white" if share > 0.5 else "black"
            axis.text(
                column, row, f"{share:.3f}\n{count:,}", ha="center", va="center", color=colour, fontsize=9
            )
    axis.set_xticks([0, 1], ["normal", "fraud"])
    axis.set_yticks([0, 1], ["normal", "fraud"], rotation=90, va="center")
    axis.set_xlabel("predicted")
    if first:
        axis.set_ylabel("true")
    fraud = report["classes"]["fraud"]
    axis.set_title(
        f"{report['recipe']}, {report['train_rows']:,} rows\nfraud F1 {fraud['f1']:.3f}", fontsize=10
    )
    return image


def curves(reports: Reports) -> dict[str, Figure]:
    """Two pictures by title: precision over recall, and recall over the rate of false alarms (logarithmic)."""
    figures, (left, right) = _pictures("Precision and recall", "ROC curve")
    lowest = 1e-5
    for report, colour in zip(reports, _COLOURS, strict=False):
        pr, roc = report["curves"]["precision_recall"], report["curves"]["roc"]
        fraud, confusion = report["classes"]["fraud"], report["confusion"]
        left.plot(
            pr["recall"], pr["precision"], color=colour, label=f"{report['recipe']}, {report['pr_auc']:.3f}"
        )
        left.plot(fraud["recall"], fraud["precision"], "o", color=colour)
        rates = [max(rate, lowest) for rate in roc["false_positive_rate"]]
        right.plot(rates, roc["recall"], color=colour, label=f"{report['recipe']}, {report['roc_auc']:.3f}")
        right.plot(
            max(confusion[0][1] / max(sum(confusion[0]), 1), lowest), fraud["recall"], "o", color=colour
        )
    _frame(left, "recall (share of frauds)", "precision (share of alerts)", "dot: the rule; legend: area")
    _frame(
        right,
        "false alarms (share of normal purchases)",
        "recall (share of frauds)",
        "dot: the rule; legend: area",
    )
    right.set_xscale("log")
    right.set_xlim(lowest, 1)
    left.set_xlim(0, 1.02)
    left.legend(loc="center left", fontsize=8)
    right.legend(loc="lower right", fontsize=8)
    return figures


def _pictures(*titles: str) -> tuple[dict[str, Figure], list[Axes]]:
    """Figures by title, each small enough for a telephone, and their axes."""
    figures = {title: _figure(5.2, 4.2) for title in titles}
    return figures, [figure.subplots() for figure in figures.values()]


def _frame(axis: Axes, across: str, up: str, title: str) -> None:
    axis.set_xlabel(across)
    axis.set_ylabel(up)
    axis.set_title(title, fontsize=10)
    axis.set_ylim(0, 1.04)
    axis.grid(alpha=0.25)


def costs_and_calibration(reports: Reports) -> dict[str, Figure]:
    """Two pictures by title: cost over the threshold, and the share of frauds over the score."""
    figures, (left, right) = _pictures("Cost of one threshold", "Calibration")
    for report, colour in zip(reports, _COLOURS, strict=False):
        rows = report["thresholds"]
        left.plot(
            [row["threshold"] for row in rows],
            [row["cost"] for row in rows],
            color=colour,
            label=report["recipe"],
        )
        left.axhline(report["rules"][0]["cost"], color=colour, linestyle="--", linewidth=1)
        bins = report["calibration"]["tenths"]
        right.plot(
            [row["mean_score"] for row in bins],
            [row["fraud_share"] for row in bins],
            "o-",
            color=colour,
            label=report["recipe"],
        )
    right.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1, label="as it should be")
    _frame(right, "mean score (probability)", "frauds (share of purchases)", "per tenth of the score")
    _frame(left, "threshold (score)", "cost on the test file (US dollars)", "dashed: of the rule")
    left.set_ylim(auto=True)
    left.set_yscale("log")
    for axis in (left, right):
        axis.legend(fontsize=8)
    return figures


def slices(report: WholeReport) -> dict[str, Figure]:
    """Recall (bars) and precision (dots), a picture per dimension: category, hour, amount and age."""
    names = ("category", "hour", "amount", "age")
    units = {"hour": "hour (below: frauds)", "amount": "amount in US dollars (frauds)", "age": "age in years (frauds)",
             "category": "category (frauds)"}  # fmt: skip
    figures, axes = _pictures(*(f"{report['recipe']} by {name}" for name in names))
    for axis, name in zip(axes, names, strict=True):
        rows = [row for row in report["slices"][name] if row["frauds"]]
        places = range(len(rows))
        axis.bar(places, [row["recall"] or 0 for row in rows], color=_COLOURS[0], alpha=0.55, label="recall")
        dots = [
            (place, precision)
            for place, row in enumerate(rows)
            if (precision := row["precision"]) is not None
        ]
        across, up = zip(*dots, strict=True) if dots else ((), ())
        axis.plot(across, up, "o", color=_COLOURS[1], label="precision", clip_on=False, zorder=3)
        hours = name == "hour"
        counts = [f"\n{row['frauds']}" if hours else f" ({row['frauds']:,})" for row in rows]
        axis.set_xticks(
            list(places),
            [(row["slice"] + count).replace("$", r"\$") for row, count in zip(rows, counts, strict=True)],
            rotation=0 if hours else 30,
            ha="center" if hours else "right",
            fontsize=6.5 if hours else 7.5,
        )
        _frame(axis, units[name], "share of frauds, of alerts", "")
        axis.legend(fontsize=8, loc="lower left")
    return figures


def months(reports: Reports) -> Figure:
    """F1 per month of the test file, a line per report."""
    figure = _figure(5.2, 4.2)
    axis = figure.subplots()
    for report, colour in zip(reports, _COLOURS, strict=False):
        rows = [row for row in report["slices"]["month"] if row["frauds"]]
        axis.plot(
            [row["slice"] for row in rows],
            [row["f1"] or 0 for row in rows],
            "o-",
            color=colour,
            label=report["recipe"],
        )
    _frame(axis, "month", "fraud F1 (0 to 1)", "")
    axis.tick_params(axis="x", rotation=30)
    axis.legend(fontsize=8)
    return figure


def png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG."""
    write_bytes(path, png(figure))
