"""Paper 2: titles, cuts and findings in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.attention_unet import results as made
from busutils.studies.attention_unet.settings import LAST, Settings
from busutils.studies.common import REPORTED, Results


def facts(
    settings: Settings, data: Dataset, results: Results, profile: str, cuts: Sequence[str]
) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(results.entries)} trainings"
    return common.facts(data, results, how, cuts)


def table_finding(results: Results) -> str:
    """What the first split's trained networks add to an empty mask, in one sentence."""
    part = results.settings.splits[0]
    empty = made.nothing(results, part).set_index("part").loc["Validation", "Accuracy"]
    own = made.readings(results).query("split == @part and images == 'validation'")
    told = ", ".join(f"{n} {a:.3f}" for n, a in zip(own["network"], own["accuracy"], strict=True))
    return f"{part}: an empty mask has a validation accuracy of {empty:.3f}; trained, {told}"


def puzzle_answer(results: Results) -> str:
    """Do the printed IoUs need a lesion to be found? With our networks' numbers."""
    own = made.readings(results).query("images == 'validation'")
    part = LAST if LAST in results.settings.splits else results.settings.splits[0]
    of = own[own["split"] == part]
    raw = of["Keras on raw"]
    told = (
        f"On the {part} our networks score {_span(raw, 4)} by Keras's MeanIoU of raw "
        f"probabilities, printed are {_span(of['printed'], 4)}; their IoU of the lesion is "
        f"{_span(of['lesion, pooled'])} over all pixels, {_span(of['lesion, per image'])} as a "
        "mean over images with one"
    )
    if not np.allclose(raw, of["printed"], atol=0.005):
        return told
    return (
        f"{told}. By this metric nearly any network, good or bad, scores what an empty mask does, "
        "so the printed number says nothing about lesions"
    )


def other_evidence(results: Results) -> str:
    """What else the paper prints of finding lesions, beside an empty mask on the first split."""
    cells = compare.reported(REPORTED, 2, "1").cells
    printed = {name: of["value"].astype(float) for name, of in cells.groupby("column")}
    empty = made.nothing(results, results.settings.splits[0]).set_index("part")
    return (
        "Two other columns do speak of lesions: the printed training accuracy is "
        f"{_span(printed['Training Accuracy'])} where an empty mask has "
        f"{empty.loc['Training', 'Accuracy']:.3f}, and the printed validation loss is "
        f"{_span(printed['Validation Loss'])} where the best constant has "
        f"{empty.loc['Validation', 'Loss']:.3f}"
    )


def detection_finding(results: Results) -> str:
    """Title of the detection figure, of the last split, which it draws."""
    table = made.first_detection(results)
    first = table[table["split"] == results.settings.splits[-1]].groupby("network")["epoch"]
    told = [f"{name}: {_epochs(of)}" for name, of in first]
    return f"First epoch with Dice over {results.settings.detected:g}: {'; '.join(told)}"


def sanity_finding(sanity: pd.DataFrame) -> str:
    """Title of the randomisation check."""
    last = sanity["correlation"].iloc[-1]
    return f"With all weights randomised the map correlates {last:.2f} with the trained one's"


def plain(results: Results, lesions: pd.DataFrame, claims: Sequence[Claim]) -> Mapping[str, Any]:
    """Claims and means as plain values for ``numbers.json``; `lesions` is the lesion table."""
    best = max(results.entries, key=lambda e: results.mean(e, split="val").estimate)
    epochs = made.first_detection(results)
    return {
        "claims": common.told(claims),
        "lesion_iou": lesions.set_index("answer")["IoU"].to_dict(),
        "first_detection": dict(
            zip(epochs["network"] + ", " + epochs["repeat"], epochs["epoch"], strict=True)
        ),
        "best": {"job": best.job.id, "threshold": 0.5},
        "minutes": results.minutes,
    }


def _span(values: pd.Series, digits: int = 3) -> str:
    low, high = f"{values.min():.{digits}f}", f"{values.max():.{digits}f}"
    return low if low == high else f"{low} to {high}"


def _epochs(values: pd.Series) -> str:
    return ", ".join("never" if np.isnan(v) else f"{v:.0f}" for v in values)
