"""Paper 3: what its claims are judged by."""

from collections.abc import Mapping

import pandas as pd

from busutils import classification, compare
from busutils.compare import Claim
from busutils.studies import evidence
from busutils.studies.common import REPORTED, Results
from busutils.studies.multitask_unet import results as made

PROPOSED = "proposed"


def claims(results: Results, trivial: Mapping[str, Mapping[str, float]]) -> list[Claim]:
    """The paper's claims with their verdicts; `trivial` is what the page measured."""
    phantoms = results.settings.dataset.startswith("phantom")
    return compare.judge(REPORTED, 3, scores(results, trivial), phantoms=phantoms)


def scores(
    results: Results, trivial: Mapping[str, Mapping[str, float]]
) -> Mapping[str, pd.DataFrame]:
    """Images that are told right, and IoU and precision of test images, by network.

    `trivial` are mean scores of answers that need no training, by score and answer.
    """
    entries = [*results.of("folds"), *results.of("rival")]
    found = {"accuracy": _told_right(results)}
    for score in ("iou", "precision"):
        rows = evidence.of_rows(results, entries, score)
        rows["row"] = rows["row"].replace(results.settings.head, PROPOSED)
        found[score] = pd.concat([rows, evidence.trivial(trivial[score])])
    return found


def _told_right(results: Results) -> pd.DataFrame:
    """1 for each test image that is told right, beside always naming the more frequent class."""
    folds = results.of("folds")
    images = made.tested(results, folds)
    common = classification.majority(images)
    always = classification.always(images, common)
    rows = [images.assign(row=PROPOSED), always.assign(row=f"always {common}", trivial=True)]
    named = {e.job.id: e.repeat for e in folds}
    both = pd.concat([r.assign(repeat=images["job"].map(named).to_numpy()) for r in rows])
    return both.assign(score=(both["tp"] + both["tn"]).astype(float))
