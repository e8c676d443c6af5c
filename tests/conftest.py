"""What all tests share: a store of their own, phantoms, and the real images where they are."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import nbformat
import pytest

from busutils import frameworks, paths
from busutils.phantoms import write_busi

ROOT = Path(__file__).resolve().parents[1]
MADE = paths.store()  # before `own_store` names another

# Hypothesis's deadline is a time in seconds, which a busy machine misses.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "write book/results/parity.csv from what tests/models/test_parity.py measures"
    parser.addoption("--write-parity", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Share the cores among workers; what frameworks log while they load stays off the terminal."""
    if hasattr(config, "workerinput"):
        threads = max(1, (os.cpu_count() or 1) // config.workerinput["workercount"])
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, str(threads))
        with frameworks.loading():
            importlib.import_module("keras")


@pytest.fixture(scope="session", autouse=True)
def own_store(tmp_path_factory) -> Iterator[Path]:
    """No test writes to the runs of the person who calls it."""
    store = tmp_path_factory.mktemp("store")
    before = os.environ.get("BUSUTILS_RUNS")
    os.environ["BUSUTILS_RUNS"] = str(store)
    yield store
    if before is None:
        del os.environ["BUSUTILS_RUNS"]
    else:
        os.environ["BUSUTILS_RUNS"] = before


@pytest.fixture(scope="module", autouse=True)
def forgotten_networks() -> Iterator[None]:
    """What Keras keeps of the networks of one file is let go before the next."""
    yield
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session()


@pytest.fixture(scope="session")
def made() -> Path:
    """Store of the runs that `make book` has made, to be read only."""
    return MADE


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder ``shared`` beside the repository: papers, real images, weights."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder `shared` with the real images is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory) -> Path:
    """A data root with 24 phantoms of 96 pixels in BUSI's format."""
    root = tmp_path_factory.mktemp("phantoms")
    write_busi(root, n=24, size=96)
    return root


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project of its own with one small notebook, ``00_small``, and a profile ``cpu``."""
    monkeypatch.setattr(paths, "project", lambda: tmp_path)
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "book" / "results"))
    (tmp_path / "params" / "00_small").mkdir(parents=True)
    (tmp_path / "params" / "00_small" / "cpu.yaml").write_text("epochs: 30\nrate: 1e-3\n")
    _write_notebook(tmp_path / "notebooks" / "00_small.ipynb", *SMALL)
    return tmp_path


SMALL = (
    "# A small page\n\nSee the [glossary](../book/glossary.md).",
    """
from typing import Literal

from busutils.values import OrNone, Whole

Row = Literal["base", "vgg16", "vgg19"]
""",
    """
dataset = "phantom"  # data set
data_root = ""  # folder of the images; empty: the phantoms
epochs: Whole[1, 100] = 2  # passes over the data
rate = 1e-4  # learning rate
rows: list[Row] = ["vgg16"]  # rows of Table 2
grouped = True  # near-duplicates on one side
limit: OrNone[int] = None  # images at most
""",
    """
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from busutils import runs
from busutils.data.dataset import Dataset

run = runs.current("00_small")
names = [f"benign ({i})" for i in range(60)]
cases = pd.DataFrame({"case": names, "label": "benign", "group": names, "n_masks": 1})
cases = cases.assign(height=64, width=80, source="a file")
data = Dataset("Phantoms", np.zeros((60, 32, 32, 1)), None, cases, "0123456789ab")
run.record(data, [SimpleNamespace(id="aaaaaaaaaaaa", size=16, dataset="ba9876543210")])
print("a progress bar", file=sys.stderr)
""",
    """
if epochs == 13:
    raise ValueError("13 epochs bring bad luck")
if epochs == 99:
    Path("waiting").touch()
    import time
    time.sleep(60)
""",
    """
import csv

run.save_numbers({"rows": [{"dice": 0.5 + epochs / 100}], "interpreter": sys.executable})
run.save_verdicts(f"**[Small]({run.page})**\\n")
tables = run.folder / "tables"
tables.mkdir()
(tables / "one.csv").write_text("row,dice\\nvgg16,0.5\\n")
print(epochs, Path.cwd())
""",
)


def _write_notebook(file: Path, heading: str, *cells: str) -> None:
    """Write a notebook as the project keeps them: heading, types, parameters, code."""
    code = [nbformat.v4.new_code_cell(text.strip()) for text in cells]
    code[1].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(heading), *code], metadata={"kernelspec": kernel}
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a tiny set (``tests/discs.py``) and nothing trained; nothing is published."""
    from tests import discs

    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path / "published"))
    discs.write()
    return tmp_path / "runs"
