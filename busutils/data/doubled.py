"""Sets in which every image stands twice, as the item counts of papers 3 and 4 suggest.

Both papers print numbers that fit 1294 items, twice the 647 lesion images of BUSI.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import promises
from busutils.data.dataset import Dataset, NoPixels, cached, write_arrays
from busutils.errors import choose

SECONDS = {
    "image": "each image is there twice",
    "mask": "each mask is there as an image too, white on black, with itself as its mask",
}


def doubled(data: Dataset, second: str) -> Dataset:
    """Return the set with a second item for each case.

    Parameters
    ----------
    data : the set
    second : a key of `SECONDS`

    Returns
    -------
    Dataset of twice as many cases, first the original ones, with a further column `twin`: the name
    of a case's original, which both items share. Their group is that of the original. It has no
    pixels: these are promised to the store.

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
    if data.has_pixels:
        write = partial(_write, data=data, second=second, name=name, cases=cases)
        promises.promise(f"cache/{fingerprint}", partial(cached, fingerprint, write))
    absent = NoPixels(name, (len(cases), data.size, data.size))
    return Dataset(name, absent, absent, cases, fingerprint)


def _write(folder: Path, data: Dataset, second: str, name: str, cases: pd.DataFrame) -> None:
    more = data.images
    if second == "mask":
        more = (255 * np.asarray(data.masks, np.uint8))[..., None]
    images, masks = (np.concatenate(both) for both in ([data.images, more], [data.masks] * 2))
    write_arrays(folder, name, images, masks, cases)
