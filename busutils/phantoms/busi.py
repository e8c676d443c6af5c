"""Breast-ultrasound phantoms in BUSI's layout: mix of classes, file modes and quirks."""

import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from busutils.errors import UserError
from busutils.paths import whole_folder
from busutils.phantoms.breast import picture, write_text

FOLDER = "Dataset_BUSI_with_GT"
MIX = {"benign": 437, "malignant": 210, "normal": 133}
"""Images of BUSI by class."""
SMALLEST_SET = 12  # images: fewer do not hold every planted quirk
CONTRAST = 12.0  # dB by which the lesions of a written set are darker than tissue makes them
SMALLEST_SIZE = 96  # typical width, pixels: the lowest image of a set is half as high

#: BUSI's quirks and where `write_busi` plants them, whatever the number of images.
PLANTED = {
    "two masks": "benign (1)",
    "rgba mask": "benign (1)_mask_1.png",
    "near duplicates": (("benign (2)", "benign (3)"), ("benign (4)", "malignant (2)")),
    "exact duplicate": ("benign (5)", "malignant (3)"),  # the masks differ
    "colour": "malignant (1)",
    "rgb masks": "normal (*)_mask.png",  # all of them, and empty; every other mask is 1-bit
    "orphan mask": "benign (0)_mask.png",  # BUSI counts from 1
}


def write_busi(root: Path, n: int = 120, seed: int = 0, size: int = 256) -> Path:
    """Write phantoms as BUSI is laid out: its mix of classes, file modes and quirks (`PLANTED`).

    The picture of a name depends on `seed` and `size` alone, not on `n`.

    Parameters
    ----------
    root : Path
        Data root; ``Dataset_BUSI_with_GT`` appears in it when whole.
    n : int
        Images, at least 12.
    seed : int
    size : int
        Typical width in pixels; widths and heights vary about it, as in BUSI.

    Returns
    -------
    Path
        The folder ``Dataset_BUSI_with_GT``.

    Raises
    ------
    UserError
        If the folder is there already, or `n` or `size` is too small.
    RunError
        If it cannot be written.
    """
    folder = Path(root) / FOLDER
    if folder.exists():
        raise UserError(f"{folder} is there already: delete it or name another root")
    if n < SMALLEST_SET:
        raise UserError(f"{n} phantoms cannot hold BUSI's quirks: ask for {SMALLEST_SET} or more")
    if size < SMALLEST_SIZE:
        raise UserError(f"phantoms of size {size} show nothing: take {SMALLEST_SIZE} or more")
    with whole_folder(folder) as part:
        for (label, count), family in zip(
            class_counts(n).items(), np.random.SeedSequence(seed).spawn(len(MIX)), strict=True
        ):
            (part / label).mkdir()
            for number, child in enumerate(family.spawn(count), start=1):
                _write_case(part / label, f"{label} ({number})", np.random.default_rng(child), size)
        _plant(part)
    return folder


def class_counts(n: int) -> dict[str, int]:
    """Divide `n` images as BUSI's 437 benign, 210 malignant and 133 normal.

    Examples
    --------
    >>> class_counts(100)
    {'benign': 56, 'malignant': 27, 'normal': 17}
    """
    edges = np.rint(np.cumsum([0, *MIX.values()]) * n / sum(MIX.values())).astype(int)
    return dict(zip(MIX, np.diff(edges).tolist(), strict=True))


def _write_case(folder: Path, name: str, rng: np.random.Generator, size: int) -> None:
    width = round(size * rng.uniform(0.8, 1.15))
    height = round(width * np.clip(rng.normal(0.82, 0.13), 0.62, 1.2))
    lesions = 2 if name == PLANTED["two masks"] else 1
    image, masks = picture(rng, (height, width), folder.name, lesions, CONTRAST)
    Image.fromarray(image).save(folder / f"{name}.png")
    if not masks:
        Image.new("RGB", (width, height)).save(folder / f"{name}_mask.png")
    for suffix, mask in zip(("", "_1"), masks, strict=False):
        Image.fromarray(mask).save(folder / f"{name}_mask{suffix}.png")


def _plant(root: Path) -> None:
    """Plant the quirks that are made from finished pictures."""

    def path(name: str) -> Path:
        return root / name.split(" ")[0] / name

    rgba = path(PLANTED["rgba mask"])
    Image.open(rgba).convert("RGBA").save(rgba)
    for frame, copy in PLANTED["near duplicates"]:
        _crop(path(f"{frame}.png"), Image.Resampling.LANCZOS).save(path(f"{copy}.png"))
        _crop(path(f"{frame}_mask.png"), Image.Resampling.NEAREST).save(path(f"{copy}_mask.png"))
    frame, copy = PLANTED["exact duplicate"]
    shutil.copyfile(path(f"{frame}.png"), path(f"{copy}.png"))
    mask = np.asarray(Image.open(path(f"{frame}_mask.png")))
    wider = ndimage.binary_dilation(mask, iterations=2)
    Image.fromarray(wider).save(path(f"{copy}_mask.png"))
    coloured = path(f"{PLANTED['colour']}.png")
    image = Image.open(coloured).convert("RGB")
    write_text(image, "SIM", np.array((0.8, 0.05)), "#e0c020")
    image.save(coloured)
    shutil.copyfile(path("benign (2)_mask.png"), path(PLANTED["orphan mask"]))


def _crop(path: Path, method: Image.Resampling) -> Image.Image:
    """Crop a frame at all sides and scale it up, as copies of one frame in BUSI differ."""
    image = Image.open(path)
    w, h = image.size
    box = (round(0.05 * w), round(0.02 * h), round(0.98 * w), round(0.93 * h))
    return image.resize((round(1.06 * w), round(1.04 * h)), method, box=box)
