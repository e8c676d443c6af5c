"""Paper 5: cuts, titles and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.mu_net import choices, noise
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, STARTS, Settings

ALIKE = 0.05
"""Share by which two counts of operations may differ and still be told as the same."""


def cuts(settings: Settings, data: Dataset) -> list[str]:
    """What this run leaves of the paper's protocol, or does otherwise; empty if nothing."""
    told = compare.context(REPORTED, 5)["protocol"]
    printed = told["printed_datasets"].get(settings.kind, "skin or brain")
    masks = {"skin": "which has no masks", "brain": "of which only figshare's part has masks"}
    why = masks.get(settings.kind, "without masks")
    found = [f"data: {data.name} instead of {printed}, {why}"]
    if settings.kind == "own":
        found = [f"data: {data.name}, your own, instead of photographs of skin or brain MRI"]
    names = {"size": "pixels a side", "epochs": "epochs", "learning_rate": "rate of Adam"}
    found += [*common.instead(settings, told, names), *_training_cuts(settings, told)]
    if settings.dataset == "pairs":
        found.append("images: read as grey levels")
    if not settings.patients_apart and settings.train != told["cases"]["skin"]:
        found.append(f"images to train on: {settings.train} instead of {told['cases']['skin']}")
    found += _network_cuts(settings)
    if missing := [printed for row, printed in ROWS.items() if row not in settings.rows]:
        found.append(f"not trained: {', '.join(missing)}")
    if settings.patients_apart and len(settings.used_folds) < settings.patient_folds:
        found.append(f"folds by patient: {len(settings.used_folds)} of {settings.patient_folds}")
    return [*found, *_own_choices(settings)]


def _training_cuts(settings: Settings, told: Mapping) -> list[str]:
    """What the loss and the augmentation are instead of what is printed."""
    found, printed = [], told["loss_options"]
    if settings.loss != told["loss"]:
        found.append(f"loss: {settings.loss} instead of {told['loss']}")
    elif (settings.false_negatives, settings.false_positives) != tuple(printed.values()):
        found.append(
            f"weights of missed and of false pixels: {settings.false_negatives:g} and "
            f"{settings.false_positives:g} instead of {printed['alpha']:g} and {printed['beta']:g}"
        )
    if not np.isclose(settings.label_smoothing, np.exp(-5), rtol=0.01):
        found.append(f"label smoothing: {settings.label_smoothing:g} instead of e^-5")
    if settings.augmentation != "flips_rotation":
        found.append(f"augmentation: {settings.augmentation} instead of turning and mirroring")
    return found


def _network_cuts(settings: Settings) -> list[str]:
    found = []
    if settings.alpha != 1.4:
        found.append(f"width of MobileNetV2: {settings.alpha:g} instead of 1.4")
    if settings.encoder_weights != "imagenet":
        start = f"starts from {STARTS[settings.encoder_weights]} instead of ImageNet"
        found.append(f"encoder of MU-Net: {start}")
    elif settings.imagenet_file:
        found.append("encoder of MU-Net: ImageNet weights of a file, batch norm estimated again")
    if settings.other_weights != "imagenet":
        start = f"start from {STARTS[settings.other_weights]}"
        found.append(f"encoders of the others: {start} (not printed; ImageNet is likely)")
    if settings.preprocessing == "backbone" and settings.encoder_weights == "imagenet":
        found.append("input: as ImageNet weights of an encoder want it, else 0 to 1")
    if settings.filters != 64:
        found.append(
            f"SegNet and U-Net-224: {settings.filters} filters in the first block instead of 64"
        )
    if settings.unet_size != 224:
        found.append(f"U-Net-224: reads {settings.unet_size} pixels a side")
    own = {"loss": settings.fcn_loss, "rate of Adam": settings.fcn_rate}
    if any(own.values()) and "fcn" in settings.rows:
        told = ", ".join(f"{what} {value}" for what, value in own.items() if value)
        found.append(f"FCN, which has no batch norm: {told}")
    if settings.dense_filters != 4096:
        found.append(f"FCN: {settings.dense_filters} filters in its widest layers, not 4096")
    return found


def _own_choices(settings: Settings) -> list[str]:
    """What the paper does not print, and is ours."""
    ours = [f"{settings.batch} images a step", "the split"]
    if settings.augmentation == "flips_rotation":
        ours.insert(0, "turns of up to 20 degrees")
    if settings.loss in ("focal_tversky", "tversky"):
        ours.insert(0, "1 pixel above and below in the index, whose counts are added over a batch")
    if settings.loss == "focal_tversky":
        ours.insert(0, f"exponent {settings.exponent:g} of the loss")
    found = [f"not printed, so ours: {', '.join(ours)}"]
    if settings.batchnorm_momentum is not None:
        found.append(f"batch-norm momentum {settings.batchnorm_momentum:g}, for short runs")
    if settings.patients_apart:
        found.append("no patient is both trained and tested on (the paper does not say)")
    elif settings.grouped:
        found.append("near-duplicates stay on one side of the split (not in the paper)")
    return found


def facts(settings: Settings, data: Dataset, results: Results, profile: str) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(made.by_row(results))} of 6 networks, {len(settings.used_folds)} "
    how += "fold" if len(settings.used_folds) == 1 else "folds"
    return common.facts(data, results, how, cuts(settings, data))


def data_notes(settings: Settings) -> list[str]:
    """What a person should know of the set: sequences that are missing, slices without tumour."""
    listing = common.listing(settings)
    labels = pd.Series([c.label for c in listing.cases]).value_counts()
    empty = labels.get(NORMAL, 0)
    kind = "images without a lesion" if settings.kind == "own" else "slices without a tumour"
    found = [f"{empty} of {labels.sum()} {kind}"] * bool(empty)
    groups = len({c.group for c in listing.cases if c.group})
    if settings.patients_apart:
        found.append(f"{groups} patients")
    return [*found, *listing.notes] or ["every image has a mask with a lesion"]


