"""Paper 1: ten backbones in a U-Net. The jobs that a notebook's parameters ask for.

Bal-Ghaoui, El Yousfi Alaoui, Jilbab, Bourouhou: U-Net transfer learning backbones for lesions
segmentation in breast ultrasound images. IJECE 13(5), 2023, 5747-5754.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.studies import common, starting
from busutils.studies.unet_backbones.settings import BACKBONES, CONTRASTS, Settings


@dataclass(frozen=True)
class Entry:
    """A job and what it stands for: `part` is table, recipe, contrast or transfer."""

    part: str
    name: str
    weights: str
    freeze: str
    split_seed: int
    fold: int
    rate: float
    job: Job

    @property
    def repeat(self) -> str:
        """Name of the split: entries that share it are compared case by case."""
        return f"split {self.split_seed}, fold {self.fold}"


def entries(settings: Settings, data: Dataset) -> list[Entry]:
    """List every job with what it stands for: first fold of every row first."""
    found = [*table_entries(settings, data)]
    if settings.recipe:
        found.append(recipe_entry(settings, data))
    found += contrast_entries(settings, data)
    if settings.transfer_splits:
        found += transfer_entries(settings, common.opened(settings, settings.transfer_size))
    return found


def table_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    """Rows of Table 2; MobileNetV2 with phantom and with ImageNet weights if a file is named."""
    for fold in settings.folds:
        for row in settings.rows:
            for weights in _weights(settings, row):
                yield _entry(settings, data, "table", row, weights, fold=fold)


def recipe_entry(settings: Settings, data: Dataset) -> Entry:
    """The contrast to the paper's recipe: everything trains, augmentation, Dice + BCE."""
    row = _reference_row(settings)
    whole = replace(settings, freeze="none", learning_rate=1e-3, batchnorm_momentum=0.9)
    entry = _entry(whole, data, "recipe", row, _weights(settings, row)[-1])
    job = replace(entry.job, loss="combo", loss_options={}, augmentation="flips_brightness")
    return replace(entry, job=job)


def contrast_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    """One training for each ambiguity, on MobileNetV2 if it is among the rows."""
    row = _reference_row(settings)
    for name in settings.tried:
        changed = replace(settings, **CONTRASTS[name])
        entry = _entry(changed, data, "contrast", row, _weights(settings, row)[-1])
        yield replace(entry, name=name)


def transfer_entries(settings: Settings, data: Dataset) -> Iterator[Entry]:
    """MobileNetV2 from ImageNet, phantom and random weights, frozen, batch norm only, trained.

    Each arm tries every rate on every split; which one counts is chosen on validation.
    """
    for seed in range(settings.split_seed, settings.split_seed + settings.transfer_splits):
        for weights in ("imagenet", "phantom", "none"):
            for freeze in ("all", "all_but_batchnorm", "none"):
                for rate in settings.transfer_rates:
                    arm = replace(
                        settings,
                        freeze=freeze,
                        learning_rate=rate,
                        split_seed=seed,
                        init_seed=seed,
                        epochs=settings.transfer_epochs,
                        preprocessing="backbone" if weights == "imagenet" else "paper",
                    )
                    yield _entry(arm, data, "transfer", "mobilenetv2", weights)


def _weights(settings: Settings, row: str) -> tuple[str, ...]:
    if row == "base":
        return ("none",)
    if row == "mobilenetv2" and settings.imagenet_file:
        return (settings.encoder_weights, "imagenet")
    return (settings.encoder_weights,)


def _reference_row(settings: Settings) -> str:
    return "mobilenetv2" if "mobilenetv2" in settings.rows else settings.rows[-1]


def _entry(
    settings: Settings, data: Dataset, part: str, row: str, weights: str, fold: int = 1
) -> Entry:
    backbone = BACKBONES[row]
    freeze = "none" if row == "base" else settings.freeze
    if weights == "none" and freeze == "all":
        freeze = "random_frozen"
    file = weights == "imagenet" and bool(settings.imagenet_file)
    job = common.job(
        settings,
        data,
        split(settings, data, fold),
        settings.init_seed,
        model="unet",
        options={"backbone": backbone},
        encoder_weights=starting.start(settings, backbone, weights),
        freeze=freeze,
        preprocessing="paper" if weights == "phantom" else settings.preprocessing,
        batchnorm_momentum=settings.batchnorm_momentum,
        reestimate_batchnorm=file and freeze in ("none", "all_but_batchnorm"),
        loss_options={
            "false_negatives": settings.false_negatives,
            "false_positives": settings.false_positives,
            "exponent": settings.exponent,
            "reduction": settings.reduction,
        },
    )
    return Entry(part, row, weights, freeze, settings.split_seed, fold, settings.learning_rate, job)


def split(settings: Settings, data: Dataset, fold: int) -> dict:
    """Draw the split, keep its table of roles in the store, and return what a job says of it."""
    protocol = protocol_of(settings, data)
    about = {
        "kind": "held-out test and folds",
        "folds": protocol.folds,
        "fold": fold,
        "seed": protocol.seed,
        "grouped": protocol.grouped,
        "test": protocol.test,
        "several_masks": protocol.several_masks,
    }
    return common.keep_split(splits.split(data.cases, protocol, fold), about)


def protocol_of(settings: Settings, data: Dataset) -> splits.Protocol:
    """The paper's section 2.3: a tenth of the lesion images held out, five folds of the rest."""
    lesions = data.cases[data.cases["label"] != "normal"]
    if not settings.keeps_several_masks:
        lesions = lesions[lesions["n_masks"] < 2]
    if lesions.empty:
        raise UserError(f"every lesion of {data.name} has several masks: take several_masks true")
    counts = lesions["label"].value_counts(sort=False)
    test = {label: round(n / 10) for label, n in counts.items()}
    test[counts.idxmax()] += max(2 - sum(test.values()), 0)  # an interval needs two
    protocol = splits.Protocol(
        test=test,
        seed=settings.split_seed,
        grouped=settings.grouped,
        several_masks=settings.keeps_several_masks,
    )
    return protocol.paper_test() if settings.test_mix == "paper" else protocol
