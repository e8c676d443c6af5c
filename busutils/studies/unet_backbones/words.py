"""Paper 1: titles, facts and cuts in words, computed from settings and results."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from busutils import compare
from busutils.compare import Claim
from busutils.data import busi
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.unet_backbones.results import best_row, title
from busutils.studies.unet_backbones.settings import Settings


def facts(
    settings: Settings, data: Dataset, results: Results, profile: str, cuts: Sequence[str]
) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of 5 folds"
    return common.facts(data, results, how, cuts)


def printed_numbers() -> dict[str, int]:
    """Numbers of the paper's partition and of BUSI that the text of the page speaks of."""
    told = compare.context(REPORTED, 1)["protocol"]
    lesions = busi.COUNTS["benign"] + busi.COUNTS["malignant"]
    return {
        "paper_cases": told["cases"],
        "paper_benign": told["split"]["test_benign"],
        "paper_malignant": told["split"]["test_malignant"],
        "paper_test": told["split"]["test_benign"] + told["split"]["test_malignant"],
        "paper_normal": told["split"]["normal"],
        "busi_lesions": lesions,
        "several_masks": lesions - told["cases"],
    }


def finding(table: pd.DataFrame) -> str:
    """Title of the printed-against-re-run figure."""
    dice = table[(table["column"] == "Dice") & table["ours"].notna()]
    below = int((dice["difference"] > 0).sum())
    return f"{below} of {len(dice)} rows stay below the printed Dice"


def threshold_finding(results: Results) -> str:
    """Title of the threshold curves: how many chosen thresholds are ends of the grid."""
    chosen = [results.threshold[e.job.id] for e in results.of("table")]
    ends = sum(value in (0.4, 0.9) for value in chosen)
    return f"{ends} of {len(chosen)} chosen thresholds are an end of the grid"


def curve_finding(results: Results) -> str:
    """Title of the training curves: how many rows had stopped rising."""
    flat = compare.converged(results.history)
    own = [bool(flat[e.job.id]) for e in results.of("table")]
    return f"Validation Dice had stopped rising in {sum(own)} of {len(own)} trainings"


def cases_title(results: Results) -> str:
    """Title of the figure of test images."""
    row = best_row(results)
    mean = results.mean(row).estimate
    return f"{title(results, row)}: mean Dice {mean:.2f} hides everything from 0 to 1"


def plain(results: Results, claims: Sequence[Claim]) -> Mapping[str, Any]:
    """Claims and means as plain values for ``numbers.json``."""
    means = {
        title(results, e): {
            "validation_dice": results.mean(e, split="val").estimate,
            "test_dice": results.mean(e).estimate,
            "threshold": results.threshold[e.job.id],
            "job": e.job.id,
        }
        for e in results.of("table")
    }
    best = means[title(results, best_row(results))]
    return {"claims": common.told(claims), "rows": means, "best": best, "minutes": results.minutes}
