"""Paper 1: its claims, answered by our own paired runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from busutils import compare, statistics
from busutils.compare import Claim
from busutils.data.files import NORMAL
from busutils.studies.common import REPORTED, Results

WEIGHTS = {"imagenet": "ImageNet", "phantom": "phantoms", "none": "random"}
FREEZING = {
    "all": "frozen",
    "random_frozen": "frozen",
    "all_but_batchnorm": "batch norm trains",
    "none": "all trains",
}
GOOD = ("vgg16", "vgg19", "resnet50", "resnext50", "densenet121")
"""The five backbones that the paper calls promising."""
RANKED = (*GOOD, "seresnext50", "inceptionv3", "seresnet50", "mobilenetv2")
"""Rows that start from pre-trained weights; the base U-Net does not."""
ABSENT = "this run has nothing to say about it"


def claims(results: Results) -> list[Claim]:
    """The paper's claims, judged by our own paired runs on the held-out test images.

    Rows are compared only if they start from the same kind of weights; a claim that this run has
    nothing to say about is undecided, with that note.
    """
    weights = pd.Series([e.weights for e in results.of("table")]).mode()[0]
    equal = {e.name: e for e in results.of("table") if e.weights == weights}
    note = f"encoders from {WEIGHTS[weights]}"
    judged = {
        "densenet121_best": lambda said: _best_claim(said, results, equal),
        "five_good": lambda said: _good_claim(said, results, equal, note),
        "imagenet_helps": lambda said: _imagenet_claim(said, results),
        "threshold_helps": lambda said: _threshold_claim(said, results),
        "normals": lambda said: _normals_claim(said, results, equal),
        "smallest": lambda said: _size_claim(said, results, equal),
    }
    told = compare.context(REPORTED, 1)["claims"]
    return [judged[c["id"]](c["sentence"]) for c in told]


def _arms(results: Results) -> Mapping[tuple[str, str], list]:
    """Entries of each (weights, freezing), at the rate that validates best over the splits."""
    arms = {}
    entries = results.of("transfer")
    for key in dict.fromkeys((e.weights, FREEZING[e.freeze]) for e in entries):
        mine = [e for e in entries if (e.weights, FREEZING[e.freeze]) == key]
        rates = {rate: [e for e in mine if e.rate == rate] for rate in {e.rate for e in mine}}
        arms[key] = max(
            rates.values(),
            key=lambda tried: np.mean([results.mean(e, split="val").estimate for e in tried]),
        )
    return arms


def _best_claim(sentence: str, results: Results, equal: Mapping[str, Any]) -> Claim:
    """DenseNet121's Dice minus each other row's."""
    if missing := _missing(equal, RANKED):
        return compare.claim(sentence, None, missing)
    best = equal["densenet121"]
    others = {name: e for name, e in equal.items() if name != "densenet121"}
    return compare.claim_best(
        sentence, {name: results.difference([best], [e]) for name, e in others.items()}
    )


def _good_claim(sentence: str, results: Results, equal: Mapping[str, Any], note: str) -> Claim:
    """Mean Dice of the five good rows minus that of the others, case by case."""
    sides = [[e for n, e in equal.items() if (n in GOOD) == good] for good in (True, False)]
    if missing := _missing(equal, RANKED):
        return compare.claim(sentence, None, missing)
    means = (_mean_by_case([results.scores(e) for e in side]) for side in sides)
    rows = " against ".join(str(len(side)) for side in sides)
    return compare.claim(sentence, statistics.paired_difference(*means), f"{rows} rows, {note}")


def _imagenet_claim(sentence: str, results: Results) -> Claim:
    """MobileNetV2 from ImageNet minus from random weights, only its batch norm trained."""
    arms, freezing = _arms(results), "batch norm trains"
    if ("imagenet", freezing) not in arms:
        return compare.claim(sentence, None, ABSENT)
    paired = results.difference(arms["imagenet", freezing], arms["none", freezing])
    return compare.claim(sentence, paired, f"MobileNetV2 alone, {freezing}")


def _missing(equal: Mapping[str, Any], needed: Sequence[str]) -> str:
    """Say how many of the rows that a claim speaks of have not run; empty if all have."""
    ran = sum(name in equal for name in needed)
    return f"{ran} of the {len(needed)} rows that it speaks of have run" * (ran < len(needed))


def _mean_by_case(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean score of each case in each repeat over several rows."""
    keys = ["case", "repeat", "group"]
    return pd.concat(tables).groupby(keys, as_index=False)["score"].mean()


def _threshold_claim(sentence: str, results: Results) -> Claim:
    """Dice at the searched threshold minus Dice at 0.5, mean over the rows of Table 2."""
    ids = {e.job.id: "all rows" for e in results.of("table")}
    at = (compare.scores(results.cases, ids, "dice", t, "test") for t in (results.threshold, 0.5))
    means = (_mean_by_case([table]) for table in at)
    return compare.claim(sentence, statistics.paired_difference(*means), relevant=0.01)


def _normals_claim(sentence: str, results: Results, equal: Mapping[str, Any]) -> Claim:
    """DenseNet121's share of normals left empty minus each of the other four's."""
    others = {n: e for n, e in equal.items() if n in GOOD and n != "densenet121"}
    if missing := _missing(equal, GOOD):
        return compare.claim(sentence, None, missing)
    if not results.has(NORMAL):
        return compare.claim(sentence, None, "the set has no normal images")
    mine = _left_empty(results, equal["densenet121"])
    against = {
        n: statistics.paired_difference(mine, _left_empty(results, e)) for n, e in others.items()
    }
    return compare.claim_best(sentence, against)


def _size_claim(sentence: str, results: Results, equal: Mapping[str, Any]) -> Claim:
    """MiB by which DenseNet121's file is smaller than the smallest of the other four."""
    mib = {n: results.manifests.loc[equal[n].job.id, "file_mib"] for n in GOOD if n in equal}
    if missing := _missing(equal, GOOD):
        return compare.claim(sentence, None, missing)
    own = mib.pop("densenet121")
    return compare.claim(sentence, statistics.exact(min(mib.values()) - own), "MiB")


def _left_empty(results: Results, entry: Any) -> pd.DataFrame:
    """1 for a normal image in which nothing is found, else 0."""
    return results.scores(entry, "left_empty", "normal")
