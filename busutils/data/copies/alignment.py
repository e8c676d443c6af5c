"""How well two pictures agree once one is laid over the other.

The second picture is drawn in the frame of the first; blocks of the first are searched for in a
small neighbourhood of the second, an affine transform is fitted to where they are found, and the
second is drawn again. Blocks are compared by normalised cross-correlation of band-passed grey
levels, so that brightness and contrast do not matter and speckle, which belongs to one frame,
does.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

FRAME = 160  # pixels of the longest side of the common part
BLOCK = 20  # pixels: side of a block
REACH = (10, 6, 6, 6)  # pixels: how far around a block is searched for, round by round
_HOPELESS, _DONE = 0.05, 0.99  # score after the second round below, over which no more are made
_FLAT = 0.15  # contrast below which a block shows nothing (grey levels run from 0 to 16)
_LEAST = BLOCK + 2 * max(REACH)
_AROUND = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]


@dataclass(frozen=True)
class Agreement:
    """Of two aligned pictures.

    Attributes
    ----------
    score : float
        Mean of two means over the blocks: correlation in place (-1 to 1), and correlation where a
        block was found, counted 0 if its neighbours were found elsewhere. 1 for a copy, over 0.9
        for the same frame, 0.2 to 0.8 for a neighbouring frame, under 0.15 for other pictures.
    blocks : int
        Number of blocks compared: inside both pictures and not flat.
    overlap : float
        Common part, as a share of the larger picture.
    transform : float array of shape (2, 3)
        Place in the second = transform @ (row, column, 1) of the place in the first.
    """

    score: float
    blocks: int
    overlap: float
    transform: np.ndarray


NONE = Agreement(0.0, 0, 0.0, np.eye(2, 3))


def prepare(grey: np.ndarray) -> np.ndarray:
    """Grey levels (uint8) as float32 from 0 to about 16, speckle evened out by a square root."""
    root = np.sqrt(grey.astype(np.float32))
    return root * (16 / max(1.0, float(np.quantile(root, 0.99))))


def agreement(first: np.ndarray, second: np.ndarray, scale: float, shift: np.ndarray) -> Agreement:
    """Align two pictures and say how well they agree.

    Parameters
    ----------
    first, second : float32 arrays of shape (height, width)
        From :func:`prepare`.
    scale, shift
        First guess: place in `second` = scale * place in `first` + shift (row, column).
    """
    top = np.maximum(0, -shift / scale)
    bottom = np.minimum(first.shape, (np.array(second.shape) - shift) / scale)
    if (bottom - top).min() < 20:
        return NONE
    step = (bottom - top).max() / FRAME
    shape = tuple(np.maximum(np.rint((bottom - top) / step).astype(int), _LEAST))
    second = _smooth(second, step * scale)
    reference = _View.draw(_smooth(first, step), np.eye(2) * step, top, shape)
    matrix, offset = np.eye(2) * step * scale, scale * top + shift
    best, blocks, transform = -1.0, 0, np.eye(2, 3)
    for i, reach in enumerate(REACH):
        found = _search(reference, _View.draw(second, matrix, offset, shape), reach)
        if not found.used.any():
            break
        if found.score > best:
            best, blocks = found.score, int(found.used.sum())
            linear = matrix / step
            transform = np.column_stack([linear, offset - linear @ top])
        if (i and best < _HOPELESS) or best > _DONE:
            break
        linear, move = _fit(found)
        offset, matrix = offset + matrix @ move, matrix @ (np.eye(2) + linear)
    part = np.prod(bottom - top)
    larger = min(part / first.size, part * scale**2 / second.size)
    return Agreement(round(best, 4), blocks, float(larger), transform) if blocks else NONE


@dataclass(frozen=True)
class _View:
    """A picture drawn in the common frame: comparable texture, contrast, and where it is."""

    texture: np.ndarray
    contrast: np.ndarray
    inside: np.ndarray

    @classmethod
    def draw(cls, picture, matrix, offset, shape) -> "_View":
        drawn = ndimage.affine_transform(
            picture, matrix, offset, shape, order=1, mode="constant", cval=-1
        )
        inside = drawn >= 0
        drawn = np.maximum(drawn, 0)
        band = ndimage.gaussian_filter(drawn, 1.0) - ndimage.gaussian_filter(
            drawn, 6.0, truncate=2.5
        )
        energy = ndimage.gaussian_filter(band * band, 5.0, truncate=2.5)
        local = ndimage.uniform_filter(band * band, BLOCK)
        return cls(band / np.sqrt(energy + 0.05), np.sqrt(local.clip(min=0)), inside)


@dataclass(frozen=True)
class _Found:
    """Blocks in rows and columns: correlation where found and in place, move, centre, used."""

    moved: np.ndarray
    still: np.ndarray
    move: np.ndarray
    centre: np.ndarray
    used: np.ndarray

    @property
    def steady(self) -> np.ndarray:
        """Blocks that moved as the blocks around them did (median of up to eight)."""
        rows, columns = self.used.shape
        move = np.where(self.used[..., None], self.move, np.nan)
        move = np.pad(move, ((1, 1), (1, 1), (0, 0)), constant_values=np.nan)
        around = np.sort([move[i : i + rows, j : j + columns] for i, j in _AROUND], axis=0)
        count = np.isfinite(around).sum(axis=0, keepdims=True)
        middle = np.stack([(count - 1) // 2, count // 2]).clip(min=0)[:, 0]
        median = np.take_along_axis(around, middle, axis=0).mean(axis=0)
        # a block without neighbours compares with NaN, which is never close
        return self.used & (np.abs(self.move - median).max(axis=-1) <= 1.5)

    @property
    def score(self) -> float:
        moved = np.where(self.steady, self.moved, 0)[self.used].mean()
        return float(moved + self.still[self.used].mean()) / 2


def _search(first: _View, second: _View, reach: int) -> _Found:
    """Find every block of `first` in `second`."""
    corners = _corners(first.inside.shape, reach)
    y, x = corners[..., 0], corners[..., 1]
    window = BLOCK + 2 * reach
    windows = np.lib.stride_tricks.sliding_window_view(second.texture, (window, window))
    windows = windows[y - reach, x - reach]
    blocks = np.lib.stride_tricks.sliding_window_view(first.texture, (BLOCK, BLOCK))[y, x]
    cosine = _correlate(blocks, windows)
    flat = cosine.reshape(*cosine.shape[:2], -1)
    at = np.stack(np.divmod(flat.argmax(axis=-1), cosine.shape[-1]), axis=-1) - reach
    centre = corners + BLOCK // 2
    middle = (centre[..., 0], centre[..., 1])
    both = (first.inside & second.inside).astype(np.float32)
    used = ndimage.uniform_filter(both, BLOCK)[middle] > 0.9
    used &= (first.contrast[middle] > _FLAT) & (second.contrast[middle] > _FLAT)
    return _Found(flat.max(axis=-1), cosine[..., reach, reach], at.astype(float), centre, used)


def _corners(shape: tuple[int, int], reach: int) -> np.ndarray:
    """Upper left corners of the blocks, integer array of shape (rows, columns, 2)."""
    count = [(n - 2 * reach) // BLOCK for n in shape]
    start = [(n - c * BLOCK) // 2 for n, c in zip(shape, count, strict=True)]
    lines = [s + BLOCK * np.arange(c) for s, c in zip(start, count, strict=True)]
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1)


def _correlate(blocks: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Correlation of each block with every place in its window (skimage's match_template)."""
    blocks = blocks - blocks.mean(axis=(-2, -1), keepdims=True)
    size = windows.shape[-2:]
    spectrum = fft.rfft2(windows) * np.conj(fft.rfft2(blocks, size))
    places = size[0] - BLOCK + 1
    product = fft.irfft2(spectrum, size)[..., :places, :places]
    sums, squares = _box(windows), _box(windows**2)
    spread = np.sqrt((squares - sums**2 / BLOCK**2).clip(min=1e-6))
    length = np.sqrt((blocks**2).sum(axis=(-2, -1), keepdims=True))
    return product / (spread * length + 1e-6)


