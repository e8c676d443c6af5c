"""Executing a notebook: parameters checked first, results in a run folder, whole or absent."""

import ast
import hashlib
import json
import logging
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from busutils import frameworks, jobs, own_code, parameters, paths, sources
from busutils.data import sets
from busutils.errors import RunError, UserError
from busutils.job import Job
from busutils.runs import LOG, MANIFEST, Run, opening, write_json

PLAN = "plan"
"""Tag of the cells that list a page's jobs: imports, the images, the splits, the plan."""
OWN = re.compile(r"^@\S*\bregister\(.*\)", re.MULTILINE)
"""The line above a network or a loss of one's own."""


def folder(name: str, profile: str, values: Mapping[str, Any]) -> Path:
    """Return where a run with these parameters is kept, finished or not."""
    text = json.dumps([name, profile, values], sort_keys=True)
    parts = [name, values.get("dataset"), profile, hashlib.sha256(text.encode()).hexdigest()[:8]]
    return paths.store() / "notebooks" / "-".join(p for p in parts if p)


def prepare(name: str, profile: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """Return a run's parameters, with places that are there.

    Raises
    ------
    UserError
        If a name, a type or the data root is wrong.
    """
    values = parameters.resolve(name, profile, overrides)
    dataset = values.get("dataset", "phantom")
    generated = bool(sets.find(dataset).generate)
    if not values.get("data_root") and not generated:
        values["data_root"] = str(sets.fetched(dataset))
    values |= {key: there(key, values[key]) for key in parameters.places(values)}
    root = values.get("data_root")
    if root and generated:
        raise UserError(
            f"{root} is given as data, but dataset={dataset} is generated: name the set that lies "
            f"there (-p dataset={sets.recognise(Path(root))} by its looks, pairs for your own "
            "images), or leave the folder out"
        )
    return values


def there(key: str, place: str) -> str:
    """Return a place by its whole path, or raise a UserError if it is not there."""
    try:
        return str(Path(place).expanduser().resolve(strict=True))
    except (OSError, RuntimeError, ValueError) as error:  # also no such user, or no name at all
        raise UserError(f"{key} {place!r} is not there: name what is, or leave it out") from error


def kept(name: str) -> set[str]:
    """Return the large files that a page asks for, by ``keep={...}`` or ``also={...}``."""
    nodes = ast.walk(sources.tree(parameters.source(name)))
    asked = [n.value for n in nodes if isinstance(n, ast.keyword) and n.arg in ("keep", "also")]
    named = [ast.literal_eval(value) for value in asked if isinstance(value, ast.Set)]
    return set().union(*named)


def execute(name: str, profile: str, overrides: Mapping[str, str], quiet: bool = False) -> Path:
    """Execute a notebook and return the folder of its results.

    Raises
    ------
    UserError
        If a name, a type or the data root is wrong; nothing was started then.
    RunError
        If a cell failed. The notebook up to there is kept in ``<store>/failed/``.
    """
    values = prepare(name, profile, overrides)
    planned(parameters.source(name), values)  # what cannot be used is refused here
    target = folder(name, profile, values)
    started = time.monotonic()
    if not quiet:
        print(f"executing {name}, profile {profile}", file=sys.stderr)
    with paths.whole_folder(target) as draft:
        write_json(draft / MANIFEST, opening(target.name, name, profile, values, overrides))
        execute_cells(parameters.source(name), draft, values, target.name, quiet)
        manifest = Run(draft).manifest
        made = jobs.made(manifest.get("jobs", []))
        backends = {of["backend"] for of in made}
        manifest["backend"] = ", ".join(sorted(backends)) or manifest.get("backend", "none")
        manifest["minutes"] = round((time.monotonic() - started) / 60, 2)
        write_json(draft / MANIFEST, manifest)
    return target


def plan(name: str, profile: str, overrides: Mapping[str, str]) -> list[Job]:
    """Return the jobs that a notebook asks for, in their order.

    Raises
    ------
    UserError
        If the parameters or the images cannot be used, or the notebook trains nothing.
    """
    page = planned(parameters.source(name), prepare(name, profile, overrides))
    if "plan" not in page:
        raise UserError(f"{name} trains nothing, so it has no jobs: call `busutils run {name}`")
    return [entry.job for entry in page["plan"]]


def planned(notebook: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Execute the cells of a notebook that plan (tagged ``plan``), and return their variables.

    Parameters
    ----------
    notebook : the source
    values : parameters by name; the cell's own hold for the others

    Raises
    ------
    UserError
        If the parameters or the images cannot be used, or a network or a loss is registered in a
        cell that does not plan.
    """
    page: dict[str, Any] = {"__name__": notebook.stem}
    cells = sources.cells(notebook)
    if not any(sources.tagged(cell, PLAN) for cell in cells):
        return {}
    _refuse_unplanned(notebook, cells)
    for number, cell in enumerate(cells):
        is_parameters = sources.tagged(cell, parameters.TAG)
        if any(sources.tagged(cell, tag) for tag in (PLAN, parameters.FIRST, parameters.TAG)):
            code = "".join(cell["source"])
            own_code.execute(code, f"{notebook.name}, code cell {number + 1}", page)
        if is_parameters:
            page |= values
    return page


def _refuse_unplanned(notebook: Path, cells: Sequence[dict]) -> None:
    """Refuse a network or a loss of a cell that is not executed here, so that no plan knows it."""
    for number, cell in enumerate(cells):
        if not sources.tagged(cell, PLAN) and (found := OWN.search("".join(cell["source"]))):
            raise UserError(
                f"code cell {number + 1} of {notebook.name} has {found[0]}, but no tag `{PLAN}`, "
                "so that no plan would know of it: give the cell that tag"
            )


def execute_cells(
    source: Path,
    draft: Path,
    values: Mapping[str, Any],
    run: str,
    quiet: bool = False,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Execute a notebook with papermill into a run's folder.

    Parameters
    ----------
    source : the notebook
    draft : folder of the run, which holds its manifest
    values : every parameter by name
    run : name under which a failed notebook is kept
    quiet : show no progress
    environment : further variables that the notebook sees

    Raises
    ------
    RunError
        If a cell failed. The notebook up to there is kept in ``<store>/failed/``.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    # Names were checked; papermill calls one unknown that is annotated "float | None".
    logging.getLogger("papermill").setLevel(logging.ERROR)
    changed = {p.name for p in parameters.read(source) if p.default != values[p.name]}
    output = draft / source.name
    # where to write; the kernel of this interpreter, not the user's
    wanted = {"BUSUTILS_RUN_DIR": str(draft), "JUPYTER_PREFER_ENV_PATH": "1", **environment}
    try:
        with paths.variables(wanted), (draft / LOG).open("w", encoding="utf-8") as log:
            papermill.execute_notebook(
                source,
                output,
                parameters={k: v for k, v in values.items() if k in changed},
                kernel_name="python3",
                kernel_manager_class=_kernels(log),
                cwd=paths.project(),
                progress_bar=not quiet,
                stderr_file=_Progress(log, quiet),
                extra_arguments=["--log-level=50"],  # ipykernel warns of each start
            )
    except papermill.PapermillExecutionError as error:
        told = (
            f"cell [{error.exec_count}] of {source.stem} failed with {error.ename}: {error.evalue}"
        )
        raise RunError(f"{told} (see {_keep(draft, run)})") from error
    except DeadKernelError as error:
        told = f"the kernel of {source.stem} died, most often for want of memory"
        remedy = "free some, or take a smaller size or batch"
        raise RunError(f"{told}: {remedy} (see {_keep(draft, run)})") from error
    _drop_progress(output)


def _kernels(log: TextIO) -> type:
    """Start kernels whose own stderr is the log: what C++ parts write would reach the terminal."""
    from jupyter_client import AsyncKernelManager

    class Kernels(AsyncKernelManager):
        async def start_kernel(self, **options: Any) -> None:
            await super().start_kernel(stderr=log, **options)

    return Kernels


class _Progress:
    """Keeps what cells write to stderr, and shows the progress in it (`frameworks.PROGRESS`)."""

    def __init__(self, log: TextIO, quiet: bool):
        self.log, self.quiet = log, quiet

    def write(self, text: str) -> None:
        self.log.write(text.replace("\r", "\n"))
        if not self.quiet:
            sys.stderr.writelines(m[0] for m in frameworks.PROGRESS.finditer(text))

    def flush(self) -> None:
        self.log.flush()
        sys.stderr.flush()


def _keep(draft: Path, run: str) -> Path:
    """Keep log and notebook of a failed run, which shows the failing cell and its traceback."""
    kept = paths.store() / "failed" / f"{run}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(draft / LOG, kept.with_suffix(".log"))
    for notebook in draft.glob("*.ipynb"):
        shutil.copyfile(notebook, kept)
    return kept


def _drop_progress(notebook: Path) -> None:
    """Take what went to stderr (progress bars, mostly) out of an executed notebook."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if o.get("name") != "stderr"]
    write_json(notebook, content)
