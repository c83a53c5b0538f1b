"""A report on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from model.evaluation.metrics import CLASSES


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print the reference's table, and the figures that it lacks."""
    console.print(
        f"\n[bold]{report['recipe']}[/] trained on {report['train_rows']:,} rows, "
        f"tested on {report['rows']:,} with {report['frauds']:,} frauds",
        highlight=False,
    )
    matrix = Table(title="confusion (share of the row)", title_justify="left")
    for heading in ("", "predicted normal", "predicted fraud"):
        matrix.add_column(heading, justify="left" if not heading else "right")
    for name, counts, shares in zip(CLASSES, report["confusion"], report["normalised"], strict=True):
        matrix.add_row(name, *(f"{n:,} ({share:.3f})" for n, share in zip(counts, shares, strict=True)))
    classes = Table(title="per class", title_justify="left")
    for heading in ("", "precision", "recall", "F1", "support"):
        classes.add_column(heading, justify="left" if not heading else "right")
    for name, row in report["classes"].items():
        classes.add_row(
            name, *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")), f"{row['support']:,}"
        )
    console.print(matrix)
    console.print(classes)
    console.print(
        f"accuracy {report['accuracy']:.4f}   PR-AUC {report['pr_auc']:.3f}   "
        f"ROC-AUC {report['roc_auc']:.3f}   recall at P 0.9: {report['recall_at_precision_0.9']:.3f}\n"
        f"alerts per 1,000: {report['alerts_per_1000']:.1f}   share of the stolen money caught: "
        f"{report['money_caught']:.3f}   threshold {report['threshold']:g}   "
        f"scikit-learn {report['scikit_learn']}",
        highlight=False,
    )
    if "intervals" in report:
        _show_more(report, console)


def _show_more(report: Mapping[str, Any], console: Console) -> None:
    between = {name: f"{low:.3f} to {high:.3f}" for name, (low, high) in report["intervals"].items()}
    console.print(
        f"95 % over cards: PR-AUC {between['pr_auc']}   F1 {between['f1']}   money {between['money_caught']}\n"
        f"frauds on a card before its first alert: {report['before_first_alert']['missed_per_card_mean']:.2f}",
        highlight=False,
    )
    worst = [f"{row['dimension']} {row['slice']} (F1 {row['f1']:.3f})" for row in report["worst_slices"][:3]]
    if worst:
        console.print(f"worst slices: {', '.join(worst)}", highlight=False)
