"""The state of a training after each epoch: from it a killed job goes on as if nothing happened.

Neither a file of weights nor one of Keras keeps the state of dropout's random generators, so every
variable is written: weights, optimiser, generators.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from busutils import paths
from busutils.errors import UserError
from busutils.integrity import BROKEN_ZIP


class Checkpoint:
    """The state of a training after an epoch, in a folder of its own."""

    def __init__(self, folder: Path, model: keras.Model):
        self.folder, self.model = folder, model
        self.variables = [*model.variables, *model.optimizer.variables]

    def save(self, history: list[dict], film: list[np.ndarray]) -> None:
        """Write state, history and film; the best model too if the last epoch is the best."""
        epoch = len(history)
        if epoch == _best(history):
            self._write("best.npz", self.model.weights, epoch=epoch)
        more = {"history": json.dumps(history), "film": film}
        self._write("last.npz", self.variables, epoch=epoch, **more)

    def restore(self) -> tuple[list[dict], list[np.ndarray]]:
        """Set the model to the last epoch saved; return history and film (empty: none was).

        Raises
        ------
        UserError
            If the file is damaged, or of another training.
        """
        if not (self.folder / "last.npz").exists():
            return [], []
        with self._opened("last.npz") as arrays:
            history = json.loads(str(arrays["history"]))
            self._assign(self.variables, arrays, len(history))
            return history, list(arrays["film"])

    def restore_best(self, history: list[dict]) -> None:
        """Set the model's weights to those of the best epoch.

        Raises
        ------
        UserError
            If the file is damaged, or of another training or epoch.
        """
        with self._opened("best.npz") as arrays:
            self._assign(self.model.weights, arrays, _best(history))

    def remove(self) -> None:
        """Delete the folder, if there is one."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _write(self, name: str, variables: list, **more) -> None:
        arrays = {str(i): np.asarray(v) for i, v in enumerate(variables)}
        with paths.whole_file(self.folder / name) as part, part.open("wb") as file:
            np.savez(file, **arrays, **more, training=self.folder.name)

    @contextmanager
    def _opened(self, name: str) -> Iterator[np.lib.npyio.NpzFile]:
        """Open a file; an array whose checksum is wrong fails when it is read."""
        try:
            with np.load(self.folder / name) as arrays:
                yield arrays
        except (TypeError, *BROKEN_ZIP) as error:
            raise UserError(
                f"the checkpoint {self.folder / name} is damaged ({error}): delete {self.folder}, "
                "and the job starts anew"
            ) from error

    def _assign(self, variables: list, arrays: Mapping[str, np.ndarray], epoch: int) -> None:
        training, saved = str(arrays["training"]), int(arrays["epoch"])
        if (training, saved) != (self.folder.name, epoch):
            raise ValueError(f"it is of epoch {saved} in {training}")
        for i, variable in enumerate(variables):
            variable.assign(arrays[str(i)])


def _best(history: list[dict]) -> int:
    """Number of the epoch with the lowest validation loss, the last of equals."""
    lowest = min(epoch["val_loss"] for epoch in history)
    return max(i for i, epoch in enumerate(history, start=1) if epoch["val_loss"] == lowest)
