"""A mask as text: where each run of lesion pixels starts, and how long it is.

As competitions on segmentation ask for it: in "5 2 9 1" the pixels 5, 6 and 9 are lesion. They are
counted from 1, from top to bottom and then from left to right.
"""

import numpy as np


def encode(mask: np.ndarray) -> str:
    """Write a bool mask of shape (height, width) as text; an empty one is an empty text."""
    pixels = np.concatenate([[0], np.asarray(mask, bool).ravel(order="F"), [0]])
    starts, ends = np.flatnonzero(np.diff(pixels)).reshape(-1, 2).T
    return " ".join(
        f"{start + 1} {length}" for start, length in zip(starts, ends - starts, strict=True)
    )


def decode(text: str, shape: tuple[int, int]) -> np.ndarray:
    """Read what `encode` wrote of a mask of that shape.

    Raises
    ------
    ValueError
        If the text is none of pairs of whole numbers, or a run leaves the mask.
    """
    starts, lengths = np.array(text.split(), int).reshape(-1, 2).T
    pixels = np.zeros(shape[0] * shape[1], bool)
    for start, length in zip(starts - 1, lengths, strict=True):
        if not 0 <= start < start + length <= len(pixels):
            raise ValueError(f"a run of {length} from {start + 1} leaves a mask of {shape}")
        pixels[start : start + length] = True
    return pixels.reshape(shape, order="F")
