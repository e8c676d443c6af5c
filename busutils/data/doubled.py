"""Sets in which every image stands twice, as the item counts of papers 3 and 4 suggest.

Both papers print numbers that fit 1294 items, twice the 647 lesion images of BUSI.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from busutils.data.dataset import Dataset, from_arrays
from busutils.errors import choose

SECONDS = {
    "image": "each image is there twice",
    "mask": "each mask is there as an image too, white on black, with itself as its mask",
}


def doubled(data: Dataset, second: str, store: Path | None = None) -> Dataset:
    """Return the set with a second item for each case.

    Parameters
    ----------
    data : the set
    second : a key of `SECONDS`

    Returns
    -------
    Dataset of twice as many cases, first the original ones, with a further column `twin`: the name
    of a case's original, which both items share. Their group is that of the original.

    Raises
    ------
    UserError
        If `second` is unknown.
    """
    choose(second, SECONDS, "second item")
    again = data.cases.assign(case=data.cases["case"] + f", {second} again")
    cases = pd.concat([data.cases, again], ignore_index=True)
    cases["twin"] = [*data.cases["case"], *data.cases["case"]]
    name, fingerprint = f"{data.name}, {second}s twice", f"{data.fingerprint}-{second}-twice"
    if not data.has_pixels:
        return Dataset(name, data.images, data.masks, cases, fingerprint)
    more = data.images
    if second == "mask":
        more = (255 * np.asarray(data.masks, np.uint8))[..., None]
    images, masks = (np.concatenate(both) for both in ([data.images, more], [data.masks] * 2))
    return from_arrays(name, images, masks, cases, fingerprint, store)
