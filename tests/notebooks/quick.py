"""Quick runs of the notebooks in a store of their own, and what is kept of them to compare with."""

import json
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from busutils import runs

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXPECTED = HERE / "expected"
NOTEBOOKS = {file.stem: file for file in sorted((ROOT / "notebooks").glob("*.ipynb"))}
CHECKED = "# NBVAL_CHECK_OUTPUT"
EXACT = 1e-9


def execute(name: str, store: Path, **environment: str) -> runs.Run:
    """Execute a notebook's quick profile with an empty store and return its run."""
    done = subprocess.run(
        [sys.executable, "-m", "busutils", "run", name, "--quiet"],
        cwd=ROOT,
        env=os.environ | {"BUSUTILS_RUNS": str(store)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return runs.Run(Path(done.stdout.strip()))


def code_cells(notebook: Path) -> list[str]:
    """Return the text of the code cells."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def without_other_outputs(notebook: Path) -> dict[str, Any]:
    """Return an executed notebook with the outputs of cells that nbval is to compare, no others."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["metadata"].pop("papermill", None)
    for cell in content["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
        if cell["cell_type"] == "code" and CHECKED not in "".join(cell["source"]):
            cell["outputs"], cell["execution_count"] = [], None
    return content


def differences(name: str, got: dict[str, float], stated: str = "") -> list[str]:
    """Say which numbers of a quick run differ from the expected ones by more than is stated.

    ``tolerances.json`` states for each notebook (or for `stated`), by pattern of the number's
    name, the largest absolute difference; null: not compared. The first pattern that fits counts;
    without one the number must be the same.
    """
    expected = json.loads((EXPECTED / f"{name}.json").read_text(encoding="utf-8"))
    tolerances = json.loads((HERE / "tolerances.json").read_text(encoding="utf-8"))
    patterns = tolerances.get(stated or name, {}).items()
    told = []
    for key in sorted(expected.keys() | got.keys()):
        allowed = next((t for pattern, t in patterns if fnmatch(key, pattern)), EXACT)
        if allowed is None:
            continue
        if key not in expected or key not in got:
            told.append(f"{key}: only on one side")
        elif not abs(got[key] - expected[key]) <= allowed:
            told.append(f"{key}: {got[key]:.6g}, expected {expected[key]:.6g} ± {allowed:g}")
    return told
