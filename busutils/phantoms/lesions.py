"""Lesions and dark ovals for the ultrasound phantoms: drawn as numbers, then put into tissue."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from busutils.phantoms.tissue import noise, step


@dataclass(frozen=True)
class Lesion:
    """One closed dark region, as plain numbers."""

    x: float  # centre, in parts of the width
    y: float  # centre, in parts of the height
    area: float  # in parts of the image
    aspect: float  # height / width in pixels
    tilt: float  # radians
    lobes: np.ndarray  # radius against angle, mean about 1
    ragged: float  # roughness of the border, in parts of the radius
    blur: float  # of the border, in parts of the radius
    level: float  # echo level inside, dB
    rim: float  # brightness of capsule or halo, dB
    behind: float  # loss in dB behind its thickest part; negative: enhancement


def benign(rng: np.random.Generator, x: float, room: float) -> Lesion:
    """Draw a lobed ellipse about `x` (parts of the width) that has `room` (1: the whole image)."""
    cyst = rng.random() < 0.3
    area = _area(rng, 0.045 * room, 1.0)
    return Lesion(
        x=float(np.clip(rng.normal(x, 0.16 * room), 0.1, 0.9)),
        y=float(np.clip(rng.normal(0.35 + 0.03 * np.log(area / 0.045), 0.12), 0.14, 0.75)),
        area=area,
        aspect=float(np.clip(rng.normal(0.63, 0.17), 0.3, 1.05)),
        tilt=rng.normal(0, 0.15),
        lobes=_lobes(rng, (2, 6), 0.07),
        ragged=0.03,
        blur=rng.uniform(0.05, 0.14),
        level=rng.uniform(-46, -36) if cyst else rng.uniform(-37, -24),
        rim=rng.uniform(0, 7),
        behind=rng.uniform(-12, -4) if cyst else rng.uniform(-8, 3),
    )


def malignant(rng: np.random.Generator, x: float, room: float) -> Lesion:
    """Draw an irregular lesion about `x` (parts of the width); `room` as in `benign`."""
    area = _area(rng, 0.12 * room, 0.85)
    return Lesion(
        x=float(np.clip(rng.normal(x, 0.13 * room), 0.12, 0.88)),
        y=float(np.clip(rng.normal(0.42 + 0.04 * np.log(area / 0.12), 0.11), 0.18, 0.7)),
        area=area,
        aspect=float(np.clip(rng.normal(0.82, 0.22), 0.45, 1.6)),
        tilt=rng.normal(0, 0.3),
        lobes=_lobes(rng, (2, 9), 0.1),
        ragged=rng.uniform(0.05, 0.13),
        blur=rng.uniform(0.08, 0.25),
        level=rng.uniform(-40, -26),
        rim=rng.uniform(0, 6),
        behind=rng.uniform(-4, 22),
    )


def oval(rng: np.random.Generator) -> Lesion:
    """Draw a flat dark oval that is no lesion: a duct, a vessel, a single fat lobule."""
    return Lesion(
        area=rng.uniform(0.001, 0.015),
        x=rng.uniform(0.08, 0.92),
        y=rng.uniform(0.15, 0.85),
        aspect=rng.uniform(0.1, 0.4),
        tilt=rng.normal(0, 0.3),
        lobes=_lobes(rng, (2, 4), 0.06),
        ragged=0.08,
        blur=rng.uniform(0.15, 0.4),
        level=rng.uniform(-33, -20),
        rim=rng.uniform(0, 4),
        behind=0.0,
    )


def insert(
    rng: np.random.Generator, lesion: Lesion, echo: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put a lesion into tissue: its mask and the new echo level."""
    h, w = echo.shape
    width = np.sqrt(lesion.area * h * w / (np.pi * lesion.aspect * np.mean(lesion.lobes**2)))
    reach = 1.3 * width * max(1, lesion.aspect) * lesion.lobes.max()
    row, column = lesion.y * h, lesion.x * w
    rows = slice(max(0, int(row - reach)), min(h, int(row + reach) + 2))
    columns = slice(max(0, int(column - reach)), min(w, int(column + reach) + 2))
    y = np.arange(rows.start, rows.stop, dtype="float32")[:, None] - np.float32(row)
    x = np.arange(columns.start, columns.stop, dtype="float32") - np.float32(column)
    cos, sin = np.float32([np.cos(lesion.tilt), np.sin(lesion.tilt)]) / np.float32(width)
    u, v = cos * x + sin * y, (cos * y - sin * x) / np.float32(lesion.aspect)
    angle = (np.arctan2(v, u) * np.float32(512 / np.pi)).astype("int16") % 1024
    ragged = 1 + lesion.ragged * noise(rng, u.shape, (0.4 * width, 0.4 * width))
    radius = np.hypot(u, v) * ragged / lesion.lobes[angle]
    weight = step((1 - radius) / lesion.blur)
    rim = np.exp(-(((radius - 1 - lesion.blur) / np.float32(0.08)) ** 2))
    level = lesion.level + 2 * noise(rng, u.shape, (w / 20, w / 20))
    echo = echo.copy()
    echo[rows, columns] += weight * (level - echo[rows, columns]) + lesion.rim * rim
    mask = np.zeros((h, w), bool)
    mask[rows, columns] = _largest(radius < 1)
    return mask, echo


def behind(mask: np.ndarray, loss_db: float) -> np.ndarray:
    """Loss in dB along each beam through a lesion, `loss_db` behind its thickest part."""
    path = np.cumsum(mask, axis=0, dtype="float32")
    path *= loss_db / max(path[-1].max(), 1)
    return ndimage.gaussian_filter1d(path, mask.shape[1] / 60, axis=1, truncate=3)


def _largest(mask: np.ndarray) -> np.ndarray:
    """Largest part of a mask, without holes: readers outline a lesion in one line."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return ndimage.binary_fill_holes(parts == sizes.argmax())


def _lobes(rng: np.random.Generator, orders: tuple[int, int], size: float) -> np.ndarray:
    """Radius of a closed border against 1024 angles: a Fourier series with falling amplitudes."""
    angle = np.linspace(0, 2 * np.pi, 1024, endpoint=False)
    radius = np.ones(1024)
    for k in range(*orders):
        radius += (
            size * rng.normal() * np.sqrt(2 / k) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
        )
    return np.maximum(radius, 0.35).astype("float32")


def _area(rng: np.random.Generator, median: float, spread: float) -> float:
    return float(np.clip(median * np.exp(spread * rng.normal()), 0.003, 0.5))
