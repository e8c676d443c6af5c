"""Paper 3: what a run cuts from its protocol, and the facts of the card, in words."""

from busutils import compare
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.multitask_unet.settings import Settings


def cuts(settings: Settings) -> list[str]:
    """What this run leaves of the paper's protocol, or does otherwise; empty if nothing."""
    told = compare.context(REPORTED, 3)["protocol"]
    found = []
    if settings.dataset != told["dataset"]:
        found.append(f"data: {settings.dataset} instead of BUSI")
    names = {"size": "pixels a side", "epochs": "epochs", "stop_after": "epochs of patience"}
    found += common.instead(settings, told, names)
    if settings.head != told["head"]:
        found.append(f"head: {settings.head} instead of {told['head']}")
    if len(settings.folds) < told["folds"]:
        found.append(f"folds: {len(settings.folds)} of {told['folds']}")
    alike = settings.class_weight == 1
    weights = "equal weights" if alike else f"weights 1 (mask) and {settings.class_weight:g}"
    found.append(
        f"not printed, so ours: depth {settings.depth}, {settings.filters} filters in the first "
        f"block, dropout {settings.dropout:g}, Adam {settings.learning_rate:g}, "
        f"{settings.batch} images a step, {weights} of both losses"
    )
    if settings.batchnorm_momentum is not None:
        found.append(f"batch-norm momentum {settings.batchnorm_momentum:g}, for short runs")
    if settings.grouped:
        found.append("near-duplicates stay on one side of the split (not in the paper)")
    return found


def facts(settings: Settings, data: Dataset, results: Results, profile: str) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, at most {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of 10 folds"
    return common.facts(data, results, how, cuts(settings))
