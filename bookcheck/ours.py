"""This book's own scores as a paper prints them: to four decimals, with what they mean.

All are of thresholded masks at one epoch; a prediction may be empty.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from scorecheck.checks import Check
from scorecheck.context import QUANTITIES
from scorecheck.kinds import Place, made
from scorecheck.printed_numbers import PrintedPaper

import scorecheck
from bookcheck import FAMILIES
from bookcheck.context import BookTable
from busutils import compare, jobs, metrics, paths

SAID = {"masks": "hard", "smoothed": False, "macro": False, "two_classes": True, "epoch": "same"}


def checked() -> dict[str, list[Check]]:
    """Every check of our own published tables, and of the counts behind them."""
    check = partial(scorecheck.check, families=FAMILIES)
    return {
        "published tables": [one for paper in tables() for one in check(paper)],
        "counts of published trainings": check(trainings()),
    }


def tables() -> list[PrintedPaper]:
    """The tables of scores of each published run."""
    folders = sorted((paths.published() / "notebooks").glob("[!.]*"))
    return [paper for folder in folders if (paper := _published(folder)).cells]


def trainings(threshold: float = 0.5) -> PrintedPaper:
    """Scores of every published job's test lesions, per case and pooled."""
    cells = {}
    for identity in sorted(jobs.published()):
        cases = jobs.read(identity).cases
        chosen = cases["split"].eq("test") & cases["threshold"].sub(threshold).abs().lt(1e-6)
        cases = cases[chosen & (cases["tp"] + cases["fn"] > 0)]
        for how in (metrics.per_case, metrics.pooled) if len(cases) else ():
            scores = {s: value for s, value in how(cases).items() if s in QUANTITIES}
            cells |= {(how.__name__, identity, s): (f"{v:.4f}", "") for s, v in scores.items()}
    columns = {score: {"is": score} for score in metrics.SCORES if score in QUANTITIES}
    averaged = {"per_case": "means", "pooled": "pooled"}
    said = {how: SAID | {"columns": columns, "averaging": a} for how, a in averaged.items()}
    contexts = {how: made(BookTable, about, Place(how)) for how, about in said.items()}
    return PrintedPaper(cells, contexts, name="published jobs")


def _published(folder: Path) -> PrintedPaper:
    """The tables of one run whose columns its paper's file describes as scores."""
    reported, paper = paths.project() / "book" / "reported", folder.name.partition("_")[0]
    cells, contexts = {}, {}
    for name, table in _with_ours(folder):
        about = compare.context(reported, int(paper))
        number = name.removeprefix("table")
        if number not in about["tables"]:
            continue
        known = compare.reported(reported, int(paper), number).columns
        columns = {column: of for column, of in known.items() if of.score in QUANTITIES}
        means = about["checks"]["tables"].get(number, {}).get("means", ())
        spreads = {row["sd"] for row in means}
        kept = table[table["column"].isin(columns) & ~table["row"].isin(spreads)]
        for row in kept.drop_duplicates(["row", "column"]).itertuples():
            unit = "%" if columns[row.column].scale == 100 else ""
            cells[name, row.row, row.column] = (f"{row.ours:.4f}", unit)
        if columns:
            said = SAID | {"columns": {c: _meant(of) for c, of in columns.items()}}
            contexts[name] = made(BookTable, said, Place(f"{folder.name}, {name}"))
    return PrintedPaper(cells, contexts, name=folder.name)


def _with_ours(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of a run that set our numbers beside printed ones, where we have one."""
    for file in sorted((folder / "tables").glob("*.csv")):
        table = pd.read_csv(file)
        if {"row", "column", "ours"} <= set(table):
            yield file.stem, table[table["ours"].notna()].astype({"row": str})


def _meant(of: compare.Column) -> dict[str, str]:
    """A published column of scores, as scorecheck is told of it."""
    averaging = "pooled" if of.reduction == "pooled" else "means"
    return {"is": of.score, "averaging": averaging, "of": of.split}
