"""What may stand where in a context file: kinds of values, and the place that an error names.

A kind is a type, such as ``list[str]`` or ``Annotated[int, 1, 300]``, whose limits are those of a
number or of the length of a list; keys, each with its kind; a dataclass, whose fields are keys; or
a function of a value and its place. :func:`made` gives the value as the checks need it, or refuses
it in one sentence with the place and the remedy. Values come from YAML as texts
(:mod:`scorecheck.yaml_values`) or from Python as they are.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from difflib import get_close_matches
from functools import partial
from inspect import Parameter, signature
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from scorecheck.cells import CsvCell
from scorecheck.errors import InputError
from scorecheck.spans import NUMBER

Key = tuple[str, str, str]
Kind = Any
YES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
MOST = 10**12


@dataclass(frozen=True)
class Place:
    """Where a value stands: the keys above it, lists by index, and the line in its file."""

    file: str = ""
    path: tuple[str, ...] = ()
    line: Callable[[tuple[str, ...]], int | None] = lambda path: None
    printed: Mapping[Key, CsvCell] = field(default_factory=dict)  # to look up references

    def __truediv__(self, key: object) -> "Place":
        return replace(self, path=(*self.path, str(key)))

    def __str__(self) -> str:
        line = self.line(self.path)
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


def made(kind: Kind, value: Any, place: Place, *limits: float) -> Any:
    """Return a value as its kind says, or refuse it."""
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        own = callable(args[1])
        return args[1](value, place) if own else made(args[0], value, place, *args[1:])
    if origin in (UnionType, Union):  # of a type and None
        return made(args[0], value, place, *limits)
    if origin is Literal:
        return place.choose(text(value, place), args, "value")
    if isinstance(kind, Mapping):
        return keys(kind, value, place)
    if is_dataclass(kind):
        found = kind(**arguments(kind, value, place))
        if hasattr(found, "verify"):  # what no single key shows
            found.verify(place)
        return found
    if kind in (int, float):
        return _number(value, place, kind, *limits)
    if kind is object:  # what is not read here
        return value
    readers = {list: _list, dict: _named, str: text, bool: yes}
    return readers.get(origin, kind)(value, place, *args, *limits)


def arguments(call: Callable, value: Any, place: Place) -> dict[str, Any]:
    """What a dataclass, or the function of a statement, is called with: its parameters are keys.

    A parameter `places` takes the value whole.
    """
    parameters = (p for p in signature(call).parameters.values() if p.name != "paper")
    known = {p.name.rstrip("_"): p for p in parameters}
    if "places" in known:
        return {"places": made(known["places"].annotation, value, place)}
    needs = [key for key, p in known.items() if p.default is Parameter.empty]
    found = keys({key: p.annotation for key, p in known.items()}, value, place, needs)
    return {known[key].name: part for key, part in found.items()}


def keys(
    known: Mapping[str, Kind], value: Any, place: Place, needs: Iterable[str] = ()
) -> dict[str, Any]:
    """Known keys, each with its kind, of which some are needed."""
    if not isinstance(value, Mapping):
        wanted = f"{{{next(iter(known))}: ...}}"
        raise place.error(f"{seen(value)} stands where keys are needed: write {wanted}")
    for key in value:
        if ":" in str(key) and key not in known:
            raise (place / key).error("write a space after the colon of a key")
        (place / key).choose(key, known, "key")
    if missing := [key for key in needs if key not in value]:
        raise place.error(f"{', '.join(missing)} is missing: add it")
    return {key: made(known[key], part, place / key) for key, part in value.items()}


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


def yes(value: Any, place: Place) -> bool:
    """Yes or no."""
    found = YES.get(str(value).lower())
    if found is None:
        raise place.error(f"{seen(value)} is neither true nor false: write one of them")
    return found


def _number(
    value: Any, place: Place, kind: type, low: float = -MOST, high: float = MOST
) -> int | float:
    """A plain number; a whole one as int."""
    if not re.fullmatch(rf"[+-]?(?:{NUMBER}|\d{{1,15}}\.)", str(value)):
        raise place.error(f"{seen(value)} is not a number: write one, such as 0.8")
    found = float(value)
    found = int(found) if found.is_integer() else found
    if low <= found <= high and (kind is float or isinstance(found, int)):
        return found
    what = "whole number" if kind is int else "number"
    raise place.error(f"{found} is not a {what} from {low:g} to {high:g}: mend it")


def _list(value: Any, place: Place, kind: Kind, least: int = 1, most: int = 10_000) -> list:
    if not isinstance(value, list | tuple):
        raise place.error(f"{seen(value)} is not a list: write [..., ...]")
    if not least <= len(value) <= most:
        wanted = f"{least}" if least == most else f"{least} or more"
        raise place.error(f"{len(value)} entries stand where {wanted} are needed: add them")
    found = [made(kind, one, place / i) for i, one in enumerate(value)]
    for i, one in enumerate(found):
        if isinstance(one, str | list) and one in found[:i]:
            raise (place / i).error(f"{seen(value[i])} stands there twice: name it once")
    return found


def several(value: Any, place: Place, kind: Kind) -> list:
    """One value, or a list of them."""
    one = not isinstance(value, list | tuple)
    return [made(kind, value, place)] if one else made(list[kind], value, place)


def _named(value: Any, place: Place, names: Kind, kind: Kind) -> dict:
    if not isinstance(value, Mapping) or not value:
        raise place.error(f"{seen(value)} stands where names with values are needed: add them")
    return {made(names, k, place / k): made(kind, v, place / k) for k, v in value.items()}


def cell(value: Any, place: Place) -> list:
    """A printed number: [table, row, column], or [table, row, column, part]."""
    if not isinstance(value, list | tuple) or len(value) not in (3, 4):
        raise place.error(f"{seen(value)} is no cell: write [table, row, column]")
    key = [text(one, place / i) for i, one in enumerate(value[:3])]
    part = [made(Annotated[int, 0, 99], one, place / 3) for one in value[3:]]
    if place.printed:
        found = look_up(place, *key)
        try:
            found.span(*part)
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
    return cell(value, place) if isinstance(value, list | tuple) else made(float, value, place)


def amounts(value: Any, place: Place, kind: Kind = amount) -> list:
    """A list of amounts, or the cells that {table, column, rows, without} selects."""
    if not isinstance(value, Mapping):
        return made(list[kind], value, place)
    known = {"table": str, "column": str, "rows": list[str], "without": list[str]}
    of = keys(known, value, place, ["table", "column"])
    table, column = of["table"], of["column"]
    (place / "table").choose(table, place.names(), "table")
    (place / "column").choose(column, place.names(table, part=2), f"column of {table}")
    printed = {k[1]: c.text for k, c in place.printed.items() if k[::2] == (table, column)}
    for key in ("rows", "without"):
        for i, name in enumerate(of.get(key, ())):
            (place / key / i).choose(name, printed, f"row of {table} / {column}")
    rows = of.get("rows", [name for name, told in printed.items() if told is not None])
    left = [name for name in rows if name not in of.get("without", ())]
    if not left:
        raise place.error(f"no number of {table} / {column} is left: name other rows")
    return [cell([table, name, column], place) for name in left]


cells = partial(amounts, kind=cell)
"""A list of cells, or those that {table, column, rows, without} selects."""


def row(value: Any, place: Place, what: str = "row", part: int = 1) -> str:
    """A row of the table that a place is about; with `part` 2 a column."""
    options, found = place.names(place.table, part=part), text(value, place)
    return place.choose(found, options, f"{what} of table {place.table}") if options else found
