"""Paper 1: facts and cuts in words, computed from settings and results."""

from busutils import compare
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.unet_backbones.settings import Settings


def cuts(settings: Settings) -> list[str]:
    """What this run leaves of the paper's protocol, or does otherwise; empty if nothing."""
    told = compare.context(REPORTED, 1)["protocol"]
    found = []
    if settings.dataset != told["dataset"]:
        found.append(f"data: {settings.dataset} instead of BUSI")
    if settings.encoder_weights != told["encoder_weights"]:
        found.append(
            f"encoders start from {settings.encoder_weights} weights instead of ImageNet's"
            + (", MobileNetV2 from both" if settings.imagenet_file else "")
        )
    if settings.imagenet_file:
        found.append("MobileNetV2's ImageNet weights are of another training than Keras's file")
    names = {"size": "pixels a side", "epochs": "epochs", "batch": "images a step"}
    names |= {"learning_rate": "learning rate"}
    found += common.instead(settings, told, names)
    if len(settings.folds) < told["folds"]:
        found.append(f"folds: {len(settings.folds)} of {told['folds']}")
    if settings.batchnorm_momentum is not None:
        found.append(f"batch-norm momentum {settings.batchnorm_momentum:g}, for short runs")
    if left := [name for name in settings.contrasts if name not in settings.tried]:
        found.append(f"contrasts left out, which are about BUSI's images: {', '.join(left)}")
    if settings.grouped:
        found.append("near-duplicates stay on one side of the split (not in the paper)")
    return found


def facts(settings: Settings, data: Dataset, results: Results, profile: str) -> dict[str, str]:
    """What the card at the head of the page says of the run."""
    how = f"{profile}, {settings.size} px, {settings.epochs} epochs, "
    how += f"{len(settings.folds)} of 5 folds"
    return common.facts(data, results, how, cuts(settings))
