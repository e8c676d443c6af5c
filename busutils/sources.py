"""Which modules of the package a notebook depends on, read from its imports without running it.

`make book` executes a notebook again when one of them changes.
"""

import ast
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
WHOLE = {
    "scorecheck": PACKAGE.parent / "scorecheck" / "src" / "scorecheck",
    "bookcheck": PACKAGE.parent / "bookcheck",
}
"""Packages beside this one, of which each file counts."""


def of_notebook(notebook: Path) -> list[Path]:
    """Return the files of the project's packages that the code of `notebook` reaches, sorted."""
    return _reached(set(_imported(tree(notebook))))


def copy_package(folder: Path) -> None:
    """Copy this package into a folder, for a place where it is not installed."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=ignored)


def cells(notebook: Path) -> list[dict[str, Any]]:
    """Return the code cells of a notebook."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def tagged(cell: Mapping[str, Any], tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell["metadata"].get("tags", ())


def tree(notebook: Path) -> ast.Module:
    """Parse the code of all cells of a notebook, but for Jupyter's own commands."""
    code = [line for c in cells(notebook) for line in (*c["source"], "\n")]
    return ast.parse("".join(line for line in code if not line.lstrip().startswith(("%", "!"))))


def _reached(todo: set[Path]) -> list[Path]:
    found: set[Path] = set()
    while todo:
        file = todo.pop()
        found.add(file)
        todo |= set(_imported(ast.parse(file.read_text(encoding="utf-8")))) - found
    return sorted(found)


def _imported(code: ast.Module) -> Iterator[Path]:
    """Files of the project's packages that `code` imports, inside functions too."""
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for first, *parts in (name.split(".") for name in names):
            if first == PACKAGE.name:
                yield from _files(parts)
            elif first in WHOLE:
                yield from WHOLE[first].glob("*.py")


def _files(parts: list[str]) -> list[Path]:
    """Files behind ``busutils.<parts>``; a package counts whole, for it may import by name."""
    place = PACKAGE.joinpath(*parts)
    if not parts:
        return [PACKAGE / "__init__.py"]
    if place.is_dir():
        return sorted(place.glob("*.py"))
    if place.with_suffix(".py").exists():
        return [place.with_suffix(".py")]
    return _files(parts[:-1])
