"""Paper 3: its heads, the arms of the copies experiment, and the parameters of its notebook."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from busutils import models
from busutils.errors import UserError, choose

FOLDS = 10
LABELS = ("benign", "malignant")
RIVALS = {"plain_unet": "UNet [21]", "attention_unet": "Attention UNet [27]"}
"""Our models that stand for rows of Table X."""
ARMS = {
    "grouped": "each image once, near-duplicates on one side",
    "by image": "each image once, at random",
    "twice": "each image twice, at random",
    "twice together": "each image twice, both copies on one side",
    "masks as images": "each mask is an image too, at random",
}
"""The copies experiment: what the items are, and how they are split."""


@dataclass(frozen=True)
class Settings:
    """The parameters cell of the notebook, by the same names."""

    dataset: str
    data_root: str
    image_pattern: str
    mask_pattern: str
    size: int
    head: str
    filters: int
    depth: int
    dropout: float
    batchnorm_momentum: float | None
    segmentation_loss: str
    class_weight: float
    folds: list[int]
    grouped: bool
    split_seed: int
    learning_rate: float
    epochs: int
    stop_after: int
    batch: int
    augmentation: str
    precision: str
    heads: list[str]
    rivals: list[str]
    contrast_folds: int
    copies: list[str]
    copies_repeats: int
    copies_epochs: int

    @classmethod
    def of(cls, values: Mapping) -> "Settings":
        """Pick the settings out of `values` (a notebook's variables) and check them.

        Raises
        ------
        UserError
            If a value is none of its choices, or the size cannot be taken.
        """
        settings = cls(**{f.name: values[f.name] for f in fields(cls)})
        for head in (settings.head, *settings.heads):
            models.check("multitask_unet", settings.size, **settings.options(head))
        for rival in settings.rivals:
            choose(rival, RIVALS, "rival")
            models.check(rival, settings.size)
        for arm in settings.copies:
            choose(arm, ARMS, "arm")
        choose(settings.segmentation_loss, ("bce", "iou"), "segmentation_loss")
        choose(settings.precision, ("float32", "mixed_bfloat16", "mixed_float16"), "precision")
        for fold in settings.folds:
            if not 1 <= fold <= FOLDS:
                raise UserError(f"fold {fold} is none of 1 to {FOLDS}: name one of these")
        for name in ("epochs", "batch", "stop_after", "copies_epochs"):
            if getattr(settings, name) < 1:
                raise UserError(f"{name} is {getattr(settings, name)}: give 1 or more")
        return settings

    def options(self, head: str) -> dict:
        """Options of the network with one of its heads."""
        return {"filters": self.filters, "depth": self.depth, "dropout": self.dropout, "head": head}
