"""Layered breast tissue for the ultrasound phantoms: echo levels and losses in decibels."""

from collections.abc import Callable

import numpy as np
from PIL import Image


def layers(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw skin, fat, glandular tissue with fat lobules, muscle and what lies behind it.

    Returns
    -------
    float32 ndarray of shape `shape`
        Mean echo level in dB, 0 the brightest.
    """
    h, w = shape
    unit = w / 256
    depth = _depth(h)
    bend = _curve(rng, w, 0.05)
    borders = _borders(rng, w, bend)
    textures, clumps = _textures(rng, shape, _warp(depth - bend, h))
    echo = textures[0]
    for border, texture in zip(borders, textures[1:], strict=True):
        below = (depth - border) * h / unit
        echo = echo + step(below / 1.5) * (texture - echo)
        echo = echo + rng.uniform(0, 9) * np.exp(-((below / 1.8) ** 2))
    rarity = rng.uniform(0.4, 1.5)  # in standard deviations: how little of the gland is lobules
    lobules = step((clumps - rarity) / rng.uniform(0.1, 0.4))
    inside = step((depth - borders[0]) * h / 3) * step((borders[2] - depth) * h / 3)
    return echo + inside * lobules * (textures[1] - rng.uniform(0, 5) - echo)


def ligament_shadows(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw the loss in dB behind Cooper's ligaments and poor contact: dark columns, no lesions."""
    h, w = shape
    depth = _depth(h)
    across = np.linspace(0, 1, w, dtype="float32")
    loss = np.zeros(shape, "float32")
    for _ in range(rng.integers(0, 4)):
        centre, width, top = rng.uniform(0, 1), rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.6)
        column = np.exp(-(((across - centre) / width) ** 2))
        loss += rng.uniform(3, 16) * column * np.clip((depth - top) / rng.uniform(0.1, 0.4), 0, 1)
    return loss


def noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float]
) -> np.ndarray:
    """Draw a smooth Gaussian field that changes over `cell` pixels.

    Parameters
    ----------
    cell : (rows, columns)

    Returns
    -------
    float32 ndarray of shape `shape`
        Mean 0, deviation about 1.1.
    """
    nodes = [max(2, round(n / max(c, 1))) + 3 for n, c in zip(shape, cell, strict=True)]
    lattice = Image.fromarray(rng.standard_normal(nodes, dtype="float32"))
    top, left = rng.uniform(0, 1, 2)
    box = (left, top, left + nodes[1] - 2, top + nodes[0] - 2)
    field = np.asarray(lattice.resize(shape[::-1], Image.Resampling.BICUBIC, box=box))
    return field / 0.72  # interpolation between lattice points takes from the deviation


def step(x: np.ndarray) -> np.ndarray:
    """Smooth step from 0 to 1 over about -1..1."""
    return 0.5 + 0.5 * np.tanh(x)


def _depth(h: int) -> np.ndarray:
    return np.linspace(0, 1, h, dtype="float32")[:, None]


def _curve(rng: np.random.Generator, w: int, swing: float) -> np.ndarray:
    """Wavy line over the width, in parts of the height; float32 ndarray of shape (1, w)."""
    slope = rng.normal(0, swing) * np.linspace(-1, 1, w, dtype="float32")
    wave = slope + swing * noise(rng, (1, w), (1, w // 3))
    return wave + swing / 6 * noise(rng, (1, w), (1, w // 12))


def _borders(rng: np.random.Generator, w: int, bend: np.ndarray) -> list[np.ndarray]:
    """Depth at which fat, gland, muscle and chest wall begin, each of shape (1, w)."""
    fat = rng.uniform(0.025, 0.05)
    gland = fat + rng.uniform(0.05, 0.3)
    muscle = gland + rng.uniform(0.25, 0.6)
    wall = muscle + rng.uniform(0.1, 0.3)
    return [
        fat + 0.2 * bend,
        gland + bend + _curve(rng, w, 0.02),
        muscle + bend + _curve(rng, w, 0.02),
        wall + bend,
    ]


def _textures(
    rng: np.random.Generator, shape: tuple[int, int], flow: Callable[[np.ndarray], np.ndarray]
) -> tuple[list[np.ndarray], np.ndarray]:
    """Echo level of skin, fat, gland, muscle and behind; and the field whose peaks are lobules."""
    unit = shape[1] / 256
    strands, fibres, cells, seams = (
        flow(noise(rng, shape, (rows * unit, columns * unit)))
        for rows, columns in ((6, 40), (2.6, 30), (26, 60), (14, 45))
    )
    septa = np.exp(-((seams / 0.15) ** 2)) * np.clip(fibres + 1, 0, 1.5)
    patches = noise(rng, shape, (30 * unit, 50 * unit))
    textures = [
        rng.uniform(-10, -4) + 2 * fibres,
        rng.uniform(-24, -17) + 1.5 * strands + rng.uniform(3, 10) * septa,
        rng.uniform(-17, -10) + 4.5 * strands + 2.5 * fibres + 2 * patches,
        rng.uniform(-24, -17) + 7 * np.maximum(fibres, -0.5) + 2 * strands,
        rng.uniform(-36, -26) + 3 * patches,
    ]
    return textures, cells + 0.4 * patches


def _warp(rows: np.ndarray, h: int) -> Callable[[np.ndarray], np.ndarray]:
    """Function that bends a field along `rows` (in parts of the height), as layers are bent."""
    index = np.clip(np.rint(rows * (h - 1)), -h, 2 * h).astype(int)
    index = np.abs((index + h - 1) % (2 * h - 2) - (h - 1))  # mirrored at both ends
    return lambda field: np.take_along_axis(field, index, axis=0)
