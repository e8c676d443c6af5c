"""Augmentation in NumPy, drawn from (seed, epoch, case), so that resuming and backends agree.

Drawing (:func:`draw`) and doing (:func:`apply`) are apart: any augmented image can be made again.
"""

from dataclasses import dataclass

import numpy as np

from busutils.errors import choose

AUGMENTATIONS = (
    "none",
    "flips",
    "flips_brightness",
    "flips_rotation",
    "flips_rotation_brightness",
)


@dataclass(frozen=True)
class Draw:
    """What happens to one image: mirrored left-right, grey levels times `gain`, turned."""

    mirror: bool = False
    gain: float = 1.0
    degrees: float = 0.0


def draw(kind: str, seed: int, epoch: int, case: int) -> Draw:
    """Draw what happens to a case in an epoch.

    `flips` mirrors left-right with probability 1/2 (top-bottom would put the skin below the
    muscle); `flips_brightness` also multiplies grey levels by a number in 0.8 to 1.2;
    `flips_rotation` mirrors and turns by up to 20 degrees either way; the last one does all three.
    """
    if choose(kind, AUGMENTATIONS, "augmentation") == "none":
        return Draw()
    rng = np.random.default_rng([seed, epoch, case])
    mirror = bool(rng.random() < 0.5)
    gain = rng.uniform(0.8, 1.2) if "brightness" in kind else 1.0
    degrees = rng.uniform(-20, 20) if "rotation" in kind else 0.0
    return Draw(mirror=mirror, gain=float(gain), degrees=float(degrees))


def apply(drawn: Draw, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return image (float, 0..255, height x width x channels) and mask after `drawn`.

    Image and mask move together; brightness is clipped to 0..255 and leaves the mask alone.
    """
    if drawn.mirror:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if drawn.gain != 1.0:
        image = np.clip(image * drawn.gain, 0, 255)
    if drawn.degrees:
        image, mask = _turned(image, drawn.degrees), _turned(mask, drawn.degrees) >= 0.5
    return image, mask


def _turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a picture about its centre, counter-clockwise; bilinear, borders continued.

    In NumPy, since a machine that only trains has nothing else.
    """
    h, w = picture.shape[:2]
    y, x = np.mgrid[:h, :w] - np.array([(h - 1) / 2, (w - 1) / 2])[:, None, None]
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    y, x = (h - 1) / 2 + cosine * y + sine * x, (w - 1) / 2 + cosine * x - sine * y
    y, x = np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)
    top, left = np.minimum(y.astype(int), h - 2), np.minimum(x.astype(int), w - 2)
    down, right = y - top, x - left
    picture = picture.astype("float32")
    if picture.ndim == 3:
        down, right = down[..., None], right[..., None]
    upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return (upper * (1 - down) + lower * down).astype("float32")
