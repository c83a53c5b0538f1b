"""Reports -> one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from model.evaluation import plots
from model.evaluation.report import Report, WholeReport, without_pictures
from model.evaluation.terminal import RULE_HEADINGS, owners_sentence, rule_cells
from model.files import write_json, write_text

Reports = Sequence[WholeReport]
Sizes = Sequence[Sequence[Report]]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --line: #ddd; --quiet: #555; --chosen: #eef4fb }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #16181c; --line: #3a3f47; --quiet: #a9b0ba; --chosen: #22324a }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: var(--ink); background: var(--paper) }
h1 { font-size: 1.6rem } h2 { font-size: 1.25rem; margin-top: 2.2rem } h3 { font-size: 1.05rem }
.wide { overflow-x: auto }
table { border-collapse: separate; border-spacing: 0; margin: .8rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right }
th:first-child, td:first-child { text-align: left } tr.chosen { background: var(--chosen); font-weight: 600 }
th { vertical-align: bottom } .note { color: var(--quiet) }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; flex: 0 1 34rem; min-width: 0 } figcaption { font-weight: 600 }
img { max-width: 100%; height: auto; background: #fff; border-radius: 4px }
.wide img { max-width: none }
@media (max-width: 40rem) {
  body { margin: 1rem auto; font-size: 14px } th, td { padding: .2rem .4rem }
  td:first-child, th:first-child { position: sticky; left: 0; background: var(--paper); max-width: 9rem }
  tr.chosen td:first-child { background: var(--chosen) }
}
"""


