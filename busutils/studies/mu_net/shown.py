"""Paper 5's figures of images: answers of all networks, rounding, augmentation, by rank of Dice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from busutils import augment, jobs, metrics
from busutils.data.dataset import Dataset
from busutils.data.files import resize_mask
from busutils.figures import by_rank
from busutils.studies.common import Entry, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, Settings

RANKS = (0, 0.25, 0.5, 1)


@dataclass(frozen=True)
class Shown:
    """Test images with a lesion of one job, as people look at them.

    `images` is uint8 (n, size, size) or (n, size, size, 3), `truths` bool (n, size, size),
    `probabilities` float in [0, 1] of that shape.
    """

    names: list[str]
    images: np.ndarray
    truths: np.ndarray
    probabilities: np.ndarray

    def at(self, places: Sequence[int]) -> "Shown":
        """Some of the images."""
        names = [self.names[i] for i in places]
        return Shown(names, *(a[places] for a in (self.images, self.truths, self.probabilities)))

    def ranked(self, ranks: Sequence[float] = RANKS) -> "Shown":
        """The images at these ranks of Dice, rounded at one half: 0 the lowest, 1 the highest."""
        dice = metrics.scores(metrics.counts(self.truths, self.probabilities >= 0.5))["dice"]
        return self.at(by_rank(dice.to_numpy(), ranks))


def tested(results: Results, entry: Entry) -> Shown:
    """Test images with a lesion of a job, with the probabilities that it keeps."""
    data = made.opened(entry.job)
    rows = jobs.rows(entry.job, data.cases["case"], "test")
    probabilities = jobs.probabilities(entry.job)
    lesions = np.asarray(data.masks[rows]).any(axis=(1, 2))
    rows = rows[lesions]
    images = made.pictures(results.settings, data.images[rows])
    names = data.cases["case"].iloc[rows].tolist()
    return Shown(names, images, np.asarray(data.masks[rows]), probabilities[lesions])


def compared(results: Results, ranks: Sequence[float] = RANKS) -> tuple:
    """Images, truths, rounded answers by network and names, by rank of the first row's Dice.

    An answer at another size is brought to that of the first row.
    """
    first, *others = [entries[0] for entries in made.by_row(results).values()]
    own = tested(results, first).ranked(ranks)
    answers = {ROWS[first.name]: own.probabilities >= 0.5}
    for entry in others:
        found = tested(results, entry)
        places = [found.names.index(name) for name in own.names]
        masks = found.probabilities[places] >= 0.5
        answers[ROWS[entry.name]] = np.stack([resize_mask(m, own.truths.shape[1:]) for m in masks])
    return own.images, own.truths, answers, own.names


def rounded(results: Results) -> list[tuple[np.ndarray, np.ndarray]]:
    """Probabilities before and after rounding as grey pictures, by rank of the first row's Dice."""
    own = tested(results, results.of("table")[0]).ranked()
    return [(255 * p, 255 * (p >= 0.5)) for p in own.probabilities]


def augmented(entry: Entry, settings: Settings, data: Dataset, n: int = 4) -> tuple[list, list]:
    """Pictures and masks of training images before and after the first epoch's augmentation."""
    job = entry.job
    rows = jobs.rows(job, data.cases["case"], "train")
    rows = rows[np.asarray(data.masks[rows]).any(axis=(1, 2))]
    pictures, masks = [], []
    for row in rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)]:
        image, mask = np.asarray(data.images[row], "float32"), np.asarray(data.masks[row])
        drawn = augment.draw(job.augmentation, job.order_seed, 1, int(row))
        moved = augment.apply(drawn, image, mask)
        both = [made.pictures(settings, one[None])[0] for one in (image, moved[0])]
        pictures.append(tuple(one.squeeze() for one in both))
        masks.append((mask, moved[1]))
    return pictures, masks
