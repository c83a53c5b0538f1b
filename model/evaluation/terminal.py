"""A report on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from model.evaluation.decisions import RuleFigures
from model.evaluation.metrics import CLASSES
from model.evaluation.report import FullReport, Owners, Report


def show(report: Report, console: Console) -> None:
    """Print the reference's table and the figures that it lacks; of a full report the rules and the owners, too."""
    console.print(
        f"\n[bold]{report['recipe']}[/] trained on {report['train_rows']:,} rows, "
        f"tested on {report['rows']:,} with {report['frauds']:,} frauds",
        highlight=False,
    )
    console.print(_confusion(report))
    console.print(_classes(report))
    console.print(
        f"accuracy {report['accuracy']:.4f}   PR-AUC {report['pr_auc']:.3f}   "
        f"ROC-AUC {report['roc_auc']:.3f}   recall at P 0.9: {report['recall_at_precision_90']:.3f}\n"
        f"alerts per 1,000: {report['alerts_per_1000']:.1f}   share of the stolen money caught: "
        f"{report['money_caught']:.3f}   scikit-learn {report['scikit_learn']}",
        highlight=False,
        soft_wrap=False,
    )
    if "rules" in report:
        _show_more(cast(FullReport, report), console)


def _confusion(report: Report) -> Table:
    table = Table(title="confusion (share of the row)", title_justify="left")
    for heading in ("", "predicted normal", "predicted fraud"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, counts, shares in zip(CLASSES, report["confusion"], report["normalised"], strict=True):
        table.add_row(name, *(f"{n:,} ({share:.3f})" for n, share in zip(counts, shares, strict=True)))
    return table


def _classes(report: Report) -> Table:
    table = Table(title="per class", title_justify="left")
    for heading in ("", "precision", "recall", "F1", "support"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, row in report["classes"].items():
        table.add_row(
            name, f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['f1']:.3f}", f"{row['support']:,}"
        )
    return table


_SHORT = {"alerts-per-1000": "alerts"}
"""Names of rules that are too long above a column."""

RULE_HEADINGS = (
    *("rule", "precision", "recall", "alerts per 1,000", "money caught", "cost, $"),
    *("first fraud caught", "cost if blocked, $"),
)


def rule_cells(row: RuleFigures) -> list[str]:
    """One line of the table of rules, below RULE_HEADINGS."""
    return [
        row["text"] + (" (chosen)" if row["chosen"] else ""),
        f"{row['precision']:.3f}",
        f"{row['recall']:.3f}",
        f"{row['alerts_per_1000']:.2f}",
        f"{row['money_caught']:.3f}",
        f"{row['cost']:,.0f}",
        f"{row['first_fraud_recall']:.3f}",
        f"{row['cost_if_blocked']:,.0f}",
    ]


def owners_sentence(owners: Owners) -> str:
    """Both figures with the owners' purchases put back."""
    now, again = owners["as_it_is"], owners["refitted"]
    return (
        f"with {owners['purchases']:,} purchases of owners put back into the episodes: PR-AUC {now['pr_auc']:.3f} "
        f"and ${now['cost']:,.0f} as it is, {again['pr_auc']:.3f} and ${again['cost']:,.0f} fitted on them"
    )


def _rules(rules: Sequence[RuleFigures]) -> Table:
    """A column per rule: there are few, and their figures are narrow, so that 60 characters are enough."""
    table = Table(title="rules on the test file", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("")
    for row in rules:
        table.add_column(_SHORT.get(row["rule"], row["rule"]), justify="right", no_wrap=True)
    columns = [rule_cells(row)[1:] for row in rules]
    for heading, *cells in zip(RULE_HEADINGS[1:], *columns, strict=True):
        table.add_row(heading, *cells)
    return table


def _show_more(report: FullReport, console: Console) -> None:
    rules = report["rules"]
    console.print(_rules(rules))
    # The name that the table has, then the rule itself, which begins with its name.
    told = [
        f"{_SHORT.get(row['rule'], row['rule'])}{' (chosen)' if row['chosen'] else ''}: "
        f"{row['text'].partition(': ')[2]}"
        for row in rules
    ]
    between = {name: f"{low:.3f} to {high:.3f}" for name, (low, high) in report["intervals"].items()}
    calibration = report["calibration"]
    lines = [
        *told,
        f"95 % over cards: PR-AUC {between['pr_auc']}   F1 {between['f1']}   money {between['money_caught']}",
        f"sum of scores over frauds {calibration['sum_over_frauds']:.3f}   calibration error of scores from 0.1: "
        f"{calibration['error']:.3f}",
    ]
    if report["owners"]:
        lines.append(owners_sentence(report["owners"]))
    if worst := report["worst_slices"][:3]:
        named = [f"{row['dimension']} {row['slice']} (F1 {row['f1'] or 0:.3f})" for row in worst]
        lines.append(f"worst slices: {', '.join(named)}")
    console.print("\n".join(lines), highlight=False, soft_wrap=False)
