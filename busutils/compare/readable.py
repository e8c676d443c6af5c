"""A compared table for people, and as plain values."""

import re
from collections.abc import Mapping
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd

from busutils.errors import UserError, choose

JUDGED = ("compatible", "too imprecise")
"""Words that rest on how far one more repeat may fall from ours."""
READABLE = ["printed", "ours", "95 % interval", "n", "verdict"]


def numbers(tables: Mapping[str, pd.DataFrame], run: str) -> dict[str, dict[str, Any]]:
    """Turn tables into plain values for ``numbers.json``, in the tables' order.

    Parameters
    ----------
    tables : name ("Table 2") -> table of :func:`busutils.compare.table`
    run : id of the run

    Returns
    -------
    Name (``<table>_<row>_<column>``, lower case) -> printed (text), value, low, high, verdict, run;
    None where there is no number.
    """
    named = {}
    for table, line in ((name, line) for name, of in tables.items() for line in of.itertuples()):
        words = f"{table} {line.row} {line.column}".lower()
        ends = {"value": line.ours, "low": line.low, "high": line.high}
        found = {name: float(of) if np.isfinite(of) else None for name, of in ends.items()}
        found |= {"printed": line.printed, "verdict": line.verdict, "run": run}
        named[re.sub(r"[^a-z0-9]+", "_", words).strip("_")] = found
    if len(named) < sum(map(len, tables.values())):
        raise UserError(f"rows and columns of {', '.join(tables)} do not have names of their own")
    return named


def readable(table: pd.DataFrame, column: str | None = None) -> pd.DataFrame:
    """Return the table for people: text, with as many digits as the interval justifies.

    Columns: row, column (unless one is picked), printed, ours, 95 % interval, n (our cases),
    verdict (the word). Their reasons, counted, are ``attrs["note"]``, which
    :func:`busutils.show.table` writes above. An interval ends where its score does.
    """
    if column is not None:
        choose(column, table["column"].unique(), "column")
        table = table[table["column"] == column]
    most = table.attrs.get("most", {})
    lines = [_readable(line, most.get(line.column, np.inf)) for line in table.itertuples()]
    shown = pd.DataFrame(lines, columns=["row", "column", *READABLE])
    words = table.groupby("verdict", sort=False)
    shown.attrs = {"note": " ".join(filter(None, [_why(word, rows) for word, rows in words]))}
    return shown if column is None else shown.drop(columns="column")


def _readable(line: Any, most: float) -> tuple[str, ...]:
    least = 0 if line.ours >= 0 else -np.inf
    ends = np.clip([line.low, line.high], least, most)
    half_width = (line.high - line.low) / 2
    ours, low, high = (_text(value, half_width, line.printed) for value in (line.ours, *ends))
    between = "–" if least == 0 else " to "  # no dash beside a minus
    interval = f"{low}{between}{high}" if line.high > line.low else "–"
    n = str(line.n or "–")
    return line.row, line.column, line.printed or "–", ours, interval, n, line.verdict


def _why(word: str, rows: pd.DataFrame) -> str:
    """Say why rows have a verdict: what all share, then how many have which other reason."""
    if word in JUDGED:
        widths = [f"±{width:.2g}" for width in sorted(rows["half_width"]) if width > 0]
        ends = " to ".join(widths[:1] + widths[1:][-1:])
        told = f"one more repeat of ours falls within {ends}" if widths else ""
    else:
        counted = rows["reason"].str.split(r", (?![^(]*\))", regex=True).explode().value_counts()
        counted = counted.drop("", errors="ignore")
        *most, last = ["", *counted.index[counted == len(rows)]]
        shared = " and ".join(filter(None, [", ".join(most[1:]), last]))
        also = "also " if word == "not converged" else ""
        beside = "also " if shared else also
        others = [f"in {n} {beside}{reason}" for reason, n in counted.items() if n < len(rows)]
        told = ", ".join(filter(None, [shared and also + shared, *others]))
    many = "row" if len(rows) == 1 else "rows"
    return f"{word.capitalize()}, {len(rows)} {many}: {told}." if told else ""


def _text(value: float, half_width: float, printed: str) -> str:
    """As many decimals as are worth half of the half-width or less: 0.51 with 0.44–0.58.

    Without an interval as many as printed, two where there are any, three beside nothing.
    """
    if not np.isfinite(value):
        return "–"
    decimals = len(printed.partition(".")[2]) if printed else 3
    decimals = decimals and max(2, decimals)
    if np.isfinite(half_width) and half_width > 0:
        decimals = max(0, -floor(log10(half_width / 2)))
    return f"{value:z.{decimals}f}".replace("-", "−")
