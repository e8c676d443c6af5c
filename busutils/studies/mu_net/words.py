"""Paper 5: cuts, titles and findings in words, computed from settings and results."""

from collections.abc import Mapping

import numpy as np

from busutils import compare
from busutils.data.dataset import Dataset
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.mu_net import results as made
from busutils.studies.mu_net.settings import ROWS, STARTS, Settings


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
