"""The state of a training after each epoch: from it a killed job goes on as if nothing happened.

Neither a file of weights nor one of Keras keeps the state of dropout's random generators, so every
variable is written: weights, optimiser, generators.
"""

import json
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np

from busutils import paths
from busutils.errors import UserError


class Checkpoint:
    """The state of a training after an epoch, in a folder of its own."""

    def __init__(self, folder: Path, model: keras.Model):
        self.folder, self.model = folder, model
        self.variables = [*model.variables, *model.optimizer.variables]

    def save(self, history: list[dict], film: list[np.ndarray]) -> None:
        """Write state, history and film; the best model too if the last epoch is the best."""
        if history[-1]["val_loss"] == min(h["val_loss"] for h in history):
            self._write("best.npz", self.model.weights)
        self._write("last.npz", self.variables, history=json.dumps(history), film=film)

    def restore(self) -> tuple[list[dict], list[np.ndarray]]:
        """Set the model to the last epoch saved; return history and film (empty: none was)."""
        if not (self.folder / "last.npz").exists():
            return [], []
        with self._open("last.npz") as arrays:
            _assign(self.variables, arrays)
            return json.loads(str(arrays["history"])), list(arrays["film"])

    def restore_best(self) -> None:
        """Set the model's weights to those of the best epoch."""
        with self._open("best.npz") as arrays:
            _assign(self.model.weights, arrays)

    def remove(self) -> None:
        """Delete the folder, if there is one."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _write(self, name: str, variables: list, **more) -> None:
        arrays = {str(i): np.asarray(v) for i, v in enumerate(variables)}
        with paths.whole_file(self.folder / name) as part, part.open("wb") as file:
            np.savez(file, **arrays, **more)

    def _open(self, name: str):
        try:
            return np.load(self.folder / name)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(
                f"the checkpoint {self.folder / name} is damaged ({error}): delete {self.folder}, "
                "and the job starts anew"
            ) from error


def _assign(variables: list, arrays) -> None:
    for i, variable in enumerate(variables):
        variable.assign(arrays[str(i)])
