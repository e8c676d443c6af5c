"""A notebook's parameters: read from its cell, overridden by a profile and by hand, checked.

The cell is tagged ``parameters`` and holds nothing but lines ``name: type = value  # help``; a cell
above it, tagged ``first-parameters``, may hold those that a reader changes most. A type is one of
:mod:`busutils.values` or a choice that a cell above names, as in
``Row = Literal["base", "vgg16"]``. A line without one takes the type of its value.
The cell's own values are the profile *quick*; ``params/<notebook>/<profile>.yaml`` has the others.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from busutils import paths, sources
from busutils import values as _values
from busutils.errors import UserError, choose

FIRST, TAG = "first-parameters", "parameters"
"""Tags: papermill writes below the cell that is tagged ``parameters``."""
QUICK = "quick"
INJECTED = "# Parameters\n"
"""How the cell begins that papermill writes."""


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `kind` is its type, `help` its comment."""

    name: str
    kind: Any
    default: Any
    help: str

    @property
    def remedy(self) -> str:
        """What to do where a value is refused."""
        return f"give one such as {self.default!r} ({self.help})"


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
    """Read the parameters of a notebook in the order of its cells.

    Raises
    ------
    UserError
        If the cell is missing, a line is of another form or stands twice, or a default is not of
        its type.
    """
    cells = sources.cells(notebook)
    places = [i for i, cell in enumerate(cells) if sources.tagged(cell, TAG)]
    if len(places) != 1:
        raise UserError(f"{notebook.name} has {len(places)} cells tagged {TAG!r}: tag one cell so")
    above = cells[: places[0]]
    known = _named("".join(cell["source"]) for cell in above)
    found = []
    for cell in [c for c in above if sources.tagged(c, FIRST)] + [cells[places[0]]]:
        code = "".join(cell["source"])
        tokens = tokenize.generate_tokens(io.StringIO(code).readline)
        comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
        found += [_parameter(n, comments, known, notebook.name) for n in ast.parse(code).body]
    names = [p.name for p in found]
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise UserError(f"{twice[0]} is twice among the parameters of {notebook.name}: drop one")
    return found


def profiles(name: str) -> dict[str, Path | None]:
    """Return the profiles of a notebook by name, with the file of each (none for *quick*)."""
    files = sorted((paths.project() / "params" / name).glob("*.yaml"))
    return {QUICK: None} | {p.stem: p for p in files}


def resolve(name: str, profile: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter of a run: the cell's, then the profile's, then `overrides`.

    Parameters
    ----------
    name : of the notebook
    profile : ``quick`` or the stem of a file in ``params/<name>/``
    overrides : values as typed on the command line, see :func:`busutils.values.from_text`

    Raises
    ------
    UserError
        If the notebook, the profile or a name is unknown, or a value is not of its type.
    """
    known = {p.name: p for p in read(source(name))}
    file = profiles(name)[choose(profile, profiles(name), "profile")]
    values = {p.name: p.default for p in known.values()}
    for place, given in {f" in {file}": _mapping(file) if file else {}, "": overrides}.items():
        for key, value in given.items():
            of = known[choose(key, known, f"parameter of {name}{place}")]
            if place and isinstance(value, str) and isinstance(of.default, list):
                raise UserError(f"{key}{place} is no list: write [{value}]")
            values[key] = _values.from_text(f"{key}{place}", of.kind, value, of.remedy)
    return values


def verify(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check a notebook's variables where they are used, since papermill writes what it is given.

    Parameters
    ----------
    values : ``globals()`` of the notebook, with the annotations of its parameters cell

    Returns
    -------
    The parameters by name.

    Raises
    ------
    UserError
        If papermill wrote a parameter that there is not, or a value is not of its type.
    """
    kinds = values["__annotations__"]
    for code in values.get("In", ()):  # the cells that IPython remembers, papermill's among them
        for line in ast.parse(code).body if code.startswith(INJECTED) else ():
            for target in getattr(line, "targets", ()):
                choose(ast.unparse(target), kinds, "parameter")
    return {
        name: _values.checked(name, kind, values[name], f"give one (papermill -y '{name}: ...')")
        for name, kind in kinds.items()
    }


def places(values: Mapping[str, Any]) -> list[str]:
    """Names of ``..._root`` that hold a path, not the hashes of files of a published run."""
    held = {k: v for k, v in values.items() if k.endswith("_root") and v}
    return [k for k, v in held.items() if not v.startswith("file:")]


class _Loader(yaml.BaseLoader):
    """Reads every value as text, so that a profile and the command line are read alike."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        names = [key.value for key, _ in node.value]
        if twice := [key for i, (key, _) in enumerate(node.value) if key.value in names[:i]]:
            mark = twice[0].start_mark
            raise yaml.MarkedYAMLError(problem=f"{twice[0].value} stands twice", problem_mark=mark)
        return super().construct_mapping(node, deep)


def _mapping(file: Path) -> dict[str, Any]:
    """Read a profile: texts, and lists of them, by name."""
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), _Loader) or {}
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is no UTF-8 text: save it so") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{file}{line}: {error.problem}: mend the line") from error
    except yaml.YAMLError as error:
        raise UserError(f"{file} is no YAML: write `name: value` lines") from error
    if not isinstance(values, dict):
        raise UserError(f"{file} is no list of `name: value` lines: write one parameter a line")
    return values


def _named(cells: Iterator[str]) -> dict[str, Any]:
    """Types by name: those of :mod:`busutils.values`, and the choices that cells give names to."""
    known = dict(vars(_values))
    for line in (line for code in cells for line in ast.parse(code).body):
        if isinstance(line, ast.Assign) and ast.unparse(line.value).startswith("Literal["):
            known[ast.unparse(line.targets[0])] = eval(ast.unparse(line.value), dict(known))
    return known


def _parameter(
    line: ast.stmt, comments: Mapping[int, str], known: Mapping[str, Any], notebook: str
) -> Parameter:
    target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
    lines = range(line.lineno, (line.end_lineno or line.lineno) + 1)
    text = " ".join(comments[n] for n in lines if n in comments)
    try:
        default = ast.literal_eval(line.value)
        annotated = isinstance(line, ast.AnnAssign)
        kind = eval(ast.unparse(line.annotation), dict(known)) if annotated else _type_of(default)
    except NameError as error:
        raise UserError(
            f"{notebook}: `{ast.unparse(line)}` in the parameters cell: {error}: take a type of "
            "busutils.values, or name the choices in a cell above"
        ) from error
    except (AttributeError, TypeError, ValueError):
        target = None
    if not isinstance(target, ast.Name) or not text:
        raise UserError(
            f"{notebook}: `{ast.unparse(line)}` in the parameters cell is not of the form "
            "`name: type = value  # help`: write it so"
        )
    _values.checked(f"{target.id} in {notebook}", kind, default)
    return Parameter(target.id, kind, default, text)


def _type_of(value: Any) -> Any:
    """The type of a line that names none."""
    if isinstance(value, list):
        kinds = {type(v) for v in value}
        return list[kinds.pop()] if len(kinds) == 1 else list
    return type(value)
