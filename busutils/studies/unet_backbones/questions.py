"""Paper 1: its open questions and claims, answered by our own paired runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from busutils import compare, metrics, thresholds
from busutils.compare import Claim
from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.statistics import Difference
from busutils.studies import evidence
from busutils.studies.common import REPORTED, Results
from busutils.studies.unet_backbones.planning import Entry, protocol_of
from busutils.studies.unet_backbones.results import (
    FREEZING,
    WEIGHTS,
    common_weights,
    left_empty,
    reference,
)
from busutils.studies.unet_backbones.settings import Settings

BN = "all_but_batchnorm"
"""The freezing whose arms the premise of the paper is judged by."""


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
    """The paper's claims with their verdicts."""
    phantoms = results.settings.dataset.startswith("phantom")
    return compare.judge(REPORTED, 1, scores(results), phantoms=phantoms)


def scores(results: Results) -> Mapping[str, pd.DataFrame]:
    """What claims are judged by: held-out test images, and sizes of files.

    Rows are those that start from the weights that most rows start from; the base U-Net, of which
    the paper does not say what it starts from, stands beside them.
    """
    weights = common_weights(results)
    equal = [e for e in results.of("table") if e.weights == weights or e.name == "base"]
    base = [e.name == "base" for e in equal]
    dice = evidence.of_rows(results, equal)
    dice["weights"] = dice["weights"].mask(dice["row"] == "base")
    sizes = results.manifests.loc[[e.job.id for e in equal], "file_mib"].to_numpy()
    found = {
        "dice": dice,
        "dice of arms": _chosen_arms(results),
        "dice by threshold": _by_threshold(results),
        "file size": pd.DataFrame({"row": [e.name for e in equal], "score": sizes})[
            ~np.array(base)
        ],
    }
    if results.has(NORMAL):
        tables = [left_empty(results, e).assign(**evidence.facts(results, e)) for e in equal]
        found["normals left empty"] = pd.concat(tables)
    return found


def _chosen_arms(results: Results) -> pd.DataFrame:
    """Dice of MobileNetV2's arms of which batch norm trains, each at the rate chosen for it."""
    arms = _arms(results)
    chosen = {WEIGHTS[w]: of for (w, freezing), of in arms.items() if freezing == FREEZING[BN]}
    tables = [evidence.of_rows(results, of).assign(row=name) for name, of in chosen.items()]
    return pd.concat(tables) if tables else pd.DataFrame(columns=["row"])


def _by_threshold(results: Results) -> pd.DataFrame:
    """Dice of each case at the selected threshold and at 0.5, mean over the rows of Table 2."""
    repeats = {e.job.id: e.repeat for e in results.of("table")}
    keys = ["case", "repeat", "group"]
    tables = [
        compare.scores(results.cases, repeats, "dice", value, "test")
        .groupby(keys, as_index=False)["score"]
        .mean()
        .assign(row=name)
        for name, value in {"selected": results.threshold, "0.5": 0.5}.items()
    ]
    return pd.concat(tables)


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
