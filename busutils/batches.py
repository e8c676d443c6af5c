"""Images and masks of a data set as a network reads them, batch by batch."""

import math

import keras
import numpy as np

from busutils import augment
from busutils.data.dataset import Dataset
from busutils.jobs import Job
from busutils.models import backbones, encoders


class Batches(keras.utils.PyDataset):
    """Batches of some rows of a data set, in an order drawn for the epoch (None: as they are)."""

    def __init__(self, dataset: Dataset, rows: np.ndarray, job: Job, epoch: int | None = None):
        super().__init__()
        self.dataset, self.job, self.epoch = dataset, job, epoch
        order = slice(None)
        if epoch is not None:
            order = np.random.default_rng([job.order_seed, epoch]).permutation(len(rows))
        self.rows = rows[order]

    def __len__(self) -> int:
        return math.ceil(len(self.rows) / self.job.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray | dict[str, np.ndarray]]:
        rows = self.rows[index * self.job.batch : (index + 1) * self.job.batch]
        images, masks = zip(*(self._case(row) for row in rows), strict=True)
        truth = np.stack(masks)[..., None].astype("float32")
        if self.job.task == "both":
            truth = {"mask": truth, "malignant": malignant(self.dataset, rows)[:, None]}
        return prepare(np.stack(images), self.job), truth

    def _case(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        image, mask = self.dataset.images[row].astype("float32"), self.dataset.masks[row]
        if self.epoch is None:
            return image, mask
        drawn = augment.draw(self.job.augmentation, self.job.order_seed, self.epoch, int(row))
        return augment.apply(drawn, image, mask)


def malignant(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return 1 for each malignant case of `rows`, else 0, as float32 of shape (n,)."""
    return (dataset.cases["label"].to_numpy()[rows] == "malignant").astype("float32")


def prepare(images: np.ndarray, job: Job) -> np.ndarray:
    """Turn grey levels 0..255, (n, size, size, 1), into what the job's network reads."""
    channels = job.options.get("channels", 3)
    images = np.repeat(np.asarray(images, "float32"), channels // images.shape[-1], axis=-1)
    if job.preprocessing == "paper":
        return images / 255
    return encoders.preprocess(backbones.of_network(job.model, job.options), images)
