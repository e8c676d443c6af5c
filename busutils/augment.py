"""Augmentation in NumPy, drawn from (seed, epoch, case), so that resuming and backends agree.

Drawing (:func:`draw`) and doing (:func:`apply`) are apart: any augmented image can be made again.
"""

from dataclasses import dataclass

import numpy as np

from busutils.errors import choose

AUGMENTATIONS = ("none", "flips", "flips_brightness")


@dataclass(frozen=True)
class Draw:
    """What happens to one image: mirrored left-right, grey levels times `gain`."""

    mirror: bool = False
    gain: float = 1.0


def draw(kind: str, seed: int, epoch: int, case: int) -> Draw:
    """Draw what happens to a case in an epoch.

    `flips` mirrors left-right with probability 1/2 (top-bottom would put the skin below the
    muscle); `flips_brightness` also multiplies grey levels by a number in 0.8 to 1.2.
    """
    if choose(kind, AUGMENTATIONS, "augmentation") == "none":
        return Draw()
    rng = np.random.default_rng([seed, epoch, case])
    mirror = bool(rng.random() < 0.5)
    gain = rng.uniform(0.8, 1.2) if kind == "flips_brightness" else 1.0
    return Draw(mirror=mirror, gain=float(gain))


def apply(drawn: Draw, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return image (float, 0..255, height x width x channels) and mask after `drawn`.

    Image and mask move together; brightness is clipped to 0..255 and leaves the mask alone.
    """
    if drawn.mirror:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if drawn.gain != 1.0:
        image = np.clip(image * drawn.gain, 0, 255)
    return image, mask