def _box(windows: np.ndarray) -> np.ndarray:
    """Sum over every block-sized place of each window."""
    total = np.pad(windows.cumsum(-1, dtype=float).cumsum(-2), [(0, 0)] * 2 + [(1, 0)] * 2)
    rows = total[..., BLOCK:, :] - total[..., :-BLOCK, :]
    return rows[..., BLOCK:] - rows[..., :-BLOCK]


def _fit(found: _Found) -> tuple[np.ndarray, np.ndarray]:
    """Affine move of the frame that best explains the blocks' moves (ridge: little shear)."""
    trusted = found.steady if found.steady.sum() >= 4 else found.used
    weight = found.moved[trusted].clip(min=0.05)[:, None] ** 2
    place = found.centre[trusted]
    middle = place.mean(axis=0)
    design = np.column_stack([place - middle, np.ones(len(place))])
    normal = (design * weight).T @ design + np.diag([1e4, 1e4, 1e-6])
    solution = np.linalg.solve(normal, (design * weight).T @ found.move[trusted])
    linear = solution[:2].T
    return linear, solution[2] - linear @ middle


def _smooth(picture: np.ndarray, step: float) -> np.ndarray:
    """Blur before drawing every `step`-th pixel."""
    return ndimage.gaussian_filter(picture, 0.5 * step - 0.25) if step > 0.9 else picture
