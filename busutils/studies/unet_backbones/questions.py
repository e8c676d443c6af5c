"""Paper 1: its open questions and claims, answered by our own paired runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils import compare, metrics, statistics, thresholds
from busutils.compare import Claim
from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.statistics import Difference
from busutils.studies.common import REPORTED, Results
from busutils.studies.unet_backbones.planning import Entry, protocol_of
from busutils.studies.unet_backbones.results import (
    FREEZING,
    WEIGHTS,
    common_weights,
    left_empty,
    reference,
)
from busutils.studies.unet_backbones.settings import BACKBONES, Settings

GOOD = ("vgg16", "vgg19", "resnet50", "resnext50", "densenet121")
"""The five backbones that the paper calls promising."""
RANKED = tuple(name for name in BACKBONES if name != "base")
"""Rows that start from pre-trained weights; the base U-Net does not."""
ABSENT = "this run has nothing to say about it"


def divided_images(settings: Settings, data: Dataset) -> dict[str, int]:
    """Count images of groups that stand on both sides of a split, random and by group."""
    return {
        name: int(splits.divided(_split(settings, data, grouped)).sum())
        for name, grouped in {"random": False, "grouped": True}.items()
    }


def _split(settings: Settings, data: Dataset, grouped: bool) -> pd.DataFrame:
    protocol = replace(protocol_of(settings, data), grouped=grouped)
    return splits.split(data.cases, protocol, settings.folds[0])


def contrasts(results: Results) -> pd.DataFrame:
    """What each ambiguity, and another recipe, does to MobileNetV2's Dice on the test images.

    A difference is given where both were scored on the same cases; another split has others.
    """
    base = reference(results)
    rows = [_contrast("as in Table 2", results, base, None)]
    for e in [*results.of("contrast"), *results.of("recipe")]:
        name = "recipe: all trains, augmented, Dice + BCE" if e.part == "recipe" else e.name
        same = e.job.split["id"] == base.job.split["id"]
        paired = results.difference([e], [base]) if same else None
        rows.append(_contrast(name, results, e, paired))
    return pd.DataFrame(rows)


def free_choices(results: Results, tolerances: Sequence[int] = (0, 10, 100)) -> pd.DataFrame:
    """What thresholds and the normals' rule do without another training, on the reference row.

    Rows: threshold 0.5, chosen on validation, chosen on test (a leak); columns: its value, test
    Dice, and the share of normal images, if there are any, with at most so many lesion pixels.
    """
    job = reference(results).job.id
    cases = results.cases[results.cases["job"] == job]
    pick = {
        "0.5": 0.5,
        "chosen on validation": thresholds.best(cases[cases["split"] == "val"]),
        "chosen on test (a leak)": thresholds.best(cases[cases["split"] == "test"]),
    }
    rows = []
    for name, value in pick.items():
        at = cases[np.isclose(cases["threshold"], value)]
        test, normal = (at[at["split"] == role] for role in ("test", NORMAL))
        found = normal["tp"] + normal["fp"]
        shares = {f"normals with ≤ {n} px": float((found <= n).mean()) for n in tolerances}
        shares = shares if len(normal) else {}
        dice = float(metrics.per_case(test)["dice"])
        rows.append({"threshold": name, "value": value, "test Dice": dice, **shares})
    return pd.DataFrame(rows)


def transfer(results: Results) -> pd.DataFrame:
    """MobileNetV2's arms: weights, freezing, the rate chosen on validation, test Dice, repeats.

    The rate of an arm is the one with the higher mean validation Dice over its splits. The last
    columns are the paired difference to random weights under the same freezing.
    """
    arms = _arms(results)
    rows = []
    for (weights, freezing), chosen in arms.items():
        test = pd.concat([results.scores(e) for e in chosen])
        mean = test.groupby("repeat")["score"].mean()
        row = {
            "weights": WEIGHTS[weights],
            "freezing": freezing,
            "rate": chosen[0].rate,
            "test Dice": mean.mean(),
            "lowest": mean.min(),
            "highest": mean.max(),
            "repeats": len(mean),
        }
        if weights != "none":
            paired = results.difference(chosen, arms["none", freezing])
            row |= {"minus random": paired.estimate, "low": paired.low, "high": paired.high}
        rows.append(row)
    names = ["weights", "freezing", "rate", "test Dice", "lowest", "highest", "repeats"]
    return pd.DataFrame(rows, columns=[*names, "minus random", "low", "high"])


def claims(results: Results) -> list[Claim]:
    """The paper's claims, judged by our own paired runs on the held-out test images.

    Rows are compared only if they start from the same kind of weights; a claim that this run has
    nothing to say about is undecided, with that note.
    """
    weights = common_weights(results)
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


def _arms(results: Results) -> Mapping[tuple[str, str], list[Entry]]:
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


def _contrast(name: str, results: Results, e: Entry, paired: Difference | None) -> dict:
    test = results.mean(e)
    row = {"what": name, "test Dice": test.estimate, "low": test.low, "high": test.high}
    if paired:
        row |= {"difference": paired.estimate, "from": paired.low, "to": paired.high}
    return row


def _best_claim(sentence: str, results: Results, equal: Mapping[str, Entry]) -> Claim:
    """DenseNet121's Dice minus each other row's."""
    if missing := _missing(equal, RANKED):
        return compare.claim(sentence, None, missing)
    best = equal["densenet121"]
    others = {name: e for name, e in equal.items() if name != "densenet121"}
    return compare.claim_best(
        sentence, {name: results.difference([best], [e]) for name, e in others.items()}
    )


def _good_claim(sentence: str, results: Results, equal: Mapping[str, Entry], note: str) -> Claim:
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


def _missing(equal: Mapping[str, Entry], needed: Sequence[str]) -> str:
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


def _normals_claim(sentence: str, results: Results, equal: Mapping[str, Entry]) -> Claim:
    """DenseNet121's share of normals left empty minus each of the other four's."""
    others = {n: e for n, e in equal.items() if n in GOOD and n != "densenet121"}
    if missing := _missing(equal, GOOD):
        return compare.claim(sentence, None, missing)
    if not results.has(NORMAL):
        return compare.claim(sentence, None, "the set has no normal images")
    mine = left_empty(results, equal["densenet121"])
    against = {
        n: statistics.paired_difference(mine, left_empty(results, e)) for n, e in others.items()
    }
    return compare.claim_best(sentence, against)


def _size_claim(sentence: str, results: Results, equal: Mapping[str, Entry]) -> Claim:
    """MiB by which DenseNet121's file is smaller than the smallest of the other four."""
    mib = {n: results.manifests.loc[equal[n].job.id, "file_mib"] for n in GOOD if n in equal}
    if missing := _missing(equal, GOOD):
        return compare.claim(sentence, None, missing)
    own = mib.pop("densenet121")
    return compare.claim(sentence, statistics.exact(min(mib.values()) - own), "MiB")
