"""Paper 4: its claims, answered by our own paired runs."""

from collections.abc import Mapping

import pandas as pd

from busutils import compare, statistics
from busutils.compare import Claim
from busutils.studies.common import REPORTED, Results
from busutils.studies.fgfeu_net.presence import MASKS, right
from busutils.studies.fgfeu_net.results import LABELLED, same_job
from busutils.studies.fgfeu_net.settings import LOSSES

LAST_PAIR = ("tversky 0.7 0.3", LABELLED)
"""Both readings of the pair that the paper calls best."""


def claims(results: Results, presence: Mapping[str, pd.DataFrame]) -> list[Claim]:
    """The paper's claims; one that this run has nothing to say about is undecided.

    `presence` is what every model says of the test images (``presence.answers``).
    """
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 4)["claims"]}
    ran = {e.name for e in results.of("loss")}
    last = next((name for name in LAST_PAIR if name in ran), LAST_PAIR[0])
    others = [name for name in LOSSES if name not in ("combo", *LAST_PAIR)]
    pairs = [name for name in others if name.startswith("tversky")]
    second = [name for name in others if not same_job(name, "dice")]
    return [
        _best(said["combo_best"], results, "combo", [*others, last]),
        _best(said["best_pair"], results, last, pairs),
        _best(said["dice_second"], results, "dice", [*second, last]),
        _best_model(said["best_model"], presence),
    ]


def _best(sentence: str, results: Results, name: str, others: list[str]) -> Claim:
    """Test Dice under a loss minus that under each of the others, same images and seeds."""
    own = results.of("loss", name)
    lost = [loss for loss in (name, *others) if not results.of("loss", loss)]
    if lost:
        return compare.claim(sentence, None, f"not run: {', '.join(lost)}")
    against = {other: results.difference(own, results.of("loss", other)) for other in others}
    return compare.claim_best(sentence, against)


def _best_model(sentence: str, presence: Mapping[str, pd.DataFrame]) -> Claim:
    """Share of images told right, FgFEU-Net minus each other model: is there a lesion?"""
    ours = MASKS["combo"][1]
    lost = set(compare.reported(REPORTED, 4, "3").cells["row"]) - set(presence)
    if lost:
        return compare.claim(sentence, None, f"{len(lost)} models of Table 3 were not run")
    own = right(presence[ours])
    against = {
        name: statistics.paired_difference(own, right(images))
        for name, images in presence.items()
        if name != ours
    }
    return compare.claim_best(sentence, against)
