"""Paper 3: its heads, the arms of the copies experiment, and the parameters of its notebook."""

from dataclasses import dataclass

from busutils import models
from busutils.studies import common

FOLDS = 10
LABELS = ("benign", "malignant")
RIVALS = {"plain_unet": "UNet [21]", "attention_unet": "Attention UNet [27]"}
"""Our models that stand for rows of Table X."""
ALONE = {"segmentation": {"class_weight": 0.0}, "classification": {"mask_weight": 0.0}}
"""The ablation: one task alone is the same network without the other's loss."""
ARMS = {
    "grouped": "each image once, near-duplicates on one side",
    "by image": "each image once, at random",
    "twice": "each image twice, at random",
    "twice together": "each image twice, both copies on one side",
    "masks as images": "each mask is an image too, at random",
}
"""The copies experiment: what the items are, and how they are split."""


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

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
    alone: list[str]
    contrast_folds: int
    copies: list[str]
    copies_repeats: int
    copies_epochs: int

    def check(self) -> None:
        """Refuse sizes that cannot be taken."""
        for head in (self.head, *self.heads):
            models.check("multitask_unet", self.size, **self.options(head))
        for rival in self.rivals:
            models.check(rival, self.size)

    def options(self, head: str) -> dict:
        """Options of the network with one of its heads."""
        return {"filters": self.filters, "depth": self.depth, "dropout": self.dropout, "head": head}
