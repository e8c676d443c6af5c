"""Paper 5: cuts, titles and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.studies import common
from busutils.studies.common import Results
from busutils.studies.mu_net import choices, noise
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, Settings

ALIKE = 0.05
"""Share by which two counts of operations may differ and still be told as the same."""


def as_run(settings: Settings, data: Dataset, parts: pd.DataFrame) -> dict[str, Any]:
    """The run's parameters as `compare.cuts` takes them; `parts` is the table of the split."""
    known = range(1, settings.patient_folds + 1) if settings.patients_apart else ()
    trained = parts.loc[parts["part"] == "train", "images"]
    own = ", your own" if settings.kind == "own" else ""
    return vars(settings) | {
        "dataset": data.name + own,
        "train": (int(trained.min()), int(trained.max())),
        "patients_apart": settings.patients_apart,
        "folds_left_out": [fold for fold in known if fold not in settings.used_folds],
    }


def facts(
    settings: Settings, data: Dataset, results: Results, profile: str, cuts: Sequence[str]
) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(made.by_row(results))} of 6 networks, {len(settings.used_folds)} "
    how += "fold" if len(settings.used_folds) == 1 else "folds"
    return common.facts(data, results, how, cuts)


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
