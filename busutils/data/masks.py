"""What the values of a mask file mean, decided file by file.

====================================  ============================================================
values                                lesion
====================================  ============================================================
0 and one other (255, 1, 38, 65535)   the other
0, 1, 2, 3 ... (labels of lesions)    all but 0
dark, bright, few between (smoothed   over the middle between the darkest and the brightest
edges, JPEG)
one colour, transparent in places     what the transparency is, read in the same way
several levels far apart or colours,  undecided: refused, unless it is said which levels are lesion
no 0, or the many levels of a photo
====================================  ============================================================
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from busutils.data import matlab, pictures
from busutils.errors import UserError

FEW = 16
"""Values up to this are labels, and so few levels are no smoothed edge."""

_SAY = "say which levels are lesion (mask_levels), or save it with 0 and 255"


class Undecided(UserError):
    """A mask that can be read, but whose values do not say what is lesion.

    Below it is raised with what goes on after "mask FILE".
    """


@dataclass(frozen=True)
class Mask:
    """Lesion (bool, height and width), levels of the file (without the shades of smoothed edges),
    and what is read as lesion where there are others than 0 and 255.
    """

    lesion: np.ndarray
    levels: tuple[float, ...] = (0, 255)
    read_as: str = ""


def read(path: Path, lesion_levels: tuple[int, ...] = ()) -> Mask:
    """Read a mask file.

    Parameters
    ----------
    path : an image, or a MATLAB v7.3 file of the figshare brain set
    lesion_levels : values that are lesion; none leaves it to the file. A pixel's value is its grey
        level, or its place in a palette of colours.

    Raises
    ------
    Undecided
        If the values do not say what is lesion.
    UserError
        If the file cannot be read.
    """
    if matlab.is_slice(path):
        return Mask(matlab.read(path)[1])
    image = pictures.decode(path)
    try:
        values, source = _values(image, by_index=bool(lesion_levels))
        if lesion_levels:
            lesion, read_as = _listed(values, lesion_levels)
        else:
            lesion, read_as = _decided(values, image.format in ("JPEG", "MPO"))
    except Undecided as why:
        raise Undecided(f"mask {path} {why}") from None
    return Mask(lesion, tuple(_named(values).tolist()), ", ".join(filter(None, (source, read_as))))


def _decided(values: np.ndarray, lossy: bool) -> tuple[np.ndarray, str]:
    """The lesion by the values alone (`lossy` as JPEG keeps them), and what was read as lesion."""
    levels = np.unique(values)
    if not np.isfinite(levels).all():
        raise Undecided(f"holds values that are no numbers: {_SAY}")
    low, high = levels[[0, -1]].tolist()  # whose sum may be over 255
    if len(levels) == 1:
        if high not in (0, 1, 255, 65535):
            raise Undecided(f"holds nothing but level {high:g}: {_SAY}")
        return values > 0, "" if high in (0, 255) else f"{high:g} everywhere"
    if low != 0 and high <= FEW:
        raise Undecided(f"has no level 0, which is background, but {in_words(levels)}: {_SAY}")
    if lossy and high < 64:
        raise Undecided(
            f"has {high:g} as its highest level, and JPEG changes levels by some: save it as PNG"
        )
    if len(levels) == 2:
        return values == high, "" if (low, high) == (0, 255) else f"{high:g} of {in_words(levels)}"
    if _are_labels(values, levels):
        return values > 0, f"labels 1 to {high:g}"
    if len(plain := _plain(values)) > 2:
        raise Undecided(f"has the levels {in_words(plain)}: {_SAY}")
    _refuse_picture(values, low, high)
    return values > (low + high) / 2, f"over {(low + high) / 2:g} of {in_words(levels)}"


def _listed(values: np.ndarray, wanted: tuple[int, ...]) -> tuple[np.ndarray, str]:
    """The lesion by the levels that a person lists, and these levels in words."""
    levels, plain = np.unique(values), _named(values)
    said = f"{', '.join(map(str, wanted))} of {in_words(plain)}"
    if len(levels) == len(plain):
        return np.isin(values, wanted), said
    if len(plain) > 2:
        raise Undecided(
            f"has smoothed edges between the levels {in_words(plain)}, which pass through others: "
            "save it without smoothing"
        )
    bright = values > sum(levels[[0, -1]].tolist()) / 2
    return np.isin(bright, [side for side, level in enumerate(plain) if level in wanted]), said


def are_inverted(shares: Sequence[float]) -> bool:
    """Whether masks with these shares (0 to 1) of lesion may be white outside the lesions."""
    return sum(share > 0.5 for share in shares) > len(shares) / 2


def _values(image: Image.Image, by_index: bool) -> tuple[np.ndarray, str]:
    """A number for each pixel, and where it comes from if from anywhere else than grey levels."""
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L")), ""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        return values.astype(float if values.dtype.kind == "f" else np.int64), ""
    if image.mode == "P" and _is_indexed(image, by_index):
        return np.asarray(image), "places in the palette"
    if image.mode in ("LA", "RGB", "RGBA", "P", "PA"):
        return _shown(np.asarray(image.convert("RGBA")))
    return _grey(np.asarray(image.convert("RGB"))), ""


def _shown(pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """Values of RGBA pixels: the colours, or the transparency where only that varies."""
    grey, alpha = _grey(pixels[..., :3]), pixels[..., 3]
    if alpha.min() == alpha.max():
        plain = grey.min() == grey.max()
        return (alpha if plain and not alpha.any() else grey), ""
    if grey.min() == grey.max():
        return alpha, "transparency"
    by_grey, by_alpha = (v > (int(v.min()) + int(v.max())) / 2 for v in (grey, alpha))
    if (by_grey ^ by_alpha).sum() > 0.01 * (by_grey | by_alpha).sum():
        raise Undecided(
            "shows one region by its colours and another by its transparency: save it as a grey "
            "mask of 0 and 255"
        )
    return grey, ""


def _grey(colours: np.ndarray) -> np.ndarray:
    """The brightest channel of each pixel, if all that is bright has one colour."""
    grey = colours.max(axis=2)
    bright = colours[grey > grey.max() / 2] if grey.any() else colours[:0, 0]
    hues = (bright > bright.max(initial=0) / 2) @ np.array([1, 2, 4])
    if (np.bincount(hues, minlength=8) > 0.01 * len(hues)).sum() > 1:
        raise Undecided(
            "shows several colours, which do not say what is lesion: save it as a grey mask of 0 "
            "and 255"
        )
    return grey


def _is_indexed(image: Image.Image, by_index: bool) -> bool:
    """Whether the places in a palette are labels: several colours, the first of them black."""
    palette = np.reshape(image.getpalette("RGB"), (-1, 3))
    used = palette[np.unique(np.asarray(image))]
    coloured = (used != used[:, :1]).any()
    if not coloured or palette[0].any() or "transparency" in image.info:
        return False
    bright = used[used.any(axis=1)]
    return by_index or len(np.unique(bright > bright.max() / 2, axis=0)) > 1


def _refuse_picture(values: np.ndarray, low: float, high: float) -> None:
    place = (values - low) / (high - low)
    between, bright = ((place > 0.25) & (place < 0.75)).sum(), (place >= 0.75).sum()
    if between > max(bright, 0.02 * values.size):
        raise Undecided(
            "has the shades of a picture, not the few levels of a mask: check that images and "
            "masks are not mixed up"
        )


def _are_labels(values: np.ndarray, levels: np.ndarray) -> bool:
    """Whether values are 0, 1, 2 ... with few left out, in areas and not as shades."""
    if levels[0] != 0 or (levels % 1).any() or levels[-1] > 2 * (len(levels) - 1):
        return False
    if levels[-1] <= FEW:
        return True
    jumps = np.abs(np.diff(values.astype(np.int64)))
    filled = np.isin(levels, values[_is_even(values)])
    return filled.mean() > 0.5 and np.median(jumps[jumps > 0]) > 1  # shades change by 1


def _is_even(values: np.ndarray) -> np.ndarray:
    """Whether the 3 x 3 pixels around each one are alike."""
    return ndimage.maximum_filter(values, 3) == ndimage.minimum_filter(values, 3)


def _plain(values: np.ndarray) -> np.ndarray:
    """Values without the shades of edges: those that fill squares of 3 x 3 pixels."""
    levels = np.unique(values)
    found, counts = np.unique(values[_is_even(values)], return_counts=True)
    low, high = levels[[0, -1]].tolist()
    if len(levels) > FEW:  # JPEG has even spots beside edges, and 1 or 254 in areas of 0 or 255
        place = (found - low) / (high - low)
        area = counts > 0.01 * (values > (low + high) / 2).sum()
        found = found[area & (place > 0.06) & (place < 0.94)]
    return np.union1d(found, [low, high])


def _named(values: np.ndarray) -> np.ndarray:
    """Values that a person can list: all where they are few or labels, else those of areas."""
    levels = np.unique(values)
    return levels if len(levels) <= FEW or _are_labels(values, levels) else _plain(values)


def in_words(levels: Iterable[float], most: int = 6) -> str:
    """Levels with commas, the middle of many left out."""
    words = [f"{level:g}" for level in levels]
    if len(words) > most:
        words = [*words[:3], "...", *words[-2:]]
    return ", ".join(words)
