"""The course: a folder for students and one with solutions, from one source by cell tags.

In ``course/`` a cell tagged ``task`` is for students, one tagged ``solution`` takes its place for
teachers, and one tagged ``check`` says what is wrong with an answer. Both folders hold a copy
of this package, so that it need not be installed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from busutils import jobs, paths, rebuild, runs, sources
from busutils.errors import RunError, UserError

FOLDERS = {"students": "solution", "solutions": "task"}
"""Folder -> tag of the cells that it goes without."""
WHEELS = "wheels"
NETWORK_OF = "04_fgfeu_net-busi-cpu"
"""The published run whose best network is counted in ``published.csv``."""


def write(to: Path, offline: bool = False) -> list[Path]:
    """Write the folders ``students`` and ``solutions``, each whole or not at all.

    Parameters
    ----------
    to : folder to write to
    offline : also collect the wheels of all packages, for computers like this one

    Raises
    ------
    UserError
        If a folder is there: it may hold a student's work.
    RunError
        If a package cannot be downloaded.
    """
    for name in [*FOLDERS, *[WHEELS] * offline]:
        if (to / name).exists():
            what = f"{to / name} is there, perhaps with somebody's work"
            raise UserError(f"{what}: name another folder by --to")
    source, counted = paths.project() / "course", counts()
    made = []
    for name, left_out in FOLDERS.items():
        with paths.whole_folder(to / name) as part:
            for notebook in sorted(source.glob("*.ipynb")):
                runs.write_json(part / notebook.name, rebuild.without(notebook, [left_out]))
            for file in ("README.md", "requirements.txt", "runtime.txt", "tools.py", "checks.py"):
                shutil.copyfile(source / file, part / file)
            shutil.copyfile(paths.project() / "constraints.txt", part / "constraints.txt")
            counted.to_csv(part / "published.csv", index=False)
            sources.copy_package(part)
        made.append(to / name)
    if offline:
        _download(to / "students", to / WHEELS)
        made.append(to / WHEELS)
    return made


def counts() -> pd.DataFrame:
    """Pixel counts of a published network: case, label, tp, fp, fn, tn of each test image."""
    run = runs.Run(paths.published() / "notebooks" / NETWORK_OF)
    cases = jobs.read(run.numbers["best"]["job"]).cases
    chosen = cases[(cases["split"] == "test") & (cases["threshold"] == 0.5)]
    return chosen[["case", "label", "tp", "fp", "fn", "tn"]]


def _download(packages: Path, to: Path) -> None:
    """Collect the wheels that a folder's requirements need on this kind of computer."""
    with paths.whole_folder(to) as part:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(part)]
        words += ["--requirement", "requirements.txt"]
        done = subprocess.run(words, cwd=packages, capture_output=True, text=True, check=False)
        if done.returncode:
            told = (done.stderr.strip().splitlines() or ["pip stopped"])[-1]
            raise RunError(f"the wheels were not collected: {told}: is there a connection?")
