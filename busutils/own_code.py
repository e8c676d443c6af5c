"""What the code behind a registered name is, as a hash: other code must not pass for the same.

The hash is of the syntax tree without docstrings, so comments and layout do not count. Nothing is
imported but what parses Python.
"""

import ast
import hashlib
import inspect
import json
import linecache
import textwrap
from collections.abc import Callable
from typing import Any

from busutils.errors import UserError

_OMITTED = ("kind", "type_comment", "type_params")  # empty, or absent in some version of Python
_OWN: dict[tuple[str, str], str] = {}


def execute(code: str, place: str, variables: dict[str, Any]) -> None:
    """Execute code as a cell of a notebook does: the source of its functions can be read."""
    linecache.cache[place] = (len(code), None, code.splitlines(keepends=True), place)
    exec(compile(code, place, "exec"), variables)


def is_own(function: Callable) -> bool:
    """Whether a function stands outside the package, as in a cell of a notebook."""
    return not function.__module__.startswith(f"{__package__}.")


def note(what: str, name: str, function: Callable) -> None:
    """Note the code of a network or a loss (`what`) of one's own, which belongs to its jobs.

    Raises
    ------
    UserError
        If its source cannot be had, as at a Python prompt.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except OSError as error:
        raise UserError(
            f"the source of {what} {name} cannot be read, and its jobs are known by it: write it "
            "into a cell of a notebook or a file"
        ) from error
    tree.body[0].decorator_list.clear()
    _OWN[what, name] = digest(plain(tree))


def code(what: str, name: str) -> str:
    """Return the hash of the code of one's own network or loss; empty where it is none."""
    return _OWN.get((what, name), "")


def names(what: str) -> list[str]:
    """Return the names of one's own networks or losses."""
    return [name for kind, name in _OWN if kind == what]


def digest(values: object) -> str:
    """Return 12 hexadecimal digits of the sha256 of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def plain(tree: ast.Module) -> object:
    """Return a syntax tree without docstrings as plain values; the tree is changed."""
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node) is not None:
            del node.body[0]
    return _plain(tree)


def _plain(node: object) -> object:
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if isinstance(node, ast.AST):
        parts = {k: _plain(v) for k, v in ast.iter_fields(node) if k not in _OMITTED}
        return [type(node).__name__, {k: v for k, v in parts.items() if v not in (None, [])}]
    return node if node is None else repr(node)
