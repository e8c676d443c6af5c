"""Paper 4: what its claims are judged by."""

from collections.abc import Mapping

import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.studies import evidence
from busutils.studies.common import REPORTED, Results


def claims(results: Results) -> list[Claim]:
    """The paper's claims with their verdicts."""
    phantoms = results.settings.dataset.startswith("phantom")
    return compare.judge(REPORTED, 4, scores(results), phantoms=phantoms)


def scores(results: Results) -> Mapping[str, pd.DataFrame]:
    """Test Dice by loss, each training at the threshold that validates best, and of the U-Net."""
    losses = evidence.of_rows(results, results.of("loss"))
    unet = evidence.of_rows(results, results.of("unet")).assign(weights=None)
    return {"dice": pd.concat([losses, unet])}
