"""Paper 3: the parameters of its notebook."""

from dataclasses import dataclass

from busutils.studies import common

RIVALS = ("plain_unet", "attention_unet")
"""Our models that stand for rows of Table X."""


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
