"""A CSV of printed numbers: one a line, under paper, table, row, column, value, unit.

Values stay text. What has one meaning only is read: commas, semicolons or tabs between values;
decimal commas where no value has a point; ``95.1 %``; ``0.95 ± 0.02`` and ``0.95 (0.02)``, a mean
with its standard deviation; footnote marks. ``-``, ``n/a`` and nothing are "not printed".
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scorecheck import text
from scorecheck.errors import InputError
from scorecheck.spans import SEPARATORS, SEVERAL, Span, printed

HEAD = ("paper", "table", "row", "column", "value", "unit")
WHAT = f"a CSV with the columns {','.join(HEAD)}, one number a line"
DELIMITERS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
ABSENT = frozenset(
    ["", "/", "n/a", "na", "n.a.", "nan", "none", "null", "nr", "n.r.", "not reported"]
)
PERCENT = frozenset(
    ["%", "％", "in %", "percent", "per cent", "percentage", "pct", "pct.", "prozent"]
)
NUMBER = r"(?:\d{1,15}(?:[.,]\d{1,30})?|[.,]\d{1,30})(?:[eE][+-]?\d{1,2})?"
MARK = r"\s*[*∗†‡§¶#↑↓¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜᵈᵉ]*\s*"  # footnotes and arrows
SIGN = r"(?:±|\+ ?/? ?-)"
FORM = re.compile(
    rf"([+-]?{NUMBER}){MARK}(%?){MARK}"
    rf"(?:{SIGN}\s*({NUMBER})\s*|\(\s*{SIGN}?\s*({NUMBER})\s*(%?)\s*\)\s*)?(%?){MARK}"
)
PLAIN = re.compile(rf"[+-]?{NUMBER}(?: \+- {NUMBER})?".replace(".,", "."))
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


@dataclass(frozen=True)
class CsvCell:
    """One line: `text` is None where nothing is printed; `place` is file and line, for people."""

    paper: str
    key: tuple[str, str, str]
    text: str | None
    unit: str
    place: str

    def error(self, what: object) -> InputError:
        """What is wrong here, and the remedy, as an error."""
        return InputError(f"{self.place}: {what}")


def read(file: Path) -> tuple[list[CsvCell], list[str]]:
    """Read one file: its cells, and what a reader should know of how it was read."""
    whole, notes = text.read(file, WHAT)
    lines = [line + "\n" for line in whole.split("\n")]
    given = re.fullmatch(r"\ufeff?sep=([,;|\t])\s*", lines[0])  # Excel's way to name the delimiter
    if given:
        lines[0] = "\n"
    start = next((i for i, line in enumerate(lines) if line.strip(" \n,;\t|")), None)
    if start is None:
        raise InputError(f"{file} is empty: give {WHAT}")
    delimiter, names = _head(lines[start], given[1] if given else "", f"{file}, line {start + 1}")
    cells = [
        _cell({n: v for n, v in zip(names, values, strict=True) if n}, place)
        for values, place in _values(file, lines, start, delimiter, len(names))
    ]
    if not cells:
        raise InputError(f"{file} holds no number: write them below the first line, one a line")
    commas = _decimal_commas(cells)
    told = [DELIMITERS.get(delimiter, repr(delimiter)), "decimal commas" * commas]
    if any(told):
        notes.append(f"{file} was read with {' and '.join(filter(None, told))}")
    if commas:
        numbers = [c.text and FORM.fullmatch(c.text) for c in cells]
        pairs = zip(cells, numbers, strict=True)
        cells = [replace(c, text=c.text.replace(",", ".")) if n else c for c, n in pairs]
    return cells, notes


def span_of(cell: CsvCell, part: int | None = None) -> Span:
    """Return what the number in a cell, or one of several there, can stand for."""
    if part is None and not PLAIN.fullmatch(cell.text):
        pieces = SEPARATORS.split(cell.text)
        several = len(pieces) > 1 and all(map(PLAIN.match, pieces))
        hint = SEVERAL if several else "mend it, or leave it out"
        raise cell.error(f"{cell.text!r} cannot be read as a number: {hint}")
    try:
        found = printed(cell.text, cell.unit, part)
    except InputError as error:
        raise cell.error(error) from error
    if not max(abs(found.low), abs(found.high)) < 1e15:
        raise cell.error(f"{cell.text} is too large: mend it, or leave it out")
    return found


def _head(line: str, given: str, place: str) -> tuple[str, list[str]]:
    """The delimiter, and the names of the columns in their order."""
    tried = {d: _split(line, d) for d in given or DELIMITERS}
    delimiter = max(tried, key=lambda d: len(set(HEAD) & set(tried[d])))
    names = tried[delimiter]
    wanted = f"the columns must be {','.join(HEAD)}, one number a line"
    if missing := [n for n in HEAD if n not in names]:
        raise InputError(f"{place}: {wanted}: add {','.join(missing)}")
    heads = [n for n in names if n]  # a sheet may have empty columns beside
    if extra := [n for i, n in enumerate(heads) if n not in HEAD or n in heads[:i]]:
        raise InputError(f"{place}: {wanted}: leave out {extra[0]!r}")
    return delimiter, names


def _split(line: str, delimiter: str) -> list[str]:
    try:
        values = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return [text.name(value).casefold() for value in values]


def _values(
    file: Path, lines: Sequence[str], start: int, delimiter: str, width: int
) -> Iterator[tuple[list[str], str]]:
    """Values of every line below the head that holds something, with its place."""
    reader = csv.reader(lines[start + 1 :], delimiter=delimiter, strict=True)
    line = start + 2
    try:
        for values in reader:
            place, line = f"{file}, line {line}", start + 2 + reader.line_num
            if any("\n" in value for value in values):
                raise InputError(f'{place}: a value goes on in the next line: close its quote (")')
            values = [text.name(value) for value in values]
            if any(values):
                if len(values) != width:
                    raise InputError(
                        f"{place}: {width} values are needed and {len(values)} are there: "
                        'quote a value that holds a delimiter ("U-Net, deep"), write 0.80 for 0,80'
                    )
                yield values, place
    except csv.Error as error:
        raise InputError(f'{file}, line {line}: {error}: close each quote (")') from error


def _cell(values: dict[str, str], place: str) -> CsvCell:
    """One line; a value in a form with one meaning is brought into the plainest."""
    unit = values["unit"].strip("[]() ")
    unit = "%" if unit.casefold() in PERCENT else "" if _absent(unit) else unit
    told = values["value"]
    if not all(values[n] for n in ("table", "row", "column")):
        raise InputError(f"{place}: table, row and column are needed: fill each cell")
    if PLAIN.fullmatch(unit):
        raise InputError(f"{place}: the unit is a number, {unit}: write 0.80 for 0,80, or a unit")
    key = (values["table"], values["row"], values["column"])
    if _absent(told):
        return CsvCell(values["paper"], key, None, unit, place)
    plain = re.sub(r"^(\*{1,3}|_{1,3})(.+)\1$", r"\2", told).replace("−", "-").replace("％", "%")
    plain = re.sub(rf"^\(([^()]*{SIGN}[^()]*)\)", r"\1", plain)
    form = FORM.fullmatch(plain)
    if form is None:
        return CsvCell(values["paper"], key, told, unit, place)
    mean, first, after, within, second, third = form.groups()
    sd = after or within
    percent = bool(first or second or third)
    other_unit = percent and unit not in ("", "%")
    bare = bool(within) and ("." in mean or "," in mean) and within.isdigit()  # 0.951(3), 0.95 (1)
    if other_unit or bare or (second and not first):  # 12 (10 %): a number and its share
        return CsvCell(values["paper"], key, told, unit, place)
    plain = f"{mean} +- {sd}" if sd else mean
    return CsvCell(values["paper"], key, plain, "%" if percent else unit, place)


def _absent(value: str) -> bool:
    return value.casefold() in ABSENT or not value.strip("-–—− ")


def _decimal_commas(cells: Sequence[CsvCell]) -> bool:
    """Whether commas are decimal signs in a file; refused where that cannot be told."""
    plain = [c for c in cells if c.text and FORM.fullmatch(c.text)]
    commas = [c for c in plain if "," in c.text]
    if not commas:
        return False
    remedy = "write points for decimals (0.80) and nothing between thousands (1200)"
    points = [c for c in plain if "." in c.text]
    if points:
        other = f"{points[0].text} ({points[0].place}) a point"
        raise commas[0].error(f"{commas[0].text} has a comma, {other}: {remedy}")
    thousands = [c for c in commas if THOUSANDS.fullmatch(c.text)]
    doubtful = thousands[:1] if len(thousands) == len(commas) else []
    for one in doubtful + [c for c in thousands if c.unit not in ("", "%")]:
        raise one.error(f"{one.text} may be a thousand or a decimal: {remedy}")
    return True
