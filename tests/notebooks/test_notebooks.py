"""The notebooks do what they did: outputs by nbval, numbers within tolerances, on JAX too."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from busutils import runs

spec = importlib.util.spec_from_file_location("quick", Path(__file__).with_name("quick.py"))
quick = importlib.util.module_from_spec(spec)
spec.loader.exec_module(quick)

ON_JAX = "01_unet_backbones"
pytestmark = pytest.mark.slow
every_notebook = pytest.mark.parametrize("name", quick.NOTEBOOKS)


@every_notebook
def test_the_expected_outputs_belong_to_the_code(name):
    expected = quick.code_cells(quick.EXPECTED / f"{name}.ipynb")
    assert expected == quick.code_cells(quick.NOTEBOOKS[name]), "run `make expected`"


@every_notebook
def test_something_is_compared(name):
    checked = [c for c in quick.code_cells(quick.NOTEBOOKS[name]) if quick.CHECKED in c]
    assert checked
    assert json.loads((quick.EXPECTED / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("nbval")


@every_notebook
def test_outputs_and_numbers_are_as_expected(name, store):
    """One execution by nbval, in a store without finished jobs; its numbers are compared then."""
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
    run = runs.Run(store / "notebooks" / f"{name}-by-hand")
    assert quick.differences(name, runs.flat(run.numbers)) == []


def test_the_same_notebook_runs_on_jax_without_tensorflow(tmp_path):
    blocked = str(Path(__file__).with_name("without_tensorflow"))
    environment = {"KERAS_BACKEND": "jax", "PYTHONPATH": blocked}
    probe = [sys.executable, "-c", "import tensorflow"]
    assert subprocess.run(probe, env=os.environ | environment, check=False).returncode == 1
    run = quick.execute(ON_JAX, tmp_path, **environment)
    assert run.manifest["backend"] == "jax"
    # JAX draws other random numbers, so that only what is not trained is the same
    assert quick.differences(ON_JAX, runs.flat(run.numbers), f"{ON_JAX} on jax") == []


def test_a_number_out_of_its_tolerance_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr(quick, "EXPECTED", tmp_path)
    monkeypatch.setattr(quick, "HERE", tmp_path)
    expected = {"rows.0.dice": 0.5, "rows.0.count": 7, "rows.0.minutes": 1, "gone": 1}
    (tmp_path / "x.json").write_text(json.dumps(expected))
    stated = {"x": {"*.dice": 0.1, "*.minutes": None}, "x on jax": {"rows.0.count": 1, "*": None}}
    (tmp_path / "tolerances.json").write_text(json.dumps(stated))
    got = {"rows.0.dice": 0.61, "rows.0.count": 8, "rows.0.minutes": 9, "new": 1}
    assert quick.differences("x", got) == [
        "gone: only on one side",
        "new: only on one side",
        "rows.0.count: 8, expected 7 ± 1e-09",
        "rows.0.dice: 0.61, expected 0.5 ± 0.1",
    ]
    assert quick.differences("x", expected | {"rows.0.dice": 0.59}) == []
    assert quick.differences("x", got, "x on jax") == []
