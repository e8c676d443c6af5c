"""Paper 5: cuts, titles and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

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

SOURCES = {
    "isic": "Images: ISIC 2018, Codella et al., arXiv 1902.03368, and HAM10000, Tschandl et al., "
    "Scientific Data 5 (2018) 180161; sources disagree on the licence, here taken as CC BY-NC 4.0",
    "LGG": "Images: LGG, Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019; CC "
    "BY-NC-SA 4.0 according to a third party",
    "Figshare brain tumours": "Images: Cheng et al. 2015, data doi 10.6084/m9.figshare.1512427; "
    "CC BY 4.0",
}
"""Citation and licence of a set whose images are shown."""


def cuts(settings: Settings, data: Dataset) -> list[str]:
    """What this run leaves of the paper's protocol, or does otherwise; empty if nothing."""
    told = compare.context(REPORTED, 5)["protocol"]
    printed = told["printed_datasets"].get(settings.kind, "skin or brain")
    masks = {"skin": "which has no masks", "brain": "of which only figshare's part has masks"}
    why = masks.get(settings.kind, "without masks")
    found = [f"data: {data.name} instead of {printed}, {why}"]
    names = {"size": "pixels a side", "epochs": "epochs", "learning_rate": "rate of Adam"}
    found += common.instead(settings, told, names)
    if not settings.patients_apart and settings.train != told["cases"]["skin"]:
        found.append(f"images to train on: {settings.train} instead of {told['cases']['skin']}")
    found += _network_cuts(settings)
    if missing := [printed for row, printed in ROWS.items() if row not in settings.rows]:
        found.append(f"not trained: {', '.join(missing)}")
    if settings.patients_apart and len(settings.used_folds) < settings.patient_folds:
        found.append(f"folds by patient: {len(settings.used_folds)} of {settings.patient_folds}")
    return [*found, *_own_choices(settings)]


def _network_cuts(settings: Settings) -> list[str]:
    found = []
    if settings.alpha != 1.4:
        found.append(f"width of MobileNetV2: {settings.alpha:g} instead of 1.4")
    told = {"MU-Net": settings.encoder_weights, "the others": settings.other_weights}
    for name, weights in told.items():
        if weights != "imagenet":
            start = f"starts from {STARTS[weights]} instead of ImageNet"
            found.append(f"encoder of {name}: {start}")
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
    found = [
        f"not printed, so ours: exponent {settings.exponent:g} of the loss, {settings.batch} "
        "images a step, turns of up to 20 degrees, the split"
    ]
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


def source(settings: Settings, data: Dataset) -> str:
    """Citation and licence of the images that a figure shows; empty for generated ones."""
    return SOURCES.get(data.name if settings.dataset == "brain" else settings.dataset, "")


def data_notes(settings: Settings) -> list[str]:
    """What a person should know of the set: sequences that are missing, slices without tumour."""
    listing = common.listing(settings)
    labels = pd.Series([c.label for c in listing.cases]).value_counts()
    empty = labels.get(NORMAL, 0)
    found = [f"{empty} of {labels.sum()} slices without a tumour"] * bool(empty)
    groups = len({c.group for c in listing.cases if c.group})
    if settings.patients_apart:
        found.append(f"{groups} patients")
    return [*found, *listing.notes] or ["every image has a mask with a lesion"]


def no_counterpart() -> dict[str, str]:
    """Figures of the paper that have nothing of ours beside them, and why."""
    return {
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
    """What rounding does to Dice, in one sentence."""
    gained = table["rounded at 0.5"] - table["not rounded"]
    low, high = (f"{value:+.3f}".replace("-", "−") for value in (gained.min(), gained.max()))
    return f"Rounding changes the mean Dice by {low}" + f" to {high}" * (low != high)


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
    less = operations[operations < own]
    return (
        f"MU-Net has the fewest parameters of the six, but computes {own:.0f} thousand million "
        f"operations an image; {len(less)} of the other five compute less"
        + f" ({', '.join(f'{n} {v:.0f}' for n, v in less.items())})"
        * bool(len(less))
    )


def cost_finding(measured: pd.DataFrame) -> str:
    """Title of the cost figure: which network is quickest, and which segments best."""
    quick = measured.loc[measured["seconds"].idxmin()]
    best = measured.loc[measured["Dice"].idxmax()]
    return (
        f"Quickest: {quick['network']} ({1000 * quick['seconds']:.0f} ms an image); "
        f"highest Dice: {best['network']} ({best['Dice']:.2f})"
    )


def plain(results: Results, claims: Sequence[Claim]) -> Mapping[str, Any]:
    """Claims and means as plain values for ``numbers.json``."""
    means = {n: made.mean(results, e).estimate for n, e in made.by_row(results).items()}
    best = max(results.of("table"), key=lambda e: results.mean(e, split="val").estimate)
    told = choices.ablations(results)
    return {
        "claims": common.told(claims),
        "test_dice": means,
        "ablations": dict(zip(told["what"], told["test Dice"], strict=True)),
        "best": {"job": best.job.id, "threshold": results.threshold[best.job.id]},
        "minutes": results.minutes,
    }
