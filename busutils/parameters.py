"""A notebook's parameters: read from its cell, overridden by a profile and by hand, checked.

The cell is tagged ``parameters`` and holds nothing but lines ``name = value  # help`` (with an
annotation where the default alone does not say the type: ``name: int | None = None  # help``).
Its own values are the profile *quick*; ``params/<notebook>/<profile>.yaml`` holds the others.
"""

import ast
import io
import json
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from busutils import paths
from busutils.errors import UserError, choose

QUICK = "quick"


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `type` is written as an annotation, `help` is its comment."""

    name: str
    type: str
    default: Any
    help: str


def notebooks() -> dict[str, Path]:
    """Return the notebook sources of the project by name."""
    return {p.stem: p for p in sorted((paths.project() / "notebooks").glob("*.ipynb"))}


def source(name: str) -> Path:
    """Return the file of a notebook, named as ``01_unet_backbones`` or by its path.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    found = notebooks()
    if not found:
        raise UserError(
            f"{paths.project()} has no notebooks: call busutils inside a clone of the project"
        )
    return found[choose(name.removesuffix(".ipynb").removeprefix("notebooks/"), found, "notebook")]


def read(notebook: Path) -> list[Parameter]:
    """Read the parameters of a notebook in the order of its cell.

    Raises
    ------
    UserError
        If the cell is missing, or a line is not of the form ``name = value  # help``.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", ())]
    if len(tagged) != 1:
        raise UserError(
            f"{notebook.name} has {len(tagged)} cells tagged 'parameters': tag one cell so"
        )
    code = "".join(tagged[0]["source"])
    comments = _comments(code)
    return [_parameter(line, comments, notebook.name) for line in ast.parse(code).body]


def profiles(name: str) -> dict[str, Path | None]:
    """Return the profiles of a notebook by name, with the file of each (none for *quick*)."""
    files = sorted((paths.project() / "params" / name).glob("*.yaml"))
    return {QUICK: None} | {p.stem: p for p in files}


def resolve(name: str, profile: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """Return every parameter of a run: the cell's, then the profile's, then `overrides`.

    Parameters
    ----------
    name : str
        Notebook.
    profile : str
        ``quick`` or the stem of a file in ``params/<name>/``.
    overrides : mapping of str to str
        Values as typed on the command line: lists with commas, ``none`` for no value.

    Raises
    ------
    UserError
        If the notebook, the profile or a name is unknown, or a value is of the wrong type.
    """
    known = {p.name: p for p in read(source(name))}
    file = profiles(name)[choose(profile, profiles(name), "profile")]
    given = _mapping(file) if file else {}
    where = f"parameter of {name}"
    values = {p.name: p.default for p in known.values()}
    for key, value in given.items():
        values[key] = checked(known[choose(key, known, f"{where} in {file}")], value)
    for key, text in overrides.items():
        values[key] = typed(known[choose(key, known, where)], text)
    return values


def checked(parameter: Parameter, value: Any) -> Any:
    """Return `value`, as a YAML file gives it, if it is of the parameter's type."""
    try:
        return _convert(value, ast.parse(parameter.type, mode="eval").body)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{parameter.name} = {value!r} is no {parameter.type}: {_remedy(parameter)}"
        ) from error


def typed(parameter: Parameter, text: str) -> Any:
    """Return the value that `text`, as typed on a command line, stands for."""
    value: Any = text
    if parameter.type.startswith("list"):
        value = [part.strip() for part in text.strip("[] ").split(",") if part.strip()]
    return checked(parameter, value)


def places(values: Mapping[str, Any]) -> list[str]:
    """Names of the parameters that hold a file or a folder: ``..._root`` and ``..._file``."""
    return [k for k, v in values.items() if k.endswith(("_root", "_file")) and v]


def _remedy(parameter: Parameter) -> str:
    return f"give one such as {parameter.default!r} ({parameter.help})"


def _mapping(file: Path) -> dict[str, Any]:
    values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(values, dict):
        raise UserError(f"{file} is no list of `name: value` lines: write one parameter a line")
    return values


def _comments(code: str) -> dict[int, str]:
    """Comments of `code` by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _parameter(line: ast.stmt, comments: dict[int, str], notebook: str) -> Parameter:
    target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
    lines = range(line.lineno, (line.end_lineno or line.lineno) + 1)
    text = " ".join(comments[n] for n in lines if n in comments)
    try:
        default = ast.literal_eval(line.value)
    except (AttributeError, ValueError):
        target = None
    if not isinstance(target, ast.Name) or not text:
        raise UserError(
            f"{notebook}: `{ast.unparse(line)}` in the parameters cell is not of the form "
            "`name = value  # help`: write it so"
        )
    annotated = isinstance(line, ast.AnnAssign)
    kind = ast.unparse(line.annotation) if annotated else _type_of(default)
    return Parameter(target.id, kind, default, text)


def _type_of(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        kinds = {_type_of(v) for v in value}
        return f"list[{kinds.pop()}]" if len(kinds) == 1 else "list"
    return type(value).__name__


def _convert(value: Any, kind: ast.expr) -> Any:
    """Convert `value` to the annotation `kind`; text counts as a number where it reads as one.

    YAML 1.1 reads ``1e-4`` as text, and a command line gives nothing but text.
    """
    match kind:
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return None if _is_none(value) else _convert(value, left)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return [_convert(v, item) for v in _sequence(value)]
        case ast.Name(id="list"):
            return [yaml.safe_load(v) if isinstance(v, str) else v for v in _sequence(value)]
        case ast.Name(id="bool"):
            return _bool(value)
        case ast.Name(id="int") if not isinstance(value, (bool, float)):
            return int(value)
        case ast.Name(id="float") if not isinstance(value, bool):
            return float(value)
        case ast.Name(id="str") if isinstance(value, str):
            return value
    raise TypeError(ast.unparse(kind))


def _is_none(value: Any) -> bool:
    return value is None or str(value).lower() in ("none", "null")


def _sequence(value: Any) -> list:
    if not isinstance(value, (list, tuple)):
        raise TypeError(value)
    return list(value)


def _bool(value: Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    word = str(value).lower()
    if word not in words:
        raise ValueError(value)
    return words[word]
