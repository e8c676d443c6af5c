"""A compared table for people, and as plain values."""

import re
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from busutils.compare.verdicts import Verdict
from busutils.errors import UserError, choose

READABLE = ["printed", "ours", "95 % interval", "n", "verdict"]


def numbers(table: pd.DataFrame, prefix: str, run: str) -> dict[str, dict[str, Any]]:
    """Turn a table into plain values for ``numbers.json``, in the table's order.

    Returns
    -------
    Name (``<prefix>_<row>_<column>``, lower case) -> value, low, high, verdict, run; None where
    there is no number.
    """
    named = {
        _slug(f"{prefix} {line.row} {line.column}"): {
            "value": _number(line.ours),
            "low": _number(line.low),
            "high": _number(line.high),
            "verdict": line.verdict,
            "run": run,
        }
        for line in table.itertuples()
    }
    if len(named) < len(table):
        raise UserError(f"rows and columns of {prefix} do not have names of their own")
    return named


def readable(table: pd.DataFrame, column: str | None = None) -> pd.DataFrame:
    """Return the table for people: text, with as many digits as the interval justifies.

    Columns: row, column (unless one is picked), printed, ours, 95 % interval, n (our cases),
    verdict (with its reason, or the half-width of one more repeat).
    """
    if column is not None:
        choose(column, table["column"].unique(), "column")
        table = table[table["column"] == column]
    shown = pd.DataFrame(map(_readable, table.itertuples()), columns=["row", "column", *READABLE])
    return shown if column is None else shown.drop(columns="column")


def show(table: pd.DataFrame, digits: int = 3) -> Styler:
    """Return a table as it stands on a page: no index, numbers to `digits` decimals.

    Columns low and high become one, "95 % interval", and so do from and to; truth is told as yes
    and no, what is missing as a dash.
    """
    told = {c: table[c].map({True: "yes", False: "no"}) for c in table.select_dtypes(bool)}
    table = _joined(table.assign(**told), ("low", "high"), "95 % interval", digits)
    table = _joined(table, ("from", "to"), "from, to", digits)
    style = table.style.hide().format(precision=digits, na_rep="–", thousands="\u202f")
    return style.set_table_attributes('class="dataframe"')


def _joined(table: pd.DataFrame, ends: tuple[str, str], name: str, digits: int) -> pd.DataFrame:
    """Put the ends of an interval into one column, where the first stood."""
    if not set(ends) <= set(table):
        return table
    joined = [
        f"{low:.{digits}f} to {high:.{digits}f}" if np.isfinite(low) else "–"
        for low, high in zip(table[ends[0]], table[ends[1]], strict=True)
    ]
    place = table.columns.get_loc(ends[0])
    table = table.drop(columns=list(ends))
    table.insert(place, name, joined)
    return table


def _readable(line: Any) -> tuple[str, ...]:
    limits = line.ours, line.low, line.high
    ours, low, high = (_text(value, *limits[1:], line.printed) for value in limits)
    interval = f"{low} to {high}" if line.high > line.low else "–"
    said = Verdict(line.verdict, line.reason, line.difference, line.half_width)
    return line.row, line.column, line.printed or "–", ours, interval, str(line.n or "–"), str(said)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _text(value: float, low: float, high: float, printed: str) -> str:
    """As many decimals as leave two digits of the half-width.

    Without an interval as many as printed, two where there are any, three beside nothing.
    """
    if not np.isfinite(value):
        return "–"
    half_width = (high - low) / 2
    if np.isfinite(half_width) and half_width > 0:
        return f"{value:.{max(0, 1 - floor(log10(half_width)))}f}"
    decimals = len(printed.partition(".")[2]) if printed else 3
    return f"{value:.{decimals and max(2, decimals)}f}"
