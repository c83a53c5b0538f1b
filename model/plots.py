"""Pictures of reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def confusions(grid: Sequence[Sequence[Mapping[str, Any]]]) -> Figure:
    """Heat maps of normalised confusion matrices: a row per recipe, a column per training size."""
    columns = max(len(row) for row in grid)
    figure = Figure(figsize=(2.7 * columns + 1.6, 3.3 * len(grid) + 0.3), layout="compressed")
    FigureCanvasAgg(figure)
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


def _heat_map(axis: Axes, report: Mapping[str, Any], *, first: bool) -> Any:
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


def save(figure: Figure, path: Path) -> None:
    """Write a PNG aside and rename it; the same figure gives the same bytes."""
    aside = path.with_name(f".{path.name}")
    figure.savefig(aside, format="png", dpi=120, metadata={"Software": None})
    aside.replace(path)
