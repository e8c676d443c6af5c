"""Our U-Nets compute what those of segmentation-models do, weight for weight.

In double precision, where rounding is no excuse; the output alone is float32.
"""

import numpy as np
import pytest

from busutils import models
from busutils.models import weights
from busutils.models.backbones import BACKBONES


@pytest.mark.slow
@pytest.mark.parametrize("backbone", BACKBONES)
def test_outputs_agree_with_segmentation_models(oracle, float64, backbone):
    theirs = oracle[backbone]
    ours = models.build("unet", theirs["input"].shape[1], backbone=backbone)

    weights.assign(ours, oracle.weights(backbone))

    output = np.asarray(ours(theirs["input"], training=False))
    assert theirs["output"].std() > 0.05  # else any network would agree
    print(f"{backbone}: {np.abs(output - theirs['output']).max():.1e}")  # shown by pytest -rP
    np.testing.assert_allclose(output, theirs["output"], rtol=0, atol=1e-6)
