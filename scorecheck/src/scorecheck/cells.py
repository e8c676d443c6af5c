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

from scorecheck import spans, text
from scorecheck.errors import InputError
from scorecheck.spans import PLAIN, Span

HEAD = ("paper", "table", "row", "column", "value", "unit")
WANTED = f"{','.join(HEAD)}, one number a line"
WHAT = f"a CSV with the columns {WANTED}"
DELIMITERS = {",": "", ";": "semicolons", "\t": "tabs", "|": "bars"}
ABSENT = ("", "/", "n/a", "na", "n.a.", "nan", "none", "null", "nr", "n.r.", "not reported")
PERCENT = ("%", "％", "in %", "percent", "per cent", "percentage", "pct", "pct.", "prozent")
NUMBER = spans.NUMBER.replace(r"\.", "[.,]")
MARK = r"\s*[*∗†‡§¶#↑↓¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜᵈᵉ]*\s*"  # footnotes and arrows
SIGN = r"(?:±|\+ ?/? ?-)"
FORM = re.compile(
    rf"([+-]?{NUMBER}){MARK}(%?){MARK}"
    rf"(?:{SIGN}\s*({NUMBER})\s*|\(\s*{SIGN}?\s*({NUMBER})\s*(%?)\s*\)\s*)?(%?){MARK}"
)
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

    def span(self, part: int | None = None) -> Span:
        """What the number here, or one of several, can stand for."""
        try:
            return spans.printed(self.text, self.unit, part)
        except InputError as error:
            raise self.error(error) from None


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
        for values, place in _values(file, lines, start + 1, delimiter, len(names))
    ]
    if not cells:
        raise InputError(f"{file} holds no number: write them below the first line, one a line")
    commas = _decimal_commas(cells)
    told = [DELIMITERS[delimiter], "decimal commas" * commas]
    if any(told):
        notes.append(f"{file} was read with {' and '.join(filter(None, told))}")
    if commas:
        cells = [replace(c, text=c.text.replace(",", ".")) if _form(c) else c for c in cells]
    return cells, notes


def _head(line: str, given: str, place: str) -> tuple[str, list[str]]:
    """The delimiter, and the names of the columns in their order."""
    tried = {d: next(csv.reader([line[:10_000]], delimiter=d)) for d in given or DELIMITERS}
    tried = {d: [text.name(value).casefold() for value in values] for d, values in tried.items()}
    delimiter, names = max(tried.items(), key=lambda of: len({*HEAD} & {*of[1]}))
    heads = [n for n in names if n]  # a sheet may have empty columns beside
    missing = [n for n in HEAD if n not in names]
    extra = [n for i, n in enumerate(heads) if n not in HEAD or n in heads[:i]]
    if missing or extra:
        remedy = f"add {','.join(missing)}" if missing else f"leave out {extra[0]!r}"
        raise InputError(f"{place}: the columns must be {WANTED}: {remedy}")
    return delimiter, names


def _values(
    file: Path, lines: Sequence[str], start: int, delimiter: str, width: int
) -> Iterator[tuple[list[str], str]]:
    """Values of every line from `start` on that holds something, with its place."""
    reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
    place = f"{file}, line {start + 1}"
    try:
        for values in reader:
            if any("\n" in value for value in values):
                raise InputError(f'{place}: a value goes on in the next line: close its quote (")')
            values = [text.name(value) for value in values]
            if any(values) and len(values) != width:
                raise InputError(
                    f"{place}: {width} values are needed and {len(values)} are there: "
                    'quote a value that holds a delimiter ("U-Net, deep"), write 0.80 for 0,80'
                )
            if any(values):
                yield values, place
            place = f"{file}, line {start + 1 + reader.line_num}"
    except csv.Error as error:
        raise InputError(f'{place}: {error}: close each quote (")') from error


def _cell(values: dict[str, str], place: str) -> CsvCell:
    """One line; a value in a form with one meaning is brought into the plainest."""
    unit = values["unit"].strip("[]() ")
    unit = "%" if unit.casefold() in PERCENT else "" if _absent(unit) else unit
    key = (values["table"], values["row"], values["column"])
    if not all(key):
        raise InputError(f"{place}: table, row and column are needed: fill each cell")
    if PLAIN.fullmatch(unit):
        raise InputError(f"{place}: the unit is a number, {unit}: write 0.80 for 0,80, or a unit")
    told = values["value"]
    cell = CsvCell(values["paper"], key, None if _absent(told) else told, unit, place)
    plain = re.sub(r"^(\*{1,3}|_{1,3})(.+)\1$", r"\2", told).replace("−", "-").replace("％", "%")
    plain = re.sub(rf"^\(([^()]*{SIGN}[^()]*)\)", r"\1", plain)
    form = FORM.fullmatch(plain)
    if form is None:
        return cell
    mean, first, after, within, second, third = form.groups()
    if mean.isdigit() and re.match("[¹²³⁴⁵⁶⁷⁸⁹⁰]", plain[form.end(1) :]):
        told = f"{told} may be a power or a number with a footnote mark"
        raise InputError(f"{place}: {told}: write the power in full, or leave the mark out")
    percent = bool(first or second or third)
    other_unit = percent and unit not in ("", "%")
    bare = bool(within) and ("." in mean or "," in mean) and within.isdigit()  # 0.951(3), 0.95 (1)
    if other_unit or bare or (second and not first):  # 12 (10 %): a number and its share
        return cell
    plain = " +- ".join(filter(None, [mean, after or within]))
    return replace(cell, text=plain, unit="%" if percent else unit)


def _absent(value: str) -> bool:
    return value.casefold() in ABSENT or not value.strip("-–—− ")


def _form(cell: CsvCell) -> bool:
    """Whether a number, perhaps with its deviation, stands in a cell."""
    return bool(cell.text and FORM.fullmatch(cell.text))


def _decimal_commas(cells: Sequence[CsvCell]) -> bool:
    """Whether commas are decimal signs in a file; refused where that cannot be told."""
    plain = [c for c in cells if _form(c)]
    commas = [c for c in plain if "," in c.text]
    points = [c for c in plain if "." in c.text]
    remedy = "write points for decimals (0.80) and nothing between thousands (1200)"
    if commas and points:
        other = f"{points[0].text} ({points[0].place}) a point"
        raise commas[0].error(f"{commas[0].text} has a comma, {other}: {remedy}")
    thousands = [c for c in commas if THOUSANDS.fullmatch(c.text)]
    doubtful = thousands[:1] if len(thousands) == len(commas) else []
    for one in doubtful + [c for c in thousands if c.unit not in ("", "%")]:
        raise one.error(f"{one.text} may be a thousand or a decimal: {remedy}")
    return bool(commas)
