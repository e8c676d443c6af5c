"""Our U-Nets compute what those of segmentation-models do, weight for weight.

In double precision, where rounding is no excuse; the output alone is float32. What else asks that
library stands here too, since it is run once for each worker that needs it.
"""

import hashlib

import numpy as np
import pandas as pd
import pytest

from busutils import models, paths
from busutils.models import weights
from busutils.models.backbones import BACKBONES
from tests.models.layers import encoder_weights

PUBLISHED = paths.project() / "book" / "results" / "parity.csv"  # shown by notebook 01
TOLERANCE = 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("backbone", BACKBONES)
def test_outputs_agree_with_segmentation_models(oracle, float64, backbone, parity):
    theirs = oracle[backbone]
    ours = models.build("unet", theirs["input"].shape[1], backbone=backbone)

    weights.assign(ours, oracle.weights(backbone))

    output = np.asarray(ours(theirs["input"], training=False))
    assert theirs["output"].std() > 0.05  # else any network would agree
    difference = np.abs(output - theirs["output"]).max()
    assert difference <= TOLERANCE
    parity(backbone, ours.count_params(), difference)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", weights.RELEASED)
def test_release_files_are_downloaded_and_read(oracle, server, monkeypatch, backbone):
    file = (oracle.folder / f"{backbone}.h5").rename(server / f"{backbone}.h5")
    md5 = hashlib.md5(file.read_bytes()).hexdigest()
    monkeypatch.setitem(weights.RELEASED, backbone, (file.name, md5))

    ours = models.build("unet", 32, backbone=backbone, encoder_weights="imagenet")

    # that the copied weights compute the same is shown above
    copied = models.build("unet", 32, backbone=backbone)
    weights.assign(copied, oracle.weights(backbone))
    pairs = zip(encoder_weights(ours), encoder_weights(copied), strict=True)
    assert all(np.array_equal(read, own) for read, own in pairs)
    assert ours.encoder_weights == "imagenet"


@pytest.fixture
def parity(pytestconfig):
    """Compare a measured row with the published one, or with --write-parity publish it."""

    def compare(backbone: str, parameters: int, difference: float) -> None:
        table = pd.read_csv(PUBLISHED, index_col="backbone")
        if pytestconfig.getoption("--write-parity"):
            table.loc[backbone] = {"parameters": parameters, "difference": difference}
            table.astype({"parameters": int}).to_csv(PUBLISHED, float_format="%.1e")
        else:
            assert table.loc[backbone, "parameters"] == parameters
            assert table.loc[backbone, "difference"] <= TOLERANCE

    return compare
