"""Two built artifacts on the same test file: is the second one worse?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from model import archive, bootstrap, cli, export, features, package, sample
from model.contract import CATEGORIES
from model.dataset import Dataset
from model.errors import UserError
from model.train import open_data

JUDGED = ("pr_auc", "f1", "money_caught")
"""The figures of which none may be worse."""
_TITLES = {
    "pr_auc": "PR-AUC",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "money_caught": "money caught",
    "alerts_per_1000": "alerts per 1,000",
}


def scored(path: Path, data: Dataset) -> tuple[str, bootstrap.Scored]:
    """An artifact's version, and its scores of the test file with the artifact's own threshold.

    `path` is a `model.tar.gz` or the folder that holds it. ArtifactError for one that is not what it should be,
    UserError for one that this version cannot feed. No code of the archive is run.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = path / "model.tar.gz" if path.is_dir() else path
        artifact = package.unpack(file, Path(folder) / "model")
        onnx = (artifact.path / "model.onnx").read_bytes()
    card = artifact.card
    unknown = [name for name in card["features"] if name not in features.FEATURES]
    if unknown or list(card["categories"]) != list(CATEGORIES):
        what = f"feature {unknown[0]}" if unknown else "list of categories"
        raise UserError(
            f"{path} has a {what} that this version does not know: compare with the version of both."
        )
    matrix = features.from_frame(data.test, card["features"], earlier=data.train)
    try:
        score = export.onnx_scores(onnx, matrix)
    except Exception:  # the runtime's errors have no base class, and their text is about the file's bytes
        raise archive.ArtifactError(f"{path} holds a model that cannot be run: build it again.") from None
    test = data.test
    return artifact.version, bootstrap.Scored(
        test["cc_num"].to_numpy(),
        test["is_fraud"].to_numpy(),
        test["amt"].to_numpy(),
        score,
        float(card["threshold"]),
    )


def worse(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Those of JUDGED for which the whole interval of second - first lies below zero."""
    return [name for name in JUDGED if found[name]["interval"][1] < 0]


def _table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="B against A, 95 % of draws of cards", title_justify="left")
    table.add_column("")
    for heading in ("A", "B", "B - A", "interval", "verdict"):
        table.add_column(heading, justify="right")
    for name, title in _TITLES.items():
        row = found[name]
        low, high = row["interval"]
        verdict = (
            "" if name not in JUDGED else "worse" if high < 0 else "better" if low > 0 else "no difference"
        )
        table.add_row(
            title,
            f"{row['first']:.3f}",
            f"{row['second']:.3f}",
            f"{row['second'] - row['first']:+.3f}",
            f"{low:+.3f} to {high:+.3f}",
            verdict,
        )
    return table


def main(
    first: Annotated[Path, typer.Argument(help="A: the model that serves, as model.tar.gz or its folder.")],
    second: Annotated[Path, typer.Argument(help="B: the model that would replace it.")],
    data: cli.DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the comparison as JSON to this file.")] = None,
    draws: Annotated[int, typer.Option(min=20, help="Draws of cards for the intervals.")] = bootstrap.DRAWS,
    sample_data: cli.SampleOption = False,
    sample_rows: cli.RowsOption = sample.DEFAULT_ROWS,
    max_bad_rows: cli.BadRowsOption = 0,
    seed: int = 42,
) -> None:
    """Compare two artifacts on the same test file. Code 1 if B is worse than A beyond the interval."""
    cli.check_source(data, sample_data)
    frames = open_data(data, sample_rows, seed, cli.say, max_bad_rows)
    with cli.step(cli.say, f"scoring {len(frames.test):,} test rows twice"):
        (one, rows_one), (two, rows_two) = scored(first, frames), scored(second, frames)
    with cli.step(cli.say, f"drawing cards {draws} times"):
        found = bootstrap.differences(rows_one, rows_two, count=draws, seed=seed)
    cli.out.print(f"A: {one}\nB: {two}", highlight=False)
    cli.out.print(_table(found))
    losses = worse(found)
    if out is not None:
        document = {"first": one, "second": two, "figures": found, "worse": losses}
        aside = out.with_name(f".{out.name}")
        aside.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        aside.replace(out)
    if losses:
        cli.out.print(f"B is worse than A: {', '.join(_TITLES[name] for name in losses)}.", highlight=False)
        raise typer.Exit(1)
    cli.out.print("B is not worse than A.", highlight=False)


if __name__ == "__main__":
    cli.run(main)
