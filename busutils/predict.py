"""Masks, probabilities and overlays for images that a user names."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from busutils import frameworks, jobs, models, paths, thresholds, training
from busutils.data.files import read_image, resize_image
from busutils.errors import UserError
from busutils.figures import COLOURS
from busutils.job import Job
from busutils.runs import Run


def predict(run: Run, images: Sequence[Path], to: Path, train: bool = False) -> list[Path]:
    """Segment `images` with the network of `run` that validated best, at its own threshold.

    For each image ``<name>_mask.png`` (0 and 255), ``<name>_probability.png`` (k / 255) and
    ``<name>_overlay.png`` are written to `to`, at the size of the image, and for all together
    ``predictions.csv`` with a row an image: image, height, width, threshold, lesion_pixels, share
    (of the image), highest and mean_inside (probabilities; empty where nothing was found).

    Parameters
    ----------
    images : files, and folders whose files are taken all, but for hidden ones
    train : train the network again, and keep its weights, if they were not kept

    Returns
    -------
    The files written.

    Raises
    ------
    UserError
        If the run names no such network or one of a cell, its weights were not kept, an image
        cannot be read, a folder holds none, two have one name, or `to` is there already.
    """
    named = run.numbers.get("best")
    if not named:
        raise UserError(f"{run.id} has no trained network: name a run of a paper's notebook")
    job, manifest = jobs.load(named["job"]), jobs.read(named["job"]).manifest
    if job.model not in models.networks():
        raise UserError(
            f"the best network of {run.id}, {job.model}, is of a cell of its page: call "
            "busutils.predict.predict below that cell, in a copy of the notebook"
        )
    # what was trained before colours were read says nothing, and was trained on grey images
    channels = manifest.get("image_channels", 1)
    files = [file for image in images for file in _files(Path(image))]
    pictures = {file: read_image(file, channels) for file in files}
    names = [image.stem for image in pictures]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"two images are called {twice[0]}: rename one, their files would collide")
    if to.exists():
        raise UserError(f"{to} is there already: name another folder with --to")
    if not train and not jobs.finished(job, {"weights"}):
        raise UserError(
            f"the weights of the best network of {run.id} were not kept: call again with --train, "
            f"which trains it once more (about {ceil(manifest['minutes'])} min) and keeps them"
        )
    training.complete([job], keep={"weights"})
    threshold, rows = named["threshold"], []
    with paths.whole_folder(to) as part:
        for image, levels in zip(pictures, _levels(job, list(pictures.values())), strict=True):
            _write(part / image.stem, pictures[image], levels, threshold)
            rows.append({"image": image.name, **_measured(levels, threshold)})
        pd.DataFrame(rows).to_csv(part / "predictions.csv", index=False, float_format="%.4f")
    return sorted(to.iterdir())


def _files(place: Path) -> list[Path]:
    """A file alone, or all files of a folder."""
    if not place.is_dir():
        return [place]
    found = sorted(f for f in place.iterdir() if f.is_file() and not f.name.startswith("."))
    if not found:
        raise UserError(f"{place} holds no image: name a folder of images, or files")
    return found


def _measured(levels: np.ndarray, threshold: float) -> dict[str, float]:
    """What was found in one image."""
    mask = levels / 255 >= threshold
    inside = levels[mask].mean() / 255 if mask.any() else np.nan
    height, width = levels.shape
    about = {"height": height, "width": width, "threshold": threshold}
    about |= {"lesion_pixels": int(mask.sum()), "share": mask.mean()}
    return about | {"highest": levels.max() / 255, "mean_inside": inside}


def _levels(job: Job, pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Probabilities as k / 255 at the size of each picture."""
    with frameworks.loading():
        from busutils import fitting

    model = fitting.load(job)
    small = np.stack([resize_image(p, (job.size, job.size)) for p in pictures])
    small = small.reshape(*small.shape[:3], -1)
    found = model.predict(fitting.prepare(small, job), verbose=0)
    found = thresholds.quantise((found["mask"] if job.task == "both" else found)[..., 0])
    return [resize_image(f, p.shape[:2]) for f, p in zip(found, pictures, strict=True)]


def _write(stem: Path, picture: np.ndarray, levels: np.ndarray, threshold: float) -> None:
    mask = levels / 255 >= threshold
    colour = np.array([int(COLOURS["prediction"][i : i + 2], 16) for i in (1, 3, 5)])
    overlay = np.repeat(np.atleast_3d(picture), 3 // np.atleast_3d(picture).shape[-1], axis=2)
    overlay = overlay.astype(float)
    overlay[mask] = 0.6 * overlay[mask] + 0.4 * colour
    for name, array in {"mask": mask, "probability": levels, "overlay": overlay}.items():
        image = Image.fromarray(array if array.dtype == bool else array.astype(np.uint8))
        image.save(f"{stem}_{name}.png")
