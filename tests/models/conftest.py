"""What segmentation-models computes, made once by a process of its own."""

import functools
import os
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import keras
import numpy as np
import pytest

from busutils.models import weights
from busutils.models.backbones import BACKBONES

SCRIPT = Path(__file__).with_name("oracle.py")
SIZE = 96  # the smallest that InceptionV3 takes there


class Oracle:
    """Weights, input and output of each U-Net of segmentation-models."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._kernel = runpy.run_path(str(SCRIPT))["kernel"]

    def __getitem__(self, backbone: str) -> dict[str, np.ndarray]:
        return dict(np.load(self.folder / f"{backbone}.npz"))

    def weights(self, backbone: str) -> list[np.ndarray]:
        """Return all weights in the order of that library's layers."""
        file = self[backbone]
        return [
            file[f"value{i}"]
            if f"value{i}" in file
            else self._kernel(i, tuple(file[f"shape{i}"]), file[f"deviation{i}"])
            for i in range(int(file["count"]))
        ]


@pytest.fixture(scope="session")
def oracle(tmp_path_factory) -> Iterator[Oracle]:
    folder = tmp_path_factory.mktemp("oracle")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), str(SIZE), *BACKBONES],
        capture_output=True,
        text=True,
        check=False,
        # Another backend or Keras chosen for this process must not reach that one.
        env={key: value for key, value in os.environ.items() if not key.startswith("KERAS")},
    )
    # A missing oracle is a failure: these tests are the only proof that the networks are right.
    assert run.returncode == 0, f"segmentation-models did not run:\n{run.stderr[-3000:]}"
    yield Oracle(folder)
    shutil.rmtree(folder)  # 750 MB


@pytest.fixture
def float64():
    """Build and run networks in double precision."""
    _set_precision("float64")
    yield
    _set_precision("float32")


def _set_precision(dtype: str) -> None:
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)  # goes before floatx once any test has set it


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A local server in place of the releases, and an empty cache; yields the served folder."""
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setattr(weights, "RELEASE", f"http://127.0.0.1:{http.server_port}")
        cached = functools.partial(keras.utils.get_file, cache_dir=str(tmp_path / "cache"))
        monkeypatch.setattr(keras.utils, "get_file", cached)
        yield served
        http.shutdown()
