"""Paper 3's copies experiment: can an accuracy of 98 % be had from images that stand twice?

Most printed accuracies fit 129 and 1035 items, a tenth and eight tenths of 1294, twice the 647
lesion images. The same network is trained on items made and split in five ways, for the same
number of optimiser steps.
"""

import pandas as pd

from busutils import jobs, metrics
from busutils.studies.common import Results
from busutils.studies.multitask_unet.results import accuracy, tested
from busutils.studies.multitask_unet.settings import ARMS

AGAIN = r", (?:image|mask) again$"


def table(results: Results) -> pd.DataFrame:
    """Accuracy of test items in each arm, all repeats together.

    Columns: arm, items, accuracy, low, high, balanced accuracy, Dice, test items, trained items
    (of the first repeat), steps (optimiser steps of one training).
    """
    rows = []
    for arm, about in ARMS.items():
        entries = results.of("copies", arm)
        if not entries:
            continue
        images = tested(results, entries)
        one = accuracy(images)
        balanced = metrics.pooled(images)["balanced_accuracy"]
        dice = pd.concat([results.scores(e) for e in entries])["score"].mean()
        trained = int(results.manifests.loc[entries[0].job.id, "n_train"])
        steps = -(-trained // entries[0].job.batch) * entries[0].job.epochs
        limits = (one.estimate, one.low, one.high, balanced, dice)
        rows.append((arm, about, *limits, len(images), trained, steps))
    scores = ["accuracy", "low", "high", "balanced accuracy", "Dice"]
    columns = ["arm", "items", *scores, "test items", "trained items", "steps"]
    return pd.DataFrame(rows, columns=columns)


def twins(results: Results) -> pd.DataFrame:
    """Within the arm "twice": test items whose copy is trained on, and those whose is not.

    Columns: copy in training (bool), accuracy, low, high, items.
    """
    parts = [_with_twin(results, e) for e in results.of("copies", "twice")]
    if not parts:
        return pd.DataFrame(columns=["copy in training", "accuracy", "low", "high", "items"])
    rows = []
    for trained, of in pd.concat(parts).groupby("trained", sort=False):
        one = accuracy(of)
        rows.append((bool(trained), one.estimate, one.low, one.high, len(of)))
    return pd.DataFrame(rows, columns=["copy in training", "accuracy", "low", "high", "items"])


def masks_apart(results: Results) -> pd.DataFrame:
    """Within the arm "masks as images": accuracy of pictures and of masks.

    Columns: items (pictures, masks), accuracy, low, high, n.
    """
    images = tested(results, results.of("copies", "masks as images"))
    rows = []
    for again, of in images.groupby(images["case"].str.contains(AGAIN)):
        one = accuracy(of)
        rows.append(("masks" if again else "pictures", one.estimate, one.low, one.high, len(of)))
    return pd.DataFrame(rows, columns=["items", "accuracy", "low", "high", "n"])


def bars(results: Results) -> pd.DataFrame:
    """Arms, and items with and without their copy in training, as rows of one figure.

    Columns: name, value, low, high.
    """
    arms = table(results).assign(name=lambda t: t["items"])
    pair = twins(results)
    told = {True: "of these, copy in training", False: "of these, copy not in training"}
    pair["name"] = pair["copy in training"].map(told)
    order = {arm: place for place, arm in enumerate(ARMS)}
    rows = pd.concat(
        [arms.assign(place=arms["arm"].map(order)), pair.assign(place=order["twice"] + 0.5)]
    ).sort_values("place", kind="stable")
    return rows.rename(columns={"accuracy": "value"})[["name", "value", "low", "high"]]


def finding(results: Results) -> str:
    """The experiment in one sentence, with numbers of this run."""
    found = table(results).set_index("arm")["accuracy"]
    if "twice" not in found:
        return "Not in this profile"
    pair = twins(results).set_index("copy in training")["accuracy"]
    told = {True: "was", False: "was not"}
    apart = ", ".join(
        f"{value:.2f} where the copy of a test item {told[known]} trained on"
        for known, value in pair.sort_index(ascending=False).items()
    )
    twice = f"each image twice and split at random: accuracy {found['twice']:.2f} ({apart})"
    if "grouped" not in found:
        return twice[0].upper() + twice[1:]
    return f"Each image once and near-duplicates together: accuracy {found['grouped']:.2f}; {twice}"


def _with_twin(results: Results, entry) -> pd.DataFrame:
    role = jobs.read_split(entry.job).set_index("case")["role"]
    original = role.index.to_series().str.replace(AGAIN, "", regex=True)
    trained = set(original[role == "train"])
    images = tested(results, [entry])
    own = images["case"].str.replace(AGAIN, "", regex=True)
    return images.assign(trained=own.isin(trained))
