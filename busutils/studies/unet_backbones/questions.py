"""Paper 1: its open questions and claims, answered by our own paired runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils import compare, metrics, statistics, thresholds
from busutils.compare import Claim
from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.statistics import Difference
from busutils.studies.unet_backbones.planning import Entry, Settings, protocol_of
from busutils.studies.unet_backbones.results import (
    FREEZING,
    REPORTED,
    WEIGHTS,
    Results,
    common_weights,
    left_empty,
    reference,
)

GOOD = ("vgg16", "vgg19", "resnet50", "resnext50", "densenet121")
"""The five backbones that the paper calls promising."""


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
    Dice, and the share of normal images with at most so many lesion pixels.
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
        test, normal = (at[at["split"] == role] for role in ("test", "normal"))
        found = normal["tp"] + normal["fp"]
        shares = {f"normals with ≤ {n} px": float((found <= n).mean()) for n in tolerances}
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
    return pd.DataFrame(rows)


def claims(results: Results) -> list[Claim]:
    """The paper's claims, judged by our own paired runs on the held-out test images."""
    told = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 1)["claims"]}
    equal = {e.name: e for e in results.of("table") if e.weights == common_weights(results)}
    found = []
    others = [name for name in equal if name != "densenet121"]
    if "densenet121" in equal and others:
        against = {n: results.difference([equal["densenet121"]], [equal[n]]) for n in others}
        found.append(compare.claim_best(told["densenet121_best"], against))
    good, rest = [n for n in equal if n in GOOD], [n for n in equal if n not in GOOD]
    if good and rest:
        found.append(compare.claim(told["five_good"], _mean_difference(results, equal, good, rest)))
    arms = _arms(results)
    if ("imagenet", "batch norm trains") in arms:
        freezing = "batch norm trains"
        paired = results.difference(arms["imagenet", freezing], arms["none", freezing])
        found.append(compare.claim(told["imagenet_helps"], paired, "MobileNetV2 alone"))
    found.append(_threshold_claim(told["threshold_helps"], results))
    if "densenet121" in equal and len(good) > 1:
        found.append(_normals_claim(told["normals"], results, equal, good))
    return found


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


def _mean_difference(
    results: Results, equal: Mapping[str, Entry], good: Sequence[str], rest: Sequence[str]
) -> Difference:
    """Mean Dice of one set of rows minus that of another, case by case."""

    def mean(names: Sequence[str]) -> pd.DataFrame:
        table = pd.concat([results.scores(equal[n]) for n in names])
        return table.groupby(["case", "repeat", "group"], as_index=False)["score"].mean()

    return statistics.paired_difference(mean(good), mean(rest))


def _threshold_claim(sentence: str, results: Results) -> Claim:
    """Dice at the searched threshold minus Dice at 0.5, mean over the rows of Table 2."""
    tables = []
    for at in (results.threshold, 0.5):
        ids = {e.job.id: "all rows" for e in results.of("table")}
        table = compare.scores(results.cases, ids, "dice", at, "test")
        tables.append(table.groupby(["case", "repeat", "group"], as_index=False)["score"].mean())
    return compare.claim(sentence, statistics.paired_difference(*tables), relevant=0.01)


def _normals_claim(
    sentence: str, results: Results, equal: Mapping[str, Entry], good: Sequence[str]
) -> Claim:
    """DenseNet121's share of normals left empty minus each of the other four's."""
    mine = left_empty(results, equal["densenet121"])
    against = {
        n: statistics.paired_difference(mine, left_empty(results, equal[n]))
        for n in good
        if n != "densenet121"
    }
    return compare.claim_best(sentence, against)
