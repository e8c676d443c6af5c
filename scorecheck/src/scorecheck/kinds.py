"""What may stand where in a context file: kinds of values, and the place that an error names.

A kind is a function of a value and its place. It returns the value as the checks need it, or
refuses it in one sentence with the place and the remedy. Values come from YAML as texts
(:mod:`scorecheck.yaml_values`) or from Python as they are.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from scorecheck.cells import CsvCell, span_of
from scorecheck.errors import InputError

Key = tuple[str, str, str]
NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,2})?", re.IGNORECASE)
YES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
MOST = 10**12


@dataclass(frozen=True)
class Place:
    """Where a value stands: the keys above it, lists by index, and the line in its file."""

    file: str = ""
    path: tuple[str, ...] = ()
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    printed: Mapping[Key, CsvCell] = field(default_factory=dict)  # to look up references

    def __truediv__(self, key: object) -> "Place":
        return replace(self, path=(*self.path, str(key)))

    def __str__(self) -> str:
        line = self.lines.get(self.path)
        return ", ".join(filter(None, [self.file, line and f"line {line}", " / ".join(self.path)]))

    def error(self, what: object) -> InputError:
        """What is wrong here, and the remedy, as an error."""
        return InputError(f"{self}: {what}")

    def choose(self, value: str, options: Iterable[str], what: str) -> str:
        """Return `value` if it is one of `options`, or raise with the nearest."""
        options = list(options)
        if value in options:
            return value
        near = get_close_matches(str(value), options, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise self.error(f"unknown {what} {value!r}: {hint}choose one of {', '.join(options)}")

    @property
    def table(self) -> str:
        """The table that this place is about."""
        return self.path[self.path.index("tables") + 1] if "tables" in self.path else ""

    def names(self, table: str | None = None, row: str | None = None, part: int = 0) -> list[str]:
        """Names of printed tables; with `part` 1 and 2 of rows and columns, all or of one."""
        kept = (k for k in self.printed if table in (None, k[0]) and row in (None, k[1]))
        return list(dict.fromkeys(key[part] for key in kept))


Kind = Callable[[Any, Place], Any]


def seen(value: Any) -> str:
    """What a value is, in a word or two."""
    if isinstance(value, str | int | float):
        return repr(value if len(str(value)) < 60 else f"{str(value)[:60]}...")
    return {type(None): "nothing", dict: "a mapping"}.get(type(value), "a list")


def text(value: Any, place: Place) -> str:
    """A name or a sentence."""
    if not isinstance(value, str | int | float) or value == "":
        raise place.error(f"{seen(value)} is not a text: write one, in quotes")
    return str(value)


def as_it_is(value: Any, place: Place) -> Any:
    """What is not read here."""
    return value


def number(value: Any, place: Place) -> int | float:
    """A plain number; a whole one as int."""
    if isinstance(value, str | int | float) and NUMBER.fullmatch(str(value)):
        found = float(value)
        return int(found) if found.is_integer() else found
    raise place.error(f"{seen(value)} is not a number: write one, such as 0.8")


def between(low: float, high: float, types: type = object, what: str = "number") -> Kind:
    """A number from `low` to `high`."""

    def kind(value: Any, place: Place) -> int | float:
        found = number(value, place)
        if low <= found <= high and isinstance(found, types):
            return found
        raise place.error(f"{found} is not a {what} from {low:g} to {high:g}: mend it")

    return kind


def whole(low: int = 0, high: int = MOST) -> Kind:
    """A whole number from `low` to `high`."""
    return between(low, high, int, "whole number")


def yes(value: Any, place: Place) -> bool:
    """Yes or no."""
    found = YES.get(str(value).lower())
    if found is None:
        raise place.error(f"{seen(value)} is neither true nor false: write one of them")
    return found


def choice(options: Iterable[str], what: str) -> Kind:
    """One of several words."""
    return lambda value, place: place.choose(text(value, place), options, what)


def many(kind: Kind, least: int = 1, most: int = 10_000) -> Kind:
    """A list of at least `least` things of a kind."""

    def listed(value: Any, place: Place) -> list:
        if not isinstance(value, list | tuple):
            raise place.error(f"{seen(value)} is not a list: write [..., ...]")
        if not least <= len(value) <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            raise place.error(f"{len(value)} entries stand where {wanted} are needed: add them")
        return [kind(one, place / i) for i, one in enumerate(value)]

    return listed


def one_or_many(kind: Kind) -> Kind:
    """One thing, or a list; always read as a list."""
    return lambda value, place: (
        many(kind)(value, place) if isinstance(value, list | tuple) else [kind(value, place)]
    )


def named(kind: Kind, names: Kind = text) -> Kind:
    """Names, each with a thing of a kind."""

    def mapping(value: Any, place: Place) -> dict:
        if not isinstance(value, Mapping) or not value:
            raise place.error(f"{seen(value)} stands where names with values are needed: add them")
        return {names(k, place / k): kind(v, place / k) for k, v in value.items()}

    return mapping


def keys(known: Mapping[str, Kind], needs: Sequence[str] = ()) -> Kind:
    """Known keys, each with its kind, of which some are needed."""

    def mapping(value: Any, place: Place) -> dict:
        if not isinstance(value, Mapping):
            wanted = f"{{{next(iter(known))}: ...}}"
            raise place.error(f"{seen(value)} stands where keys are needed: write {wanted}")
        for key in value:
            if ":" in str(key) and key not in known:
                raise (place / key).error("write a space after the colon of a key")
            (place / key).choose(key, known, "key")
        missing = [key for key in needs if key not in value]
        if missing:
            raise place.error(f"{', '.join(missing)} is missing: add it")
        return {k: known[k](v, place / k) for k, v in value.items()}

    return mapping


def all_of(**known: Kind) -> Kind:
    """Keys that are all needed."""
    return keys(known, list(known))


def cell(value: Any, place: Place) -> list:
    """A printed number: [table, row, column], or [table, row, column, part]."""
    if not isinstance(value, list | tuple) or len(value) not in (3, 4):
        raise place.error(f"{seen(value)} is no cell: write [table, row, column]")
    key = tuple(text(one, place / i) for i, one in enumerate(value[:3]))
    part = [whole(0, 99)(one, place / 3) for one in value[3:]]
    if place.printed:
        found = look_up(place, *key)
        try:
            span_of(found, *part)
        except InputError as error:
            raise place.error(error) from None
    return [*key, *part]


def look_up(place: Place, table: str, row: str, column: str) -> CsvCell:
    """The printed cell of these names, or an error that names the nearest."""
    found = place.printed.get((table, row, column))
    if found is None:
        place.choose(table, place.names(), "table")
        place.choose(row, place.names(table, part=1), f"row of {table}")
        place.choose(column, place.names(table, row, part=2), f"column of {table} / {row}")
    if found.text is None:
        told = f"{table} / {row} / {column} is not printed ({found.place})"
        raise place.error(f"{told}: leave it out")
    return found


def amount(value: Any, place: Place) -> list | int | float:
    """A cell, or a number that is known from elsewhere."""
    if isinstance(value, list | tuple):
        return cell(value, place)
    if isinstance(value, str | int | float) and NUMBER.fullmatch(str(value)):
        return number(value, place)
    raise place.error(f"{seen(value)} is neither a number nor a cell: write [table, row, column]")


def several(kind: Kind) -> Kind:
    """A list of cells or amounts, or of those that {table, column, rows, without} selects."""
    selection = {"table": text, "column": text, "rows": many(text), "without": many(text)}

    def chosen(value: Any, place: Place) -> list:
        if not isinstance(value, Mapping):
            return many(kind)(value, place)
        found = keys(selection, ("table", "column"))(value, place)
        table, column, without = found["table"], found["column"], found.get("without", ())
        (place / "table").choose(table, place.names(), "table")
        (place / "column").choose(column, place.names(table, part=2), f"column of {table}")
        printed = {k[1]: c.text for k, c in place.printed.items() if k[::2] == (table, column)}
        for key in ("rows", "without"):
            for i, row in enumerate(found.get(key, ())):
                (place / key / i).choose(row, printed, f"row of {table} / {column}")
        rows = found.get("rows") or [row for row, told in printed.items() if told is not None]
        left = [[table, row, column] for row in rows if row not in without]
        if not left:
            raise place.error(f"no number of {table} / {column} is left: name other rows")
        return [cell(one, place) for one in left]

    return chosen


cells, amounts = several(cell), several(amount)


def _of_table(what: str, part: int) -> Kind:
    def name(value: Any, place: Place) -> str:
        options = place.names(place.table, part=part)
        found = text(value, place)
        return place.choose(found, options, f"{what} of table {place.table}") if options else found

    return name


row, column = _of_table("row", 1), _of_table("column", 2)
"""A row, and a column, of the table that a place is about."""
