"""Images and masks of a data set as a network reads them, batch by batch."""

import math

import keras
import numpy as np

from busutils import augment, models
from busutils.data.dataset import Dataset, positives
from busutils.job import Job
from busutils.models.preprocessing import preprocess


class Batches(keras.utils.PyDataset):
    """Batches of some rows of a data set, in an order drawn for the epoch (None: as they are)."""

    def __init__(self, dataset: Dataset, rows: np.ndarray, job: Job, epoch: int | None = None):
        # One worker: tf.data feeds the network, and its tuner may hold a long epoch's end up for as
        # long again. Two: Keras's own queue does, which costs a tenth of a second an epoch.
        super().__init__(workers=2 if len(rows) > 10 * job.batch else 1)
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
        positives = positive(self.dataset, rows, self.job)
        if self.job.task == "classify":
            masks = positives.reshape(-1, 1, 1)
        truth = np.stack(masks)[..., None].astype("float32")
        if self.job.task == "both":
            truth = {"mask": truth, "malignant": positives.astype("float32")[:, None]}
        return prepare(np.stack(images), self.job), truth

    def _case(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        image, mask = self.dataset.images[row].astype("float32"), self.dataset.masks[row]
        if self.epoch is None:
            return image, mask
        drawn = augment.draw(self.job.augmentation, self.job.order_seed, self.epoch, int(row))
        return augment.apply(drawn, image, mask)


def positive(dataset: Dataset, rows: np.ndarray, job: Job) -> np.ndarray:
    """Tell of each case of `rows` whether it is what the job calls positive: bool, shape (n,)."""
    return positives(dataset.cases["label"].iloc[rows], job.positive).to_numpy()


def truth(dataset: Dataset, rows: np.ndarray, job: Job) -> np.ndarray:
    """Masks of `rows`, bool (n, size, size); of a classifier one pixel an image, (n, 1, 1)."""
    if job.task == "classify":
        return positive(dataset, rows, job).reshape(-1, 1, 1)
    return dataset.masks[rows]


def prepare(images: np.ndarray, job: Job) -> np.ndarray:
    """Turn levels 0..255, (n, size, size, channels), into what the job's network reads."""
    channels = job.options.get("channels", 3)
    images = np.repeat(np.asarray(images, "float32"), channels // images.shape[-1], axis=-1)
    if job.preprocessing == "paper":
        return images / 255
    return preprocess(models.backbone(job.model, job.options), images)
