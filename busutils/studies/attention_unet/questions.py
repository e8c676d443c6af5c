"""Paper 2: its claims, answered by our own runs."""

import numpy as np
import pandas as pd
from scipy import stats

from busutils import compare, statistics
from busutils.compare import Claim
from busutils.statistics import Interval
from busutils.studies.attention_unet import results as made
from busutils.studies.attention_unet.settings import NETWORKS, RANDOM
from busutils.studies.common import REPORTED, Results

LESIONS = "Dice on validation images with a lesion"


def claims(results: Results) -> list[Claim]:
    """The paper's claims; one that this run has nothing to say about is undecided."""
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 2)["claims"]}
    return [
        _accuracy(said["accuracy"], results),
        _attention4(said["attention4_better"], results),
        _regular(said["regular_lesions"], results),
        _detection(said["first_detection"], results),
    ]


def _accuracy(sentence: str, results: Results) -> Claim:
    """Pixel accuracy minus that of an empty mask, on the images of the first split.

    The network with the smaller difference is shown; the others, and other splits, are told.
    """
    gained = {}
    for part, name in dict.fromkeys((e.part, e.name) for e in results.entries):
        ours = pd.concat([results.scores(e, "accuracy", "val") for e in results.of(part, name)])
        pixels = ours[["tp", "fp", "fn", "tn"]].sum(axis=1)
        empty = ours.assign(score=1 - (ours["tp"] + ours["fn"]) / pixels)
        gained[part, name] = statistics.paired_difference(ours, empty)
    first = [key for key in gained if key[0] == results.settings.splits[0]]
    shown = min(first, key=lambda key: gained[key].estimate)
    told = {key: f"{NETWORKS[key[1]][0]}, {key[0]}" for key in gained}
    others = [f"{told[k]} {_signed(g.estimate)}" for k, g in gained.items() if k != shown]
    note = f"{told[shown]}, accuracy minus that of an empty mask"
    note += f"; {'; '.join(others)}" * bool(others)
    return compare.claim(sentence, gained[shown], note, relevant=0.01)


def _attention4(sentence: str, results: Results) -> Claim:
    entries = [results.of(RANDOM, name) for name in ("attention4", "attention3")]
    if not all(entries):
        return compare.claim(sentence, None, "both networks have to run on random fifths")
    four, three = (made.lesion_scores(results, e, "dice") for e in entries)
    note = f"{LESIONS}, random fifths"
    difference = statistics.paired_difference(four, three)
    return compare.claim(sentence, difference, note, relevant=0.01)


def _regular(sentence: str, results: Results) -> Claim:
    """Mean Dice of benign minus malignant images; different images, so the variances add."""
    network = results.settings.networks[-1]
    entries = results.of(RANDOM, network)
    if not entries:
        return compare.claim(sentence, None, "a network has to run on random fifths")
    means = made.class_means(results, entries)
    groups = [means[label].n_groups for label in ("benign", "malignant") if label in means]
    if len(groups) < 2 or min(groups) < 2:
        why = "validation has fewer than two benign or malignant images"
        return compare.claim(sentence, None, why)
    difference = _independent(means["benign"], means["malignant"])
    note = f"{NETWORKS[network][0]}, benign minus malignant, {LESIONS}"
    return compare.claim(sentence, difference, note, relevant=0.02)


def _detection(sentence: str, results: Results) -> Claim:
    """Epochs by which Attention3 is earlier, mean over repeats on random fifths."""
    epochs = made.first_detection(results).query("split == @RANDOM")
    wide = epochs.pivot_table(index="repeat", columns="network", values="epoch", dropna=False)
    names = [label for label, _ in NETWORKS.values()]
    if len(wide) < 2 or not set(names) <= set(wide.columns):
        return compare.claim(sentence, None, "both networks have to run on two random fifths")
    if wide[names].isna().any(axis=None):
        return compare.claim(sentence, None, "a network never began to detect")
    apart = wide[names[1]] - wide[names[0]]
    told = "; ".join(f"{n}: epochs {', '.join(f'{e:.0f}' for e in wide[n])}" for n in names)
    return compare.claim(
        sentence, _mean_of_few(apart), f"epochs earlier, random fifths; {told}", relevant=1
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _independent(first: Interval, second: Interval) -> Interval:
    """First minus second of two means over different images."""
    estimate = first.estimate - second.estimate
    reach = float(np.hypot(first.half_width, second.half_width))
    n, groups = first.n_cases + second.n_cases, first.n_groups + second.n_groups
    method = "difference of two means over different images"
    return Interval(estimate, estimate - reach, estimate + reach, 0.95, method, n, groups)


def _mean_of_few(values: pd.Series) -> Interval:
    """Student's interval of a mean over repeats."""
    mean, n = float(values.mean()), len(values)
    reach = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - reach, mean + reach, 0.95, f"t-interval over {n} repeats", n, n)
