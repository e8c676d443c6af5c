"""The notebooks do what they did on what `make book` has trained, learn, and run on JAX."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("quick", Path(__file__).with_name("quick.py"))
quick = importlib.util.module_from_spec(spec)
spec.loader.exec_module(quick)

ON_JAX = "02_attention_unet"
SEEDS = int(os.environ.get("SEEDS", 2))  # from which the networks of a quick run are trained
every_notebook = pytest.mark.parametrize("name", quick.NOTEBOOKS)


@every_notebook
def test_the_expected_outputs_belong_to_the_code(name):
    expected = quick.code_cells(quick.EXPECTED / f"{name}.ipynb")
    assert expected == quick.code_cells(quick.NOTEBOOKS[name]), "run `make expected`"


@every_notebook
def test_something_is_compared(name):
    assert any(quick.CHECKED in cell for cell in quick.code_cells(quick.NOTEBOOKS[name]))


@every_notebook
def test_outputs_are_as_expected_and_nothing_is_trained_again(name, made, tmp_path):
    quick.run(name, made)
    store = quick.borrow(made, tmp_path, "cache", "jobs", "splits")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q"]
    command += ["-p", "no:cacheprovider", "--nbval-cell-timeout=900"]
    done = subprocess.run(
        [*command, quick.EXPECTED / f"{name}.ipynb"],
        cwd=quick.ROOT,
        env=os.environ | {"BUSUTILS_RUNS": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert [job for job in (store / "jobs").iterdir() if not job.is_symlink()] == []


def has_learned(job, store):
    dice, trivial = quick.learned(job, store)
    assert dice > trivial, job.title
    if job.task == "both":
        right, larger = quick.told_apart(job, store)
        assert right > larger, job.title


@pytest.mark.parametrize("name", quick.TRAINED)
def test_the_networks_of_make_book_have_learned(name, made):
    for job in quick.jobs_of(quick.run(name, made)):
        has_learned(job, made)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, SEEDS))
@pytest.mark.parametrize("name", quick.TRAINED)
def test_they_learn_from_other_seeds_too(name, seed, made, tmp_path, monkeypatch):
    """`make slow SEEDS=10` tries ten."""
    store = quick.borrow(made, tmp_path, "cache", "jobs", "splits")
    monkeypatch.setenv("BUSUTILS_RUNS", str(store))
    for job in quick.train(name, seed):
        has_learned(job, store)


@pytest.mark.slow
def test_the_same_notebook_runs_on_jax_without_tensorflow(made, tmp_path):
    blocked = str(Path(__file__).with_name("without_tensorflow"))
    environment = {"KERAS_BACKEND": "jax", "PYTHONPATH": blocked}
    environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiles in a third of the time
    probe = [sys.executable, "-c", "import tensorflow"]
    assert subprocess.run(probe, env=os.environ | environment, check=False).returncode == 1
    store = quick.borrow(made, tmp_path, "cache", "splits")
    run = quick.execute(ON_JAX, store, "-p", "splits=random fifth", **environment)
    assert run.manifest["backend"] == "jax"
    for job in quick.jobs_of(run):
        has_learned(job, store)
