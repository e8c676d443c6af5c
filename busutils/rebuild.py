"""Executing a published page from its small files: does it still give what was published?

Neither images nor trainings are needed: plans and splits come from the run's table of cases, scores
from the counts of its jobs, and what a page measures on pixels from ``measured/``. Cells that need
images carry the tag ``images``, and those that need what only a training keeps (its answers, its
weights) the tag ``trained``; both are left out. Nothing is written to ``book/`` or to the store.
"""

import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from busutils import execution, pages, parameters, paths, provenance, runs, sources, training
from busutils.errors import UserError
from busutils.runs import Run

IMAGES, TRAINED = "images", "trained"
"""Tags of the cells that need images, and of those that need answers or weights of a training."""
FOUND = ("data", "jobs", "backend")
"""What a manifest says only after the cells ran."""
ALIKE = 1e-9
"""Difference of two numbers that are told as equal, relative and absolute."""


@dataclass(frozen=True)
class Rebuilt:
    """What a page gives today beside what was published.

    Attributes
    ----------
    equal : number of values that are the same: numbers and words, cells of tables, ids of jobs
    different : place -> what is there instead of what was published
    left_out : published tables that only cells with one of the two tags make
    """

    equal: int
    different: dict[str, str]
    left_out: list[str]


def rebuild(run: Run, quiet: bool = False) -> Rebuilt:
    """Execute the source notebook of a published run with its parameters, and compare.

    Parameters
    ----------
    run : a published run, or a local one that was published
    quiet : show no progress

    Raises
    ------
    UserError
        If the run is not published, or was published without its cases.
    RunError
        If a cell failed, among others because a training is asked for that is not published.
    """
    published = _published(run)
    with _executed(published, _values(published), quiet) as made:
        return compare(published, made)


def publish(run: Run, quiet: bool = False, data_root: Path | None = None) -> Path:
    """Write numbers, tables and page of a published run anew, as its notebook gives them today.

    Cells that are left out keep the outputs that they were published with, and what only they make
    stays too; the page says so. Errors are those of `rebuild`, and where the images are others.

    Parameters
    ----------
    run, quiet : as `rebuild` takes them
    data_root : folder of the images, with which only cells tagged ``trained`` are left out

    Returns
    -------
    The published page.
    """
    published = _published(run)
    values = _values(published)
    if data_root:
        values["data_root"] = execution.there("data_root", str(data_root))
    left_out = (TRAINED,) if data_root else (IMAGES, TRAINED)
    with _executed(published, values, quiet, left_out) as made:
        before, after = (r.manifest.get("data", {}).get("fingerprint") for r in (published, made))
        if before != after:
            raise UserError(
                f"{published.published_name} was made of images with the fingerprint {before}, and "
                f"those of data_root have {after}: name the folder that it was made of"
            )
        kept = _keep_outputs(published, made, left_out)
        date = datetime.now(UTC).date().isoformat()
        anew = {"commit": provenance.commit(), "date": date, "kept": kept}
        told = {k: made.manifest[k] for k in ("data", "jobs") if k in made.manifest}
        runs.write_json(made.folder / runs.MANIFEST, published.manifest | told | {"anew": anew})
        return pages.publish(made)


def without(notebook: Path, tags: Iterable[str] = (IMAGES, TRAINED)) -> dict[str, Any]:
    """Read a notebook without the cells that have one of some tags."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    kept = [c for c in content["cells"] if not any(sources.tagged(c, tag) for tag in tags)]
    return content | {"cells": kept}


def compare(published: Run, made: Run) -> Rebuilt:
    """Compare numbers, words, ids of jobs and tables; a table that was not made is left out."""
    published_tables, made_tables = (
        {f.stem for f in of.folder.glob("tables/*.csv")} for of in (published, made)
    )
    before, after = _leaves(published, published_tables & made_tables), _leaves(made, made_tables)
    different = {
        place: f"{after.get(place, 'nothing')} instead of {before.get(place, 'nothing')}"
        for place in before | after
        if place not in before or place not in after or not _alike(before[place], after[place])
    }
    left_out = sorted(published_tables - made_tables)
    return Rebuilt(len(before | after) - len(different), different, left_out)


@contextmanager
def _executed(
    published: Run,
    values: Mapping[str, Any],
    quiet: bool,
    left_out: Iterable[str] = (IMAGES, TRAINED),
) -> Iterator[Run]:
    """Execute a published run's source notebook in a place of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as place:
        store = Path(place) / "runs"
        made = Run(store / "notebooks" / published.id)
        begun = {k: v for k, v in published.manifest.items() if k not in FOUND}
        runs.write_json(made.folder / runs.MANIFEST, begun | {"parameters": dict(values)})
        if (published.folder / runs.MEASURED).exists():
            shutil.copytree(published.folder / runs.MEASURED, made.folder / runs.MEASURED)
        source = Path(place) / f"{published.manifest['notebook']}.ipynb"
        runs.write_json(source, without(parameters.source(source.stem), left_out))
        apart = {"BUSUTILS_RUNS": str(store), training.TRAINING: "none"}
        execution.execute_cells(source, made.folder, values, published.id, quiet, apart)
        yield made