def no_counterpart(settings: Settings) -> dict[str, str]:
    """Tables and figures of the paper that have nothing of ours beside them, and why."""
    other = {
        "skin": ("Table 2, Figures 9 and 12", "brain MRI, which has a run of its own"),
        "brain": ("Table 1, Figures 8 and 11", "skin lesions, which have a run of their own"),
    }
    return dict(filter(None, [other.get(settings.kind)])) | {
        "Figures 1 and 2": "drawings of a depth-wise convolution and of MobileNetV2",
        "Figures 3 and 4": "drawings of MU-Net; its stages stand in the table of models",
    }


def table_finding(results: Results, trivial: Mapping[str, float]) -> str:
    """The table in one sentence, per cent: MU-Net, the best network and the best trivial answer."""
    rows = made.by_row(results)
    means = {ROWS[n]: 100 * made.mean(results, e).estimate for n, e in rows.items()}
    best, answer = max(means, key=means.get), max(trivial, key=trivial.get)
    leader = "" if best == ROWS["mu_net"] else f"{best} {means[best]:.0f}, "
    return f"Test Dice: MU-Net {means[ROWS['mu_net']]:.0f}, {leader}{answer} {trivial[answer]:.0f}"


def rounding_finding(table: pd.DataFrame) -> str:
    """Which network rounding changes most in Dice, and which least, in one sentence."""
    gained = (table["rounded at 0.5"] - table["not rounded"]).set_axis(table["network"])
    most, least = gained.abs().idxmax(), gained.abs().idxmin()
    changes = {n: f"{gained[n]:+.3f}".replace("-", "−") for n in (least, most)}
    told = [f"{change} ({n})" for n, change in changes.items()]
    return f"Rounding changes the mean Dice by {' to '.join(told)}"


def ablations_finding(table: pd.DataFrame) -> str:
    """Which choices are clearly better or worse on the test images, in one sentence."""
    groups = {
        "better": table[table["from"] > 0],
        "worse": table[table["to"] < 0],
        "no clear difference": table[(table["from"] <= 0) & (table["to"] >= 0)],
    }
    told = [
        f"{word}: " + ", ".join(f"{r.what} ({r.difference:+.3f})" for r in rows.itertuples())
        for word, rows in groups.items()
        if len(rows)
    ]
    text = "; ".join(told).replace("(-", "(−")
    return text[:1].upper() + text[1:]


def noise_finding(scored: pd.DataFrame) -> str:
    """Which kind of noise costs MU-Net most at its middle level, in a few words."""
    own = scored[scored["network"] == ROWS["mu_net"]]
    lost = {kind: -noise.loss(own, kind).estimate for kind in own["kind"].unique()}
    worst, least = max(lost, key=lost.get), min(lost, key=lost.get)
    return (
        f"MU-Net loses {lost[worst]:.2f} Dice with {worst} of {noise.middle(worst):g}, "
        f"{lost[least]:.2f} with {least} of {noise.middle(least):g}"
    ).replace("-0.", "−0.")


def drawn_finding(table: pd.DataFrame) -> str:
    """How MU-Net's operations compare with the others', as the papers draw them."""
    operations = table.set_index("network")["operations, 10^9"]
    own = operations.pop(ROWS["mu_net"])
    alike = operations[(operations / own - 1).abs() < ALIKE]
    less = operations.drop(alike.index)[lambda rest: rest < own]
    told = [
        f"{word}: {', '.join(f'{n} ({v:.0f})' for n, v in of.items())}"
        for word, of in {"less": less, "about as much": alike}.items()
        if len(of)
    ]
    head = f"MU-Net computes {own:.0f} thousand million operations an image"
    return "; ".join([head, *told])


def cost_finding(measured: pd.DataFrame) -> str:
    """Title of the cost figure: which of this run's networks is quickest, and which is best."""
    quick = measured.loc[measured["seconds"].idxmin()]
    best = measured.loc[measured["Dice"].idxmax()]
    return (
        f"Quickest here: {quick['network']} ({1000 * quick['seconds']:.0f} ms an image); "
        f"highest Dice: {best['network']} ({best['Dice']:.2f})"
    )


def cost_note(settings: Settings) -> str:
    """Say which networks of this run are narrower than their papers', for whom cost is no news."""
    narrow = {
        "MU-Net's encoder": settings.alpha / 1.4,
        "SegNet and U-Net-224": settings.filters / 64,
        "FCN's widest layers": settings.dense_filters / 4096,
    }
    told = [f"{name} to {100 * share:.0f} %" for name, share in narrow.items() if share < 1]
    if not told:
        return "The networks are as their papers have them."
    return (
        f"These are the costs of this run's networks, whose width is cut: {', '.join(told)}. The "
        "papers' own networks stand in the table of models."
    )


def plain(results: Results, claims: Sequence[Claim]) -> Mapping[str, Any]:
    """Claims and means as plain values for ``numbers.json``."""
    means = {n: made.mean(results, e).estimate for n, e in made.by_row(results).items()}
    best = max(results.of("table"), key=lambda e: results.scores(e, split="val")["score"].mean())
    told = choices.ablations(results)
    return {
        "claims": common.told(claims),
        "test_dice": means,
        "ablations": dict(zip(told["what"], told["test Dice"], strict=True)),
        "best": {"job": best.job.id, "threshold": results.threshold[best.job.id]},
        "minutes": results.minutes,
    }