def write_folder(full: WholeReport, folder: Path) -> None:
    """metrics.json, confusion.png and evaluation.html in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    plots.save(plots.confusions([[full]]), folder / "confusion.png")
    write([full], folder / "evaluation.html")
    write_json(folder / "metrics.json", without_pictures(full))


def write(reports: Reports, path: Path, sizes: Sizes = ()) -> None:
    """The page of reports from `report.in_full`, and of a grid over training sizes."""
    write_text(path, render(reports, sizes))


def render(reports: Reports, sizes: Sizes = ()) -> str:
    """The page as text."""
    parts = [
        _intro(reports[0]),
        _headline(reports),
        "<h2>Confusion matrices</h2>" + _wide_picture("Confusion matrices", plots.confusions([reports])),
    ]
    if sizes:
        title = "Confusion matrices over training sizes"
        parts.append(f"<h2>{title}</h2>" + _wide_picture(title, plots.confusions(sizes)))
    stability = {"Stability over the months of the test file": plots.months(reports)}
    pictures = plots.curves(reports) | plots.costs_and_calibration(reports) | stability
    parts += ["<h2>Curves</h2>" + _pictures(pictures), *(_details(report) for report in reports)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fraud models, evaluated</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _intro(report: WholeReport) -> str:
    prices = report["rule"]
    return (
        "<h1>Fraud models, evaluated</h1>"
        f"<p><strong>Data: {html.escape(report['data'])}.</strong></p>"
        f"<p>Figures are of {report['rows']:,} transactions later than all training data, {report['frauds']:,} of "
        "them frauds. Shares are from 0 to 1; intervals hold 95 % of draws of the test file's cards with "
        f"replacement. A false alarm costs ${prices['false_alarm']:g}; a missed fraud costs its amount and "
        f"${prices['missed_fraud']:g}.</p>"
        f'<p class="note">Written by python -m model, with scikit-learn '
        f"{html.escape(str(report['scikit_learn']))}.</p>"
    )


_IN_INTERVALS = {
    "pr_auc": "PR-AUC",
    "precision": "fraud precision",
    "recall": "fraud recall",
    "f1": "fraud F1",
    "money_caught": "share of the stolen money caught",
    "alerts_per_1000": "alerts per 1,000 transactions",
}


def _headline(reports: Reports) -> str:
    cells = [_headline_of(report) for report in reports]
    rows = [[title, *(one[title] for one in cells)] for title in cells[0]]
    return _table(["", *(report["recipe"] for report in reports)], rows)


def _headline_of(report: WholeReport) -> dict[str, str]:
    values: dict[str, Any] = {**report["classes"]["fraud"], **report}
    first, chosen = report["episodes"], report["rules"][0]
    usual = report["without_only_fraud_cards"]
    return {
        title: "{:.3f} ({:.3f} to {:.3f})".format(values[name], *report["intervals"][name])
        for name, title in _IN_INTERVALS.items()
    } | {
        "accuracy": f"{report['accuracy']:.4f}",
        "ROC-AUC": f"{report['roc_auc']:.4f}",
        "recall at precision 0.9": f"{report['recall_at_precision_90']:.3f}",
        "fraud F1 without cards whose every row is a fraud": f"{usual['f1']:.3f}",
        "rule": chosen["text"],
        "cost": f"${chosen['cost']:,.0f}",
        "cheapest threshold listed": "{threshold:g} (${cost:,.0f})".format(
            **min(report["thresholds"], key=lambda row: row["cost"])
        ),
        "sum of scores over frauds": f"{report['calibration']['sum_over_frauds']:.3f}",
        "calibration error of scores from 0.1": f"{report['calibration']['error']:.3f}",
        "first fraud of an episode caught": f"{first['first_fraud_recall']:.3f}",
        "frauds of an episode before its first alert, mean": f"{first['missed_before_mean']:.2f}",
        "episodes without an alert": f"{first['without_alert']} of {first['episodes']}",
    }


def _details(report: WholeReport) -> str:
    name = html.escape(str(report["recipe"]))
    worst = [
        [
            f"{row['dimension']} {row['slice']}",
            f"{row['frauds']:,}",
            *(_share(row["precision"]), _share(row["recall"]), _share(row["f1"])),
        ]
        for row in report["worst_slices"]
    ]
    scale = [
        [
            f"{row['threshold']:g}",
            *(_share(row["precision"]), _share(row["recall"]), f"{row['alerts_per_1000']:.2f}"),
            *(f"{row['false_alarms']:,}", f"{row['missed_frauds']:,}"),
            *(f"{row['money_lost']:,.0f}", f"{row['cost']:,.0f}"),
        ]
        for row in report["thresholds"]
    ]
    return (
        f"<h2>{name}</h2><h3>The worst slices with 20 frauds or more</h3>"
        + (
            _table(["slice", "frauds (count)", "precision", "recall", "F1"], worst)
            if worst
            else "<p>No slice has 20 frauds.</p>"
        )
        + "<h3>Rules</h3>"
        + _table(
            RULE_HEADINGS,
            [rule_cells(row) for row in report["rules"]],
            chosen=[row["chosen"] for row in report["rules"]],
        )
        + (
            f"<p>{html.escape(owners_sentence(report['owners'])).capitalize()}.</p>"
            if report["owners"]
            else ""
        )
        + "<h3>Thresholds</h3>"
        + _table(_SCALE, scale)
        + _pictures(plots.slices(report))
    )


_SCALE = (
    *("threshold (score)", "precision", "recall", "alerts per 1,000"),
    *("false alarms (count)", "missed frauds (count)", "amounts lost, $", "cost, $"),
)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, chosen: Sequence[bool] | None = None
) -> str:
    lines = [
        '<div class="wide"><table><tr>'
        + "".join(f"<th>{html.escape(one)}</th>" for one in headings)
        + "</tr>"
    ]
    for number, row in enumerate(rows):
        if len(row) != len(headings):
            raise ValueError("a row of the table has not one cell per heading")
        mark = ' class="chosen"' if chosen and chosen[number] else ""
        lines.append(f"<tr{mark}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>")
    return "\n".join([*lines, "</table></div>"])


def _pictures(figures: Mapping[str, Figure]) -> str:
    """Pictures side by side where there is room for two."""
    shown = [
        f"<figure><figcaption>{html.escape(title)}</figcaption>{_image(title, figure)}</figure>"
        for title, figure in figures.items()
    ]
    return f'<div class="pictures">{"".join(shown)}</div>'


def _wide_picture(title: str, figure: Figure) -> str:
    """A picture that is moved sideways rather than made too small to read."""
    return f'<div class="wide">{_image(title, figure)}</div>'


def _image(title: str, figure: Figure) -> str:
    picture = base64.b64encode(plots.png(figure)).decode()
    return f'<img alt="{html.escape(title)}" src="data:image/png;base64,{picture}">'
