"""The page on printed numbers: the five papers, and our own tables, through one checker."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import pandas as pd
import yaml
from matplotlib.figure import Figure
from scorecheck.checks import FITS, NOT, OPEN, RECOVERED, UNUSUAL, Check
from scorecheck.context import QUANTITIES, table_context
from scorecheck.printed_numbers import PrintedPaper

import scorecheck
from busutils import compare, jobs, metrics, parameters, paths
from busutils.figures import claims as plots
from busutils.figures import look
from busutils.studies import printed

REPORTED = paths.project() / "book" / "reported"
FAMILIES = {
    "overlap": "overlap",
    "prevalence": "lesion share",
    "together": "rows of one set",
    "granularity": "whole numbers",
    "losses": "losses",
    "summaries": "means, columns",
    "statements": "statements",
}
"""What each module of checks is called on the page."""
OURS = {"masks": "hard", "smoothed": False, "macro": False, "two_classes": True, "epoch": "same"}
"""How this book's own scores are made."""


def check(values: Mapping) -> None:
    """Refuse parameters that cannot be used, before anything starts."""
    parameters.verify(values)


def dataset(values: Mapping) -> None:
    """Return nothing: this page reads no images."""


def plan(values: Mapping, data: None) -> list:
    """Return no job: this page trains nothing."""
    return []


def checked(papers: Sequence[int]) -> dict[int, list[Check]]:
    """Check the printed numbers of papers, by number."""
    return {
        paper: printed.check(
            printed.read(
                sorted(REPORTED.glob(f"paper{paper}_*.csv")), REPORTED / f"paper{paper}.yaml"
            )
        )
        for paper in papers
    }


def table(checks: Sequence[Check]) -> pd.DataFrame:
    """One row a check, what does not fit first."""
    columns = ["verdict", "strength", "check", "place", "computation", "finding"]
    rows = [(c.verdict, c.strength, c.kind, c.place, c.shown, c.finding) for c in checks]
    found = pd.DataFrame(rows, columns=columns)
    rank = found["verdict"].map({NOT: 0, FITS: 1, OPEN: 2}) + (found["strength"] == "") / 2
    return found.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def answer(one: Check) -> str:
    """Verdict in a word for the overview; what fits and is a remark or a fact is told apart."""
    if one.verdict == FITS and one.strength:
        return RECOVERED if one.strength == RECOVERED else UNUSUAL
    return one.verdict


def counted(found: Mapping[int, Sequence[Check]]) -> pd.DataFrame:
    """Number of checks by paper, family and answer; columns paper, kind, answer, n."""
    rows = [
        (f"paper {paper}", FAMILIES[one.family], answer(one))
        for paper, checks in found.items()
        for one in checks
    ]
    table = pd.DataFrame(rows, columns=["paper", "kind", "answer"])
    table["kind"] = pd.Categorical(table["kind"], FAMILIES.values())
    counts = table.value_counts(sort=False).reset_index(name="n")
    return counts[counts["n"] > 0].sort_values(["paper", "kind", "answer"]).reset_index(drop=True)


def title(paper: int) -> str:
    """Title of a paper, as a line that names it."""
    about = compare.context(REPORTED, paper)
    return f"**{about['title']}** ({about['authors']}; {about['source']})"


def settle(paper: int) -> str:
    """What would answer a paper's open questions, as a Markdown list."""
    about = compare.context(REPORTED, paper)["checks"]
    return "What would settle it:\n\n" + "\n".join(f"- {what}" for what in about["settle"])


def show(found: Mapping[int, Sequence[Check]], paper: int, rows: int, run: str) -> None:
    """Display a paper's part: its title, what the arithmetic says, a picture, what would settle it.

    Parameters
    ----------
    rows : rows shown of one question
    run : id of the run, for the caption
    """
    from IPython.display import HTML, Markdown, display

    if paper not in found:
        display(Markdown("*Not in this run.*"))
        return
    note = compare.context(REPORTED, paper)["checks"].get("note", "")
    parts = [title(paper), note, printed.markdown(found[paper], rows)]
    display(Markdown("\n\n".join(filter(None, parts))))
    drawn = picture(found[paper])
    if drawn:
        figure, said = drawn
        caption = (
            "Diamonds: printed, as transcribed. Grey: what the readings allow; of a narrow range "
            f"only the tick in its middle is seen. Run {run}."
        )
        display(HTML(look.embed(figure, said, caption)))
    display(Markdown(settle(paper)))


def picture(checks: Sequence[Check], most: int = 12) -> tuple[Figure, str] | None:
    """Draw the kind of check that misfits most often, with its alternative text.

    None where no check that has a printed and a feasible range misfits.
    """
    drawn = [one for one in checks if one.feasible]
    wrong = pd.Series([one.kind for one in drawn if one.verdict == NOT], dtype=object)
    if wrong.empty:
        return None
    kind = wrong.value_counts().index[0]
    tables = {one.table for one in drawn if one.kind == kind and one.verdict == NOT}
    chosen = [one for one in drawn if one.kind == kind and one.table in tables]
    misfits = sum(one.verdict == NOT for one in chosen)
    first = sorted(chosen, key=lambda one: one.verdict != NOT)[:most]
    rows = [(c.place, astuple(c.printed), [astuple(f) for f in c.feasible]) for c in first]
    said = f"{misfits} of {len(chosen)} printed values outside what the readings allow"
    said += f" ({len(first)} shown)" * (len(first) < len(chosen))
    return plots.ranges(rows, f"{kind}: printed, and what the readings allow", said), said


