"""The folder of a run: what a notebook writes to it, and how it is found again.

A run folder ``<store>/notebooks/<name>-<dataset>-<profile>-<hash>/`` holds the executed notebook,
``numbers.json``, ``tables/*.csv``, ``manifest.json`` and ``log.txt``, what went to stderr, and for
:mod:`busutils.rebuild` ``cases.csv`` (the set's cases) and ``measured/`` (what was measured on
pixels). It appears by rename when all is done; of a run that failed, notebook and log stay in
``<store>/failed/``.
"""

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busutils import paths
from busutils.data.dataset import PLANNED_WITH, Dataset, from_table, read_table
from busutils.errors import UserError, choose
from busutils.provenance import backend, provenance

if TYPE_CHECKING:
    import pandas as pd

    from busutils.job import Job

MANIFEST = "manifest.json"
NUMBERS = "numbers.json"
CASES = "cases.csv"
MEASURED = "measured"
VERDICTS = "verdicts.md"
CARD = "card.html"
EXPLORED = "explored.json"
LOG = "log.txt"


@dataclass(frozen=True)
class Run:
    """The folder that a notebook writes its results to."""

    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """What is known of the run so far."""
        return json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))

    @property
    def id(self) -> str:
        """Name of the run, as the finished folder is called."""
        return self.manifest["run"]

    @property
    def data(self) -> str:
        """The data set in words: name and number of cases; or that no image files were read."""
        data = self.manifest.get("data")
        if data:
            return f"{data['name']}, {data['cases']} cases"
        return self.manifest["dataset"] or "no image files"

    @property
    def published_name(self) -> str:
        """``<name>-<dataset>-<profile>``, under which the run is published."""
        return self.id.rpartition("-")[0]

    @property
    def page(self) -> str:
        """Address of the published page, for links from any page of the site."""
        return f"/book/papers/{self.published_name}.ipynb"

    @property
    def caption(self) -> str:
        """What stands below a table or a figure: data, profile and run id."""
        return f"{self.data} · profile {self.manifest['profile']} · run {self.id}"

    @property
    def cases(self) -> Path:
        """File with the cases of the set that the run read: no pixels, and no hashes of files."""
        return self.folder / CASES

    def dataset(self, size: int) -> Dataset:
        """Open these cases as a `Dataset` without pixels, which plans and splits as the whole one.

        Raises
        ------
        UserError
            If the run did not read its set at `size` pixels.
        """
        data = self.manifest["data"]
        sizes = data["fingerprints"]
        fingerprint = sizes[choose(str(size), sizes, f"size of {data['name']} in {self.id}")]
        return from_table(self.cases, data["name"], size, fingerprint)

    @property
    def numbers(self) -> dict[str, Any]:
        """What `save_numbers` was given."""
        file = self.folder / NUMBERS
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def save_table(self, name: str, table: Any) -> Path:
        """Write a DataFrame to ``tables/<name>.csv``; an index with a name becomes a column."""
        file = self.folder / "tables" / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(file, index=table.index.names != [None])
        return file

    def save_numbers(self, numbers: Mapping[str, Any]) -> None:
        """Add to ``numbers.json``: nested mappings and lists of numbers and words (NaN as null)."""
        write_json(self.folder / NUMBERS, self.numbers | dict(numbers))

    def save_card(self, html: str) -> None:
        """Write the card that heads the page (:func:`busutils.compare.glance`)."""
        (self.folder / CARD).write_text(html, encoding="utf-8")

    def save_explored(self, content: Mapping[str, Any]) -> None:
        """Write the cases that the explorer shows (:func:`busutils.figures.explored`)."""
        text = json.dumps(_plain(content), separators=(",", ":"))
        (self.folder / EXPLORED).write_text(text, encoding="utf-8")

    def save_verdicts(self, markdown: str) -> None:
        """Write what the front page says of this run once it is published (link to `page`)."""
        (self.folder / VERDICTS).write_text(markdown, encoding="utf-8")

    def measured(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` measures on pixels, which is kept and never measured again.

        A page computes its numbers from what is kept, so that `rebuild` can do so without images.

        Parameters
        ----------
        name : file in ``measured/``: a DataFrame as ``.csv``, plain values as ``.json``
        make : measures it
        """
        file = self.folder / MEASURED / name
        is_table = file.suffix == ".csv"
        if not file.exists():
            made = make()
            if is_table:
                with paths.whole_file(file) as part:
                    made.to_csv(part, index=False)
            else:
                write_json(file, made)
        return read_table(file) if is_table else json.loads(file.read_text(encoding="utf-8"))

    def record(self, dataset: Dataset | None = None, jobs: Sequence["Job"] = ()) -> None:
        """Note in the manifest which `Dataset` was used, which jobs, and the backend.

        The table of cases is kept beside it, and of every size that jobs read the fingerprint; sets
        made of that one (``<fingerprint>-...``) follow from it.
        """
        facts: dict[str, Any] = {"backend": backend()}
        if dataset is not None:
            read = {job.size: job.dataset for job in jobs if "-" not in job.dataset}
            facts["data"] = {
                "name": dataset.name,
                "cases": len(dataset),
                "fingerprint": dataset.fingerprint,
                "fingerprints": read | {dataset.size: dataset.fingerprint},
            }
            dataset.cases.to_csv(self.cases, index=False, columns=list(PLANNED_WITH))
        manifest = self.manifest
        ids = [job.id for job in jobs]
        facts["jobs"] = list(dict.fromkeys([*manifest.get("jobs", []), *ids]))
        write_json(self.folder / MANIFEST, manifest | facts)


def current(name: str = "notebook") -> Run:
    """Return the run that this notebook belongs to.

    Under ``busutils run`` that is the folder in ``$BUSUTILS_RUN_DIR``; in Jupyter or plain
    papermill it is ``<store>/notebooks/<name>-by-hand``, which the next such run writes over.
    """
    if given := os.environ.get("BUSUTILS_RUN_DIR"):
        return Run(Path(given))
    folder = paths.store() / "notebooks" / f"{name}-by-hand"
    shutil.rmtree(folder, ignore_errors=True)
    write_json(folder / MANIFEST, opening(folder.name, name, "by hand", {}))
    return Run(folder)


def find(name: str, local: bool = False) -> Run:
    """Return a finished run by id, by the beginning of its id, or by its folder.

    `local` looks among the runs of this machine alone, not among those that are published.

    Raises
    ------
    UserError
        If no run, or more than one, is meant.
    """
    if (Path(name) / MANIFEST).exists():
        return Run(Path(name))
    places = [paths.store()] if local else [paths.store(), paths.published()]
    known = {run.folder.name: run.folder for place in places for run in all_in(place)}
    if not known:
        raise UserError("there are no runs yet: make one with `busutils run NOTEBOOK`")
    begun = [k for k in known if k.startswith(name)]
    if len(begun) > 1 and name not in known:
        raise UserError(f"{name!r} begins more than one run: name one of {', '.join(begun)}")
    return Run(known[begun[0] if len(begun) == 1 else choose(name, known, "run")])


def all_in(place: Path) -> list[Run]:
    """Return the finished runs of the store, or the published ones, in the order of their names."""
    return [Run(f.parent) for f in sorted((place / "notebooks").glob(f"[!.]*/{MANIFEST}"))]


def side_by_side(first: Run, second: Run) -> "pd.DataFrame":
    """Return every number of two runs, one a row, with the difference second minus first."""
    import pandas as pd

    table = pd.concat([pd.Series(flat(r.numbers), dtype=float) for r in (first, second)], axis=1)
    table["difference"] = table[1] - table[0]
    # a run and its published copy have one id, and two runs may lie in folders of one name
    names = [run.folder.name for run in (first, second)]
    names = names if names[0] != names[1] else [str(run.folder) for run in (first, second)]
    if table["difference"].isna().all():
        told = f"{names[0]} and {names[1]} have no number of one name"
        raise UserError(f"{told}: compare two runs of one notebook")
    return table.set_axis([*names, "difference"], axis="columns")


def flat(content: Any) -> dict[str, float]:
    """Return the numbers in nested mappings and lists by their path, as in ``rows.vgg16.dice``."""
    return {path: float(value) for path, value in leaves(content) if is_number(value)}


def leaves(content: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what nested mappings and lists hold, with its path."""
    if not isinstance(content, (Mapping, list)):
        yield name, content
        return
    for key, value in content.items() if isinstance(content, Mapping) else enumerate(content):
        yield from leaves(value, f"{name}.{key}".lstrip("."))


def is_number(value: Any) -> bool:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def write_json(file: Path, content: Any) -> None:
    """Write plain values, NumPy scalars and arrays as JSON, whole or not at all."""
    with paths.whole_file(file) as part:
        part.write_text(
            json.dumps(_plain(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def opening(
    run_id: str, name: str, profile: str, values: Mapping, overrides: Mapping | None = None
) -> dict[str, Any]:
    """Return what a manifest says when a run begins."""
    return {
        "run": run_id,
        "notebook": name,
        "profile": profile,
        "dataset": values.get("dataset"),
        "parameters": dict(values),
        "overrides": sorted(overrides or {}),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        **provenance(),
    }


def _plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays into plain values, and NaN, which JSON lacks, into null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
