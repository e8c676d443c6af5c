"""What all tests share: a store of their own, phantoms, and the real images where they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from busutils.data import phantom

ROOT = Path(__file__).resolve().parents[1]


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
    phantom.write_busi(root, n=24, size=96)
    return root