def verdicts(found: Mapping[int, Sequence[Check]], page: str) -> str:
    """What the front page says of this page."""
    lines = [f"**[Can these numbers be true?]({page})** Arithmetic on what the papers print.", ""]
    for paper, checks in found.items():
        n = totals(checks)
        routes = len(printed.front_page(checks))
        lines.append(
            f"- paper {paper}: checks that fit {n[FITS]}, that do not under the readings listed "
            f"{n[NOT]}; findings on two routes or two printed places {routes}"
        )
    return "\n".join(lines) + "\n"


def front(found: Mapping[int, Sequence[Check]]) -> pd.DataFrame:
    """What rests on two routes or on a plain contradiction; one row a finding."""
    return pd.DataFrame(
        [
            (
                *(paper, one.finding, one.kind, f"{one.place}: {one.shown}"),
                *("; ".join(one.rests), "; ".join(one.causes)),
            )
            for paper, checks in found.items()
            for one in printed.front_page(checks)
        ],
        columns=["paper", "finding", "question", "computation", "rests on", "innocent causes"],
    )


def ours() -> dict[str, PrintedPaper]:
    """Our own published tables as papers: what we print, to four decimals, with what it means.

    Scores are means over cases of thresholded masks at one epoch; a prediction may be empty.
    """
    found = {}
    for folder in sorted((paths.published() / "notebooks").glob("[!.]*")):
        cells, tables = {}, {}
        for file in sorted((folder / "tables").glob("*.csv")):
            table = pd.read_csv(file)
            if not {"row", "column", "ours"} <= set(table):
                continue
            columns, spreads = _context(folder.name, file.stem.removeprefix("table"))
            kept = table[table["column"].isin(columns) & table["ours"].notna()]
            kept = kept[~kept["row"].astype(str).isin(spreads)]
            for row in kept.drop_duplicates(["row", "column"]).itertuples():
                unit = "%" if columns[row.column].get("scale") == 100 else ""
                cells[file.stem, str(row.row), row.column] = (f"{row.ours:.4f}", unit)
            if columns:
                tables[file.stem] = table_context(
                    _printed(columns) | OURS,
                    f"{folder.name}, {file.stem}",
                )
        if cells:
            found[folder.name] = PrintedPaper(cells, tables, name=folder.name)
    return found


def _context(run: str, table: str) -> tuple[dict[str, dict], set[str]]:
    """What a published table's columns of scores are, and the rows with standard deviations."""
    number = run.partition("_")[0].lstrip("0")
    file = REPORTED / f"paper{number}.yaml"
    if not file.is_file():
        return {}, set()
    about = yaml.safe_load(file.read_text(encoding="utf-8"))
    columns = about["tables"].get(table, {}).get("columns", {})
    means = about["checks"]["tables"].get(table, {}).get("means", ())
    scores = {name: of for name, of in columns.items() if of.get("score") in QUANTITIES}
    return scores, {row["sd"] for row in means}


def _printed(columns: Mapping[str, Mapping]) -> dict[str, object]:
    """Columns of a published table, each with its averaging, as `table_context` takes them."""
    return {
        "columns": {
            name: {
                "is": of["score"],
                "averaging": "pooled" if of.get("reduction") == "pooled" else "means",
            }
            | ({"of": of["split"]} if "split" in of else {})
            for name, of in columns.items()
        }
    }


def our_counts(threshold: float = 0.5) -> PrintedPaper:
    """Scores of every published job's test lesions, per case and pooled, as a paper prints them."""
    cells = {}
    for identity in sorted(jobs.published()):
        cases = jobs.read(identity).cases
        chosen = cases["split"].eq("test") & cases["threshold"].sub(threshold).abs().lt(1e-6)
        cases = cases[chosen & (cases["tp"] + cases["fn"] > 0)]
        if len(cases) == 0:
            continue
        for how in (metrics.per_case, metrics.pooled):
            for score, value in how(cases).items():
                if score in QUANTITIES:
                    cells[how.__name__, identity, score] = (f"{value:.4f}", "")
    about = dict(OURS)
    about["columns"] = {s: {"is": s} for s in metrics.SCORES if s in QUANTITIES}
    kinds = {"per_case": "means", "pooled": "pooled"}
    tables = {how: table_context(about | {"averaging": a}, how) for how, a in kinds.items()}
    return PrintedPaper(cells, tables, name="published jobs")


def our_checks() -> dict[str, list[Check]]:
    """Every check of our own published tables, and of the counts behind them."""
    printed = [one for paper in ours().values() for one in scorecheck.check(paper)]
    return {
        "published tables": printed,
        "counts of published trainings": scorecheck.check(our_counts()),
    }


def per_case_example(rows: int = 3) -> tuple[str, pd.DataFrame] | None:
    """The beginning of one published table of counts a case; None where none is published."""
    identity = min(jobs.published(), default=None)
    return identity and (identity, jobs.read(identity).cases.head(rows))


def totals(checks: Sequence[Check]) -> dict[str, int]:
    """How many checks fit, do not, and cannot be made."""
    return {v: sum(one.verdict == v for one in checks) for v in (FITS, NOT, OPEN)}
