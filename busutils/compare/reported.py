"""Read what a paper prints: its tables as text, and what its rows and columns mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from busutils import metrics
from busutils.errors import UserError, choose
from busutils.models import networks

ROLES = {"training": "train", "validation": "val", "test": "test"}
"""Sets that a printed column is of, and their role in a split."""


@dataclass(frozen=True)
class Column:
    """What a printed column is, so that ours can be made the same way.

    Attributes
    ----------
    score : as :func:`busutils.compare.scores` takes it; "" where a row hands over the value
    split : val, test or normal
    reduction : "per case" (mean over cases), "pooled" or "share"
    cases, trainings : what the printed number averages; cases 0 means a number without a sample
    scale : factor from our score to the printed unit (113 for a count of 113 images)
    depends : what of the protocol (words of :func:`obstacles`) the column depends on
    obstacle : why the column can never be compared, in a word
    """

    score: str = ""
    split: str = "val"
    reduction: str = "per case"
    cases: int = 0
    trainings: int = 1
    scale: float = 1.0
    depends: Sequence[str] = ("weights", "data", "definition", "image size", "epochs")
    obstacle: str = ""


@dataclass(frozen=True)
class Reported:
    """One printed table.

    Attributes
    ----------
    cells : DataFrame with columns paper, table, row, column, value, unit, all text
    columns : what each column is, by its printed name
    rows : what is known of each row (label, backbone, confidence, why), by its printed name; a row
        that averages other samples than its columns say has `cases` and `trainings` of its own
    protocol : the paper's protocol; a row's own `protocol` goes over it
    """

    cells: pd.DataFrame
    columns: dict[str, Column] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=dict)
    caption: str = ""

    def label(self, row: str) -> str:
        """Name of a row for people; where the paper's label is lost, the inferred one."""
        return self.rows.get(row, {}).get("label", row)

    def samples(self, row: str) -> dict[str, int]:
        """Cases and trainings that a row averages, where its columns say otherwise."""
        own = self.rows.get(row, {})
        return {name: own[name] for name in ("cases", "trainings") if name in own}

    def row_protocol(self, row: str) -> dict[str, Any]:
        """Protocol of one row."""
        return self.protocol | self.rows.get(row, {}).get("protocol", {})

    def printed(self, row: str, column: str) -> str:
        """Return one printed number as text, with its decimals; none of a network of one's own."""
        if row in networks() and row not in set(self.cells["row"]):
            return ""
        cells = {f"{cell.row} / {cell.column}": cell.value for cell in self.cells.itertuples()}
        return cells[choose(f"{row} / {column}", cells, "printed number")]


def context(folder: Path, paper: int, part: str = "") -> dict[str, Any]:
    """Return what ``paper<n>.yaml`` says: title, sentence, protocol, inferred, claims, tables.

    Where a paper has several data sets, `part` names the one whose own protocol goes over the
    paper's.
    """
    file = Path(folder) / f"paper{paper}.yaml"
    if not file.exists():
        raise UserError(f"{file} is missing: no printed numbers of paper {paper} are kept there")
    about = yaml.safe_load(file.read_text(encoding="utf-8"))
    own = about["parts"][choose(part, about["parts"], "data set of the paper")] if part else {}
    return about | {"protocol": about["protocol"] | own}


def reported(folder: Path, paper: int, table: str) -> Reported:
    """Read one printed table.

    Parameters
    ----------
    folder : ``book/reported``
    paper : number of the paper
    table : number of the table as text, or "text" for numbers in running text (row is the place,
        column the thing)

    Returns
    -------
    Reported
        With models as rows: a table that the paper prints the other way is turned.
    """
    about = context(folder, paper)
    name = "text" if table == "text" else f"table{choose(table, about['tables'], 'table')}"
    cells = pd.read_csv(Path(folder) / f"paper{paper}_{name}.csv", dtype=str, keep_default_na=False)
    meaning = about["tables"].get(table, {})
    if meaning.get("transposed"):
        cells = cells.rename(columns={"row": "column", "column": "row"})[list(cells.columns)]
    return Reported(
        cells=cells,
        columns=_columns(cells["column"].unique(), meaning, about.get("checks", {}), table),
        rows=meaning.get("rows", {}),
        protocol=about["protocol"],
        caption=meaning.get("caption", ""),
    )


def _columns(
    names: Sequence[str], meaning: Mapping[str, Any], checks: Mapping[str, Any], table: str
) -> dict[str, Column]:
    """What the columns of a table are: their quantity as checked, then what is said of our samples.

    `every` is said of all columns (its cases may be given by set), `columns` of one.
    """
    checked = checks.get("tables", {}).get(table, {}).get("columns", {})
    every, own = meaning.get("every", {}), meaning.get("columns", {})
    for name in own:
        choose(name, names, f"column of Table {table}")
    made = {}
    for name in names:
        quantity, of = (checked.get(name, {}).get(key, "") for key in ("is", "of"))
        known = {"score": quantity} if quantity in metrics.SCORES else {}
        known |= {"split": ROLES[of]} if of in ROLES else {}
        values = known | every | own.get(name, {})
        if isinstance(values.get("cases"), Mapping):
            values["cases"] = values["cases"][of]
        made[name] = Column(**values)
    return made


def half_unit(printed: str) -> float:
    """Return half a unit of the last printed decimal: "0.7370" gives 0.00005.

    Raises
    ------
    UserError
        If `printed` is not a number.
    """
    try:
        number = Decimal(printed)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UserError(f"{printed!r} is not a printed number: map the cell to another")
    return float(Decimal((0, (5,), number.as_tuple().exponent - 1)))
