"""A notebook's code cells run in the process of the tests: frameworks are imported once."""

import ast
import contextlib
import io
import json
import linecache
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from busutils import execution, parameters, rebuild, sources


def run(notebook: Path, values: Mapping[str, Any], until: str = "") -> list[str]:
    """Run the cells of a notebook with some of its parameters, and return what each shows.

    Tables, figures and Markdown are told as text without tags and pictures. With `until` the
    last cell is the first one that holds that text.
    """
    return page(sources.cells(notebook), values, until)[0]


def names(notebook: Path, values: Mapping[str, Any], until: str = "") -> SimpleNamespace:
    """Run the cells of a notebook that `rebuild` runs, and return its variables."""
    kept = rebuild.without(notebook)["cells"]
    code = [cell for cell in kept if cell["cell_type"] == "code"]
    return SimpleNamespace(**page(code, values, until)[1])


def exercise(notebook: Path, registry: str) -> str:
    """The code of a page's exercise that registers what a reader makes (models or losses)."""
    told = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in told if c["cell_type"] == "markdown")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ways = f"@{registry}.register(", f"{registry} import register"
    return next(block for block in blocks if any(way in block for way in ways))


def with_exercises(notebook: Path, network: str, loss: str, folder: Path) -> Path:
    """Copy a page with its exercises in cells: network and loss, each above the cell of an id."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for registry, before in {"models": network, "losses": loss}.items():
        (place,) = (i for i, cell in enumerate(content["cells"]) if cell["id"] == before)
        cell = {"cell_type": "code", "id": registry, "metadata": {"tags": [execution.PLAN]}}
        content["cells"].insert(place, cell | {"source": exercise(notebook, registry)})
    copy = folder / notebook.name
    copy.write_text(json.dumps(content), encoding="utf-8")
    return copy


def page(
    cells: list[dict], values: Mapping[str, Any], until: str
) -> tuple[list[str], dict[str, Any]]:
    """Run code cells; return what each shows, and the variables at the end."""
    names: dict[str, Any] = {"__name__": "page"}  # whose functions are no package's
    told, shown = [], []
    with (
        mock.patch("IPython.display.display", lambda *objects, **_: shown.extend(objects)),
        mock.patch("myst_nb.glue", lambda name, value, **_: shown.append(f"{name} = {value}")),
    ):
        for cell in cells:
            code = "".join(cell["source"])
            shown.clear()
            printed = _run(code, names, shown)
            told.append("\n".join([printed, *map(_text, shown)]))
            if until and until in code:
                break
            if sources.tagged(cell, parameters.TAG):
                names |= values
    assert until in code, f"no cell holds {until}"
    return told, names


def _run(code: str, names: dict[str, Any], shown: list) -> str:
    """Run one cell; what its last line gives is shown, and what it printed is returned."""
    linecache.cache["cell"] = (len(code), None, code.splitlines(keepends=True), "cell")
    body = ast.parse(code).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if last:
            given = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            shown += [given] if given is not None else []
    return out.getvalue()


def _text(shown: Any) -> str:
    """What a person reads of a displayed object."""
    html = shown.to_html() if hasattr(shown, "to_html") else getattr(shown, "data", shown)
    html = re.sub(r"<style.*?</style>|<(svg|script).*?</\1>", " ", str(html), flags=re.DOTALL)
    alternative = " ".join(re.findall(r"alt='([^']*)'", html))
    return re.sub(r"<[^>]*>|[ \t]+", " ", html) + alternative
