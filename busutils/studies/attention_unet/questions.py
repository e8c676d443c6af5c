"""Paper 2: what its claims are judged by, and two claims that are of no kind."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from busutils import compare
from busutils.compare import Claim
from busutils.statistics import Interval
from busutils.studies import evidence
from busutils.studies.attention_unet import results as made
from busutils.studies.attention_unet.settings import NETWORKS, RANDOM
from busutils.studies.common import REPORTED, Results


def claims(results: Results) -> list[Claim]:
    """The paper's claims with their verdicts."""
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 2)["claims"]}
    own = {
        "regular_lesions": _regular(said["regular_lesions"], results),
        "first_detection": _detection(said["first_detection"], results),
    }
    phantoms = results.settings.dataset.startswith("phantom")
    return compare.judge(REPORTED, 2, scores(results), own, phantoms=phantoms)


def scores(results: Results) -> Mapping[str, pd.DataFrame]:
    """Accuracy of pixels by split, beside that of an empty mask on the same images."""
    return {f"accuracy, {part}": _accuracy(results, part) for part in results.settings.splits}


def _accuracy(results: Results, part: str) -> pd.DataFrame:
    rows = evidence.of_rows(results, results.of(part), "accuracy", "val")
    rows["row"] = rows["row"].map({name: label for name, (label, _) in NETWORKS.items()})
    lesion = rows["tp"] + rows["fn"]
    empty = rows.assign(score=1 - lesion / (lesion + rows["fp"] + rows["tn"]))
    empty = empty.drop_duplicates(["case", "repeat"]).assign(row="empty mask", trivial=True)
    return pd.concat([rows, empty])


def _regular(sentence: str, results: Results) -> Claim:
    """Mean Dice of benign minus malignant images; different images, so the variances add."""
    network = results.settings.networks[-1]
    entries = results.of(RANDOM, network)
    means = made.class_means(results, entries) if entries else {}
    if not {"benign", "malignant"} <= set(means):
        return compare.decided(sentence, None, 0, "benign and malignant images were not validated")
    first, second = means["benign"], means["malignant"]
    if min(first.n_groups, second.n_groups) < 2:
        return compare.decided(sentence, None, 0, "a class has fewer than two images to validate")
    note = f"{NETWORKS[network][0]}, Dice of benign minus malignant images, whatever their shape"
    return compare.decided(sentence, _independent(first, second), len(entries), note)


def _detection(sentence: str, results: Results) -> Claim:
    """Epochs by which Attention3 is earlier, mean over repeats on random fifths."""
    epochs = made.first_detection(results).query("split == @RANDOM")
    wide = epochs.pivot_table(index="repeat", columns="network", values="epoch", dropna=False)
    names = [label for label, _ in NETWORKS.values()]
    if len(wide) < 2 or not set(names) <= set(wide.columns):
        return compare.decided(sentence, None, 0, "both networks have to run on two random fifths")
    if wide[names].isna().any(axis=None):
        return compare.decided(sentence, None, 0, "a network never began to detect")
    told = "; ".join(f"{n}: epochs {', '.join(f'{e:.0f}' for e in wide[n])}" for n in names)
    apart = _mean_of_few(wide[names[1]] - wide[names[0]])
    note = f"epochs earlier, random fifths; {told}"
    return compare.decided(sentence, apart, len(wide), note, margins=(1, 2, 3))


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
