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
from pathlib import Path
from typing import Any

from busutils import execution, pages, parameters, paths, provenance, sources, training
from busutils.errors import UserError
from busutils.runs import MANIFEST, MEASURED, NUMBERS, VERDICTS, Run, write_json

IMAGES, TRAINED = "images", "trained"
"""Tags of the cells that need images, and of those that need answers or weights of a training."""
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
        _refuse_other_images(published, made)
        kept = _keep_outputs(published, made, left_out)
        date = datetime.now(UTC).date().isoformat()
        anew = {"commit": provenance.commit(), "date": date, "kept": kept}
        told = {k: made.manifest[k] for k in ("data", "jobs") if k in made.manifest}
        write_json(made.folder / MANIFEST, published.manifest | told | {"anew": anew})
        return pages.publish(made)


def without(notebook: Path, tags: Iterable[str] = (IMAGES, TRAINED)) -> dict[str, Any]:
    """Read a notebook without the cells that have one of some tags."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    kept = [c for c in content["cells"] if not any(sources.tagged(c, tag) for tag in tags)]
    return content | {"cells": kept}


def compare(published: Run, made: Run) -> Rebuilt:
    """Compare numbers, words, ids of jobs and tables; a table that was not made is left out."""
    before, after = (_leaves(of) for of in (published, made))
    tables = {of: {f.stem for f in of.folder.glob("tables/*.csv")} for of in (published, made)}
    for name in sorted(tables[made]):
        if name in tables[published]:
            before |= _cells(published, name)
        after |= _cells(made, name)
    different = {
        place: f"{after.get(place, 'nothing')} instead of {before.get(place, 'nothing')}"
        for place in before | after
        if place not in before or place not in after or not _alike(before[place], after[place])
    }
    left_out = sorted(tables[published] - tables[made])
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
        write_json(made.folder / MANIFEST, _opening(published, values))
        if (published.folder / MEASURED).exists():
            shutil.copytree(published.folder / MEASURED, made.folder / MEASURED)
        source = Path(place) / f"{published.manifest['notebook']}.ipynb"
        write_json(source, without(parameters.source(source.stem), left_out))
        apart = {"BUSUTILS_RUNS": str(store), training.TRAINING: "none"}
        execution.execute_cells(source, made.folder, values, published.id, quiet, apart)
        yield made


def _refuse_other_images(published: Run, made: Run) -> None:
    before, after = (of.manifest.get("data", {}).get("fingerprint") for of in (published, made))
    if before != after:
        raise UserError(
            f"{published.published_name} was made of images with the fingerprint {before}, and "
            f"those of data_root have {after}: name the folder that it was made of"
        )


def _keep_outputs(published: Run, made: Run, left_out: Iterable[str]) -> int:
    """Put the cells that were left out back with their published outputs; return how many."""
    file = made.folder / f"{published.manifest['notebook']}.ipynb"
    told = file.read_text(encoding="utf-8")
    if place := made.manifest["parameters"].get("data_root"):
        told = told.replace(place, "")
    executed = json.loads(told)
    page = json.loads(pages.page(published).read_text(encoding="utf-8"))
    outputs = {cell["id"]: cell.get("outputs") for cell in page["cells"]}
    source = json.loads(parameters.source(file.stem).read_text(encoding="utf-8"))["cells"]
    kept = 0
    for place, cell in enumerate(source):
        if any(sources.tagged(cell, tag) for tag in left_out):
            if cell["id"] not in outputs:
                raise UserError(
                    f"cell {cell['id']} of {file.name} needs images, and {published.published_name}"
                    " was published without it: name them by --data-root, or run the notebook"
                )
            ids = [c["id"] for c in executed["cells"]]
            after = ids.index(source[place - 1]["id"]) + 1
            executed["cells"].insert(after, cell | {"outputs": outputs[cell["id"]]})
            kept += 1
    write_json(file, executed)
    for table in sorted((published.folder / "tables").glob("*.csv")):
        if not (made.folder / "tables" / table.name).exists():
            shutil.copyfile(table, made.folder / "tables" / table.name)
    return kept


def _published(run: Run) -> Run:
    found = Run(paths.published() / "notebooks" / run.published_name)
    if not (found.folder / NUMBERS).exists():
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


def _opening(run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of the run as it was when it began."""
    found = {k: v for k, v in run.manifest.items() if k not in ("data", "jobs", "backend")}
    return found | {"parameters": dict(values)}


def _leaves(run: Run) -> dict[str, Any]:
    """Numbers and words of a run by their path, its jobs, and what the front page says of it."""
    file = run.folder / VERDICTS
    verdicts = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = {"numbers": run.numbers, "jobs": run.manifest.get("jobs", []), "verdicts": verdicts}
    return dict(_flat(found, ""))


def _flat(content: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(content, (dict, list)):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in items:
            yield from _flat(value, f"{name}.{key}".lstrip("."))
    else:
        yield name, content


def _cells(run: Run, table: str) -> dict[str, Any]:
    """Cells of a table by row and column."""
    import pandas as pd

    found = pd.read_csv(run.folder / "tables" / f"{table}.csv")
    rows = found.to_dict("records")
    return {
        f"tables.{table}.{i}.{name}": value
        for i, row in enumerate(rows)
        for name, value in row.items()
    }


def _alike(first: Any, second: Any) -> bool:
    numbers = [isinstance(v, (int, float)) and not isinstance(v, bool) for v in (first, second)]
    if not all(numbers):
        return first == second
    both_missing = math.isnan(first) and math.isnan(second)
    return both_missing or math.isclose(first, second, rel_tol=ALIKE, abs_tol=ALIKE)