def _keep_outputs(published: Run, made: Run, left_out: Iterable[str]) -> int:
    """Put the cells that were left out back with their published outputs; return how many."""
    file = made.folder / f"{published.manifest['notebook']}.ipynb"
    told = file.read_text(encoding="utf-8")
    if root := made.manifest["parameters"].get("data_root"):
        told = told.replace(root, "")
    executed = json.loads(told)
    page = json.loads(pages.page(published).read_text(encoding="utf-8"))
    outputs = {cell["id"]: cell.get("outputs") for cell in page["cells"]}
    source = json.loads(parameters.source(file.stem).read_text(encoding="utf-8"))["cells"]
    kept = [c["id"] for c in source if any(sources.tagged(c, tag) for tag in left_out)]
    if new := [name for name in kept if name not in outputs]:
        raise UserError(
            f"cell {new[0]} of {file.name} needs images, and {published.published_name} was "
            "published without it: name them by --data-root, or run the notebook"
        )
    for before, cell in pairwise(source):
        if cell["id"] in kept:
            after = [c["id"] for c in executed["cells"]].index(before["id"]) + 1
            executed["cells"].insert(after, cell | {"outputs": outputs[cell["id"]]})
    runs.write_json(file, executed)
    if (cases := published.folder / runs.EXPLORED).exists():
        shutil.copyfile(cases, made.folder / runs.EXPLORED)
    for table in sorted((published.folder / "tables").glob("*.csv")):
        if not (made.folder / "tables" / table.name).exists():
            shutil.copyfile(table, made.folder / "tables" / table.name)
    return len(kept)


def _published(run: Run) -> Run:
    found = Run(paths.published() / "notebooks" / run.published_name)
    if not (found.folder / runs.NUMBERS).exists():
        raise UserError(f"{run.id} is not published: call `busutils publish {run.id}` first")
    data = found.manifest.get("data")
    if data and not ("fingerprints" in data and found.cases.exists()):
        raise UserError(
            f"{found.published_name} was published without its table of cases: publish it again "
            "from a machine that has the images"
        )
    return found


def _values(run: Run) -> dict[str, Any]:
    """Parameters of a run; one that came later has its default, and its cases stand for images."""
    known = {
        p.name: p.default for p in parameters.read(parameters.source(run.manifest["notebook"]))
    }
    told = {k: v for k, v in run.manifest["parameters"].items() if k in known}
    return known | told | ({"data_root": str(run.folder)} if run.manifest.get("data") else {})


def _leaves(run: Run, tables: set[str]) -> dict[str, Any]:
    """Numbers and words of a run by their path, its jobs, what the front page says, and tables."""
    import pandas as pd

    file = run.folder / runs.VERDICTS
    content = {
        "numbers": run.numbers,
        "jobs": run.manifest.get("jobs", []),
        "verdicts": file.read_text(encoding="utf-8").splitlines() if file.exists() else [],
        "tables": {
            name: pd.read_csv(run.folder / "tables" / f"{name}.csv").to_dict("records")
            for name in sorted(tables)
        },
    }
    return dict(runs.leaves(content))


def _alike(first: Any, second: Any) -> bool:
    if not (runs.is_number(first) and runs.is_number(second)):
        return first == second
    both_missing = math.isnan(first) and math.isnan(second)
    return both_missing or math.isclose(first, second, rel_tol=ALIKE, abs_tol=ALIKE)
