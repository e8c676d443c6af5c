"""Skin-lesion phantoms in ISIC's format: generated photographs, nothing has to be downloaded.

Skin is a tone with smooth unevenness and fine grain; a lesion is a lobed, ragged region of one to
three browns with a soft border; photographs have hairs besides. They share no pixel with a patient,
and a score on them says nothing about patients.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from busutils.errors import UserError
from busutils.paths import whole_folder
from busutils.phantoms.tissue import noise

FOLDERS = ("ISIC2018_Task1-2_{}_Input", "ISIC2018_Task1_{}_GroundTruth")
SHARES = {"Training": 0.7, "Validation": 0.1, "Test": 0.2}


def write_isic(root: Path, n: int = 60, seed: int = 0, size: int = 192) -> Path:
    """Write `n` phantoms, `size` pixels high, in the three official parts; return `root`.

    Raises
    ------
    UserError
        If phantoms are there already, or `n` is under 10.
    RunError
        If they cannot be written.
    """
    if n < 10:
        raise UserError(f"{n} phantoms cannot fill three parts: ask for 10 or more")
    ends = np.cumsum([round(n * share) for share in SHARES.values()])
    for part, numbers in zip(SHARES, np.split(np.arange(n), ends[:-1]), strict=True):
        images, masks = (Path(root) / folder.format(part) for folder in FOLDERS)
        if images.exists():
            raise UserError(f"{images} is there already: delete it or name another root")
        with whole_folder(images) as image_part, whole_folder(masks) as mask_part:
            for number in numbers:
                image, mask = photograph(np.random.default_rng([seed, number]), size)
                name = f"ISIC_{number:07d}"
                Image.fromarray(image).save(image_part / f"{name}.jpg", quality=90)
                outline = Image.fromarray(mask).convert("L")
                outline.save(mask_part / f"{name}_segmentation.png")
    return Path(root)


def photograph(rng: np.random.Generator, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw one photograph, uint8 (height, 4/3 height, 3), and its mask, bool (height, width)."""
    shape = (height, height * 4 // 3)
    depth = lesion(rng, shape, centre=(0.3, 0.7))
    skin = np.array([rng.uniform(190, 235), rng.uniform(140, 185), rng.uniform(120, 165)])
    brown = skin * rng.uniform(0.25, 0.6) * np.array([1.0, 0.85, 0.8])
    stain = 0.75 + 0.25 * noise(rng, shape, (height / 12,) * 2)[..., None]
    image = (
        skin + 12 * noise(rng, shape, (height / 5,) * 2)[..., None] + rng.normal(0, 4, (*shape, 1))
    )
    image += np.clip(depth, 0, 1)[..., None] * stain * (brown - skin)
    picture = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    _hairs(rng, picture)
    return np.asarray(picture), depth > 0.5


def lesion(
    rng: np.random.Generator,
    shape: tuple[int, int],
    area: tuple[float, float] = (0.02, 0.35),
    centre: tuple[float, float] = (0.4, 0.6),
) -> np.ndarray:
    """Draw a region that is 1 inside and 0 outside, with a soft border at one half, float (h, w).

    `area` (share of the image) and `centre` (share of height and of width) are ends of ranges.
    """
    h, w = shape
    y, x = np.mgrid[:h, :w].astype(float)
    radius = np.sqrt(h * w * np.exp(rng.uniform(*np.log(area))) / np.pi)
    y, x = y - h * rng.uniform(*centre), x - w * rng.uniform(*centre)
    angle = np.arctan2(y, x)
    border = np.ones(shape)
    for order in range(2, 6):
        border += rng.normal(0, 0.08) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    border += 0.06 * noise(rng, shape, (radius / 4,) * 2)
    stretch = rng.uniform(0.8, 1.25)
    distance = np.hypot(x * stretch, y / stretch) / radius
    return np.clip(0.5 + (border - distance) / rng.uniform(0.1, 0.5), 0, 1)


def _hairs(rng: np.random.Generator, picture: Image.Image) -> None:
    draw, (w, h) = ImageDraw.Draw(picture), picture.size
    for _ in range(rng.integers(0, 8)):
        start, bend = rng.uniform(0, 1, 2) * (w, h), rng.normal(0, 0.3, 2) * (w, h)
        points = [tuple(start + t * bend + (8 * np.sin(3 * t), 0)) for t in np.linspace(0, 1, 20)]
        draw.line(points, fill=(40, 30, 25), width=max(1, h // 150))
