"""The quick runs that `make book` has made: where they are, and how well their networks learned."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from busutils import execution, jobs, metrics, parameters, rebuild, runs, statistics, training
from busutils.data.dataset import open_cached
from busutils.job import Job

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "expected"
NOTEBOOKS = {file.stem: file for file in sorted((ROOT / "notebooks").glob("*.ipynb"))}
TRAINED = ["01_unet_backbones", "02_attention_unet", "03_multitask_unet"]
TRAINED += ["04_fgfeu_net", "05_mu_net", "06_busi_benchmark"]
CHECKED = "# NBVAL_CHECK_OUTPUT"


def run(name: str, store: Path) -> runs.Run:
    """Return the quick run of a notebook in the store of `make book`."""
    folder = execution.folder(name, "quick", parameters.resolve(name, "quick", {}))
    there = store / "notebooks" / folder.name
    assert there.exists(), f"{there} is not there: call `make book` first"
    return runs.Run(there)


def execute(name: str, store: Path, *words: str, **environment: str) -> runs.Run:
    """Execute a notebook's quick profile in a store, with more words, and return its run."""
    done = subprocess.run(
        [sys.executable, "-m", "busutils", "run", name, "--quiet", *words],
        cwd=ROOT,
        env=os.environ | {"BUSUTILS_RUNS": str(store)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return runs.Run(Path(done.stdout.strip()))


def borrow(made: Path, store: Path, *parts: str) -> Path:
    """Give a new store what lies in parts of another one, so that it is not made again."""
    for part in parts:
        (store / part).mkdir(parents=True)
        for entry in (made / part).glob("[!.]*"):
            (store / part / entry.name).symlink_to(entry)
    return store


def code_cells(notebook: Path) -> list[str]:
    """Return the text of the code cells but for those that need what only a training keeps."""
    cells = rebuild.without(notebook, {rebuild.TRAINED})["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def without_other_outputs(notebook: Path) -> dict[str, Any]:
    """Return what nbval is to run and to compare of an executed notebook: no other outputs.

    Cells that need what only a training keeps are left out: `make book` has just run them.
    """
    content = rebuild.without(notebook, {rebuild.TRAINED})
    content["metadata"].pop("papermill", None)
    for cell in content["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
        if cell["cell_type"] == "code" and CHECKED not in "".join(cell["source"]):
            cell["outputs"], cell["execution_count"] = [], None
    return content


def jobs_of(made: runs.Run) -> list[Job]:
    """Return the jobs of a run, from the store that it lies in."""
    store = made.folder.parents[1]
    return [jobs.load(identity, store) for identity in made.manifest["jobs"]]


def train(name: str, seed: int) -> list[Job]:
    """Train the networks of a quick run from another seed, on another split."""
    values = parameters.resolve(name, "quick", {}) | {"split_seed": seed}
    plan = execution.planned(parameters.source(name), values)["plan"]
    other = [replace(entry.job, init_seed=seed, order_seed=seed) for entry in plan]
    training.complete(other, quiet=True)
    return other


def learned(job: Job, store: Path) -> tuple[float, float]:
    """Return the mean Dice of held-out lesions, and that of the best trivial answer.

    What a job holds out is its test set, and where it has none what it validates on.
    """
    data = open_cached(job.dataset, store)
    table = jobs.read_split(job, store).set_index("case")["role"]
    role = table.reindex(data.cases["case"]).to_numpy()
    held_out = "test" if "test" in role else "val"
    counts = jobs.cases([job], store).query("split == @held_out and threshold == 0.5")
    masks = data.masks[role == held_out]
    ellipse = statistics.best_ellipse(data.masks[role == "train"])
    trivial = statistics.trivial_answers(masks[masks.any(axis=(1, 2))], ellipse)
    best = max(metrics.per_case(of)["dice"] for _, of in trivial.groupby("answer"))
    return metrics.per_case(counts[counts["tp"] + counts["fn"] > 0])["dice"], best


def told_apart(job: Job, store: Path) -> tuple[float, float]:
    """Return the share of training images told benign or malignant rightly, and the larger class's.

    Ten held-out images say nothing of a diagnosis.
    """
    cases = jobs.cases([job], store).query("split == 'train' and threshold == 0.5")
    malignant = cases["label"] == "malignant"
    share = malignant.mean()
    return ((cases["p_malignant"] >= 0.5) == malignant).mean(), max(share, 1 - share)
