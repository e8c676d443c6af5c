"""What the value of a parameter may be: named types, told in words, checked, and read from text.

A type stands as an annotation in a notebook's parameters cell: ``Whole[1, 5]`` and the names below
are numbers of a range, ``Literal["a", "b"]`` is a choice, ``list[...]`` and ``OneOrMore[...]`` are
lists in which nothing stands twice, ``OrNone[...]`` may be none.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from busutils.errors import UserError

Item = TypeVar("Item")


class Whole:
    """``Whole[1, 5]`` is a whole number from 1 to 5."""

    def __class_getitem__(cls, ends: tuple[int, int]) -> Any:
        low, high = ends
        return Annotated[int, Field(ge=low, le=high)]


OneOrMore = Annotated[list[Item], Field(min_length=1)]
OrNone = Item | None

# Upper ends keep a slip of the finger from filling memory or running for days.
Count = Whole[1, 10_000]
Size = Whole[8, 1024]
Filters = Whole[1, 256]
Batch = Whole[1, 1024]
Phantoms = Whole[12, 2000]
Seed = Whole[0, 4_000_000_000]
"""Leaves room below 2**32 for folds and repeats, which are added to it."""
Share = Annotated[float, Field(ge=0, le=1)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]
Positive = Annotated[float, Field(gt=0, le=1000)]

Augmentation = Literal[
    "none", "flips", "flips_brightness", "flips_rotation", "flips_rotation_brightness"
]
Freezing = Literal["all_but_batchnorm", "all", "none", "random_frozen"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Preprocessing = Literal["paper", "backbone"]
Weights = Literal["phantom", "imagenet", "none"]

PLAIN = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
PLAIN |= {list: "a list"}
INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
WORDS = {"true": True, "yes": True, "false": False, "no": False}
WORDS |= dict.fromkeys(("none", "null", ""))


def words(kind: Any) -> str:
    """Tell a type in words, as in "a whole number from 1 to 5".

    Examples
    --------
    >>> words(list[Whole[1, 5]])
    'a list, each item a whole number from 1 to 5'
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"one of {', '.join(choice or repr(choice) for choice in parts)}"
    if origin in (Union, UnionType):
        return ", or ".join("none" if part is NoneType else words(part) for part in parts)
    if origin is list:
        return f"a list, each item {words(*parts)}"
    if origin is Annotated and get_origin(parts[0]) is list:
        return words(parts[0]).replace("a list", "a list of one or more", 1)
    if origin is Annotated:
        return f"{words(parts[0])} {_range(kind)}"
    return PLAIN.get(kind, str(kind))


def checked(name: str, kind: Any, value: Any, remedy: str = "give one") -> Any:
    """Return `value` if it is of the type; a whole number becomes a float where one is asked for.

    Parameters
    ----------
    name : of the parameter, for the error
    remedy : what to do, for the error

    Raises
    ------
    UserError
        If it is of another type, out of its range, none of its choices, or twice in a list.
    """
    try:
        found = _adapter(kind).validate_python(value)
    except ValidationError as error:
        place = error.errors()[0]["loc"][:1]
        raise UserError(f"{_refused(name, kind, value, place)}: {remedy}") from None
    twice = [v for i, v in enumerate(found) if v in found[:i]] if isinstance(found, list) else []
    if twice:
        raise UserError(f"{name} has {_shown(twice[0])} twice: name it once")
    return found


def from_text(name: str, kind: Any, text: Any, remedy: str = "give one") -> Any:
    """Return the value that a text stands for, or a list of texts.

    Numbers are written in ASCII, without underscores or spaces. A list is written with commas,
    with brackets and quotes or without: ``a,b``, ``['a', 'b']``, ``["a"]``.

    Raises
    ------
    UserError
        As :func:`checked` does.
    """
    if (item := _item(kind)) is None:
        return checked(name, kind, _read(kind, text), remedy)
    parts = [*_split(text)] if isinstance(text, str) else text
    if isinstance(text, str) and any(not p or p != p.strip("[]'\"") for p in parts):
        raise UserError(f"{_refused(name, kind, text, ())}: {remedy}")
    if isinstance(parts, list):
        parts = [_read(item, part) for part in parts]
    return checked(name, kind, parts, remedy)


def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))


def _item(kind: Any) -> Any:
    """The type of a list's items; None where the type is no list."""
    if get_origin(kind) is Annotated:
        return _item(get_args(kind)[0])
    return get_args(kind)[0] if get_origin(kind) is list else None


def _read(kind: Any, text: Any) -> Any:
    """What `text` stands for if that is of the type, else the text where it is, else what it is."""
    value = _scalar(text) if isinstance(text, str) else text
    for reading in (value, text):
        try:
            return _adapter(kind).validate_python(reading)
        except ValidationError:
            continue
    return text if value is None or isinstance(value, bool) else value


def _scalar(text: str) -> Any:
    if INTEGER.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return float(text)
    return WORDS.get(text.lower(), text)


def _split(text: str) -> Iterator[str]:
    inner = text.strip()
    if inner[:1] == "[" and inner[-1:] == "]":
        inner = inner[1:-1]
    for part in map(str.strip, inner.split(",") if inner.strip() else ()):
        quoted = len(part) > 1 and part[0] == part[-1] and part[0] in "'\""
        yield part[1:-1].strip() if quoted else part


def _refused(name: str, kind: Any, value: Any, place: tuple) -> str:
    """Say what is wrong with a value, or with the item of a list at `place`."""
    item = _item(kind)
    if item is not None and isinstance(value, list) and place:
        told, kind, value = f"{name} has {_shown(value[place[0]])}, which", item, value[place[0]]
    else:
        told = f"{name} = {_shown(value)}"
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    near = get_close_matches(str(value), choices, n=1)
    return f"{told} is not {words(kind)}" + "".join(f" (did you mean {n!r}?)" for n in near)


def _range(kind: Any) -> str:
    """The range of a number in words."""
    (field,) = kind.__metadata__
    known = ("ge", "gt", "le", "lt")
    ends = {end: getattr(m, end) for m in field.metadata for end in known if hasattr(m, end)}
    low = f"from {ends['ge']}" if "ge" in ends else f"above {ends['gt']}"
    if "lt" in ends:
        return f"{low} to below {ends['lt']}"
    return f"{low} to {ends['le']}" if "ge" in ends else f"{low}, at most {ends['le']}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
