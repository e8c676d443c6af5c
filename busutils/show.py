"""What a page shows: code as it runs, the stages of a network, tables, and figures.

Imports no deep-learning framework. What it returns is displayed by a notebook and by the site.
"""

import ast
import inspect
import re
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from busutils import figures
from busutils.runs import Run

if TYPE_CHECKING:
    import keras

INTERVALS = {("low", "high"): "95 % interval", ("from", "to"): "95 % interval of it"}
"""Two columns that are told as one, and its name."""
MISSING = "–"


def source(*objects: Any) -> Markdown:
    """Return the source of functions, classes or modules as it runs; of modules without imports."""
    return Markdown("```python\n" + "\n\n\n".join(map(_code, objects)) + "\n```")


def stages(model: "keras.Model") -> pd.DataFrame:
    """Return what a network makes of an image, stage by stage.

    Returns
    -------
    DataFrame with columns part (down, to the smallest height and width, up, or head, which has
    none), output (height, width and channels at its end, before the one of an answer or a gate),
    layers and parameters.
    """
    shapes = [layer.output.shape[1:] for layer in model.layers]
    smallest = min(shape[0] for shape in shapes if len(shape) == 3)
    turn = max(i for i, shape in enumerate(shapes) if len(shape) == 3 and shape[0] == smallest)
    rows: dict[tuple, dict[str, Any]] = {}
    for place, (layer, shape) in enumerate(zip(model.layers, shapes, strict=True)):
        if "Padding" in type(layer).__name__:
            continue
        part = "head" if len(shape) < 3 else "down" if place <= turn else "up"
        key = part, shape[:-1] if part != "head" else ()
        row = rows.setdefault(key, {"part": part, "output": "", "layers": 0, "parameters": 0})
        if shape[-1] > 1 or not row["output"]:
            row["output"] = " × ".join(map(str, shape))
        row["layers"] += 1
        row["parameters"] += layer.count_params()
    return pd.DataFrame(rows.values())


def table(table: pd.DataFrame, digits: int = 2) -> Styler:
    """Return a table as it stands on a page: no index, numbers to `digits` decimals.

    A smaller number keeps its first digit. The ends of an interval become one column, truth is told
    as yes and no, and what is missing as a dash. A column that says the same in each of several
    rows is told once, above the table, and so is ``attrs["note"]``.
    """
    told = table.copy()
    for ends, name in INTERVALS.items():
        if set(ends) <= set(told):
            places = [told.columns.get_loc(end) for end in ends]
            pairs = zip(told[ends[0]], told[ends[1]], strict=True)
            told.insert(min(places), name, [_interval(*pair, digits) for pair in pairs])
            told = told.drop(columns=list(ends))
    right = set(told.select_dtypes("number"))
    told = told.map(_text, digits=digits)
    same = [c for c in told.columns[1:] if len(told) > 2 and len(set(told[c])) == 1]
    style = told.drop(columns=same).style.hide().set_table_attributes('class="dataframe"')
    shown = [c for c in told if c in right and c not in same]
    style = style.set_properties(subset=shown, **{"text-align": "right"})
    alike = [f"{c} {told[c].iloc[0]}" for c in same if told[c].iloc[0] != MISSING]
    notes = [f"In every row: {'; '.join(alike)}."] if alike else []
    notes += filter(None, [table.attrs.get("note")])
    return style.set_caption(" ".join(notes)) if notes else style


def figure(
    drawn: Figure,
    what: str,
    alt: str,
    run: Run,
    n: int | str = "",
    credit: str = "",
    data: pd.DataFrame | None = None,
) -> HTML:
    """Return a figure with what it shows, of how much, the run that made it, and its data.

    Parameters
    ----------
    what : what is shown, in a few words
    alt : the same for those who do not see it
    n : cases, as a number or in words; empty takes the run's data
    credit : citation and licence of the set, due where its images are shown
    data : what is drawn, to be saved as CSV; a figure of `busutils.figures` has it already
    """
    data = getattr(drawn, "data", None) if data is None else data
    name = re.sub(r"\W+", "-", f"{run.id} {what}".lower()).strip("-")
    link = "" if data is None else f" {figures.download(data, name)}"
    profile = run.manifest["profile"]
    caption = figures.caption(what, n or run.data, profile, run.id, credit)
    return HTML(figures.embed(drawn, alt, caption, link))


def guess(question: str, answer: float, ends: tuple[int, int] = (0, 100), digits: int = 2) -> HTML:
    """Ask for a guess of a number before it is told (:func:`busutils.figures.sliders.guess`)."""
    return HTML(figures.sliders.guess(question, answer, ends, digits))


def _code(shown: Any) -> str:
    text = textwrap.dedent(inspect.getsource(shown)).rstrip()
    if not isinstance(shown, ModuleType):
        return text
    preamble = (ast.Import, ast.ImportFrom, ast.Expr)  # an expression is the docstring here
    first = next(node for node in ast.parse(text).body if not isinstance(node, preamble))
    lines = [first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))]
    return "\n".join(text.splitlines()[min(lines) - 1 :])


def _interval(low: float, high: float, digits: int) -> str:
    if not np.isfinite(low):
        return MISSING
    between = "–" if low >= 0 else " to "  # no dash beside a minus
    return between.join(_text(end, digits) for end in (low, high))


def _text(value: Any, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if pd.isna(value):
        return MISSING
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if not isinstance(value, float):
        return str(value)
    text = f"{value:z.{digits}f}"
    if value and not float(text):
        text = np.format_float_positional(value, 1, fractional=False)
    return text.replace("-", "−")
