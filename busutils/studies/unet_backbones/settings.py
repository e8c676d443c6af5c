"""Paper 1: its rows, and the parameters of its notebook."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from busutils import models
from busutils.errors import UserError, choose
from busutils.models import encoders

ROWS = {
    "row01": ("base", "vgg16"),
    "row02": ("vgg16", "vgg16"),
    "row03": ("vgg19", "vgg19"),
    "row04": ("resnet50", "resnet50"),
    "row05": ("resnext50", "resnext50"),
    "row06": ("seresnext50", "seresnext50"),
    "row07": ("densenet121", "densenet121"),
    "row08": ("inceptionv3", "inceptionv3"),
    "row09": ("seresnet50", "seresnet50"),
    "row10": ("mobilenetv2", "mobilenetv2"),
}
"""Printed row -> our name and backbone. The labels are inferred (``book/reported/paper1.yaml``)."""

BACKBONES = dict(ROWS.values())
CONTRASTS = {
    "freezing": {"freeze": "all"},
    "preprocessing": {"preprocessing": "backbone"},
    "random split": {"grouped": False},
    "several masks": {"several_masks": True},
    "test mix": {"test_mix": "paper"},
}
"""What the paper leaves open and one training each can answer: the settings that change."""


@dataclass(frozen=True)
class Settings:
    """The parameters cell of the notebook, by the same names."""

    dataset: str
    data_root: str
    image_pattern: str
    mask_pattern: str
    size: int
    rows: list[str]
    folds: list[int]
    split_seed: int
    grouped: bool
    several_masks: bool
    test_mix: str
    encoder_weights: str
    imagenet_file: str
    freeze: str
    preprocessing: str
    batchnorm_momentum: float | None
    false_negatives: float
    false_positives: float
    exponent: float
    reduction: str
    learning_rate: float
    epochs: int
    batch: int
    patience: int
    precision: str
    init_seed: int
    phantoms: int
    phantom_size: int
    phantom_epochs: int
    recipe: bool
    contrasts: list[str]
    transfer_splits: int
    transfer_size: int
    transfer_epochs: int
    transfer_rates: list[float]
    threshold_on: str
    normal_pixels: int

    @classmethod
    def of(cls, values: Mapping) -> "Settings":
        """Pick the settings out of `values` (a notebook's variables) and check them.

        Raises
        ------
        UserError
            If a value is none of its choices.
        """
        settings = cls(**{f.name: values[f.name] for f in fields(cls)})
        for row in settings.rows:
            choose(row, BACKBONES, "row")
            models.check("unet", settings.size, backbone=BACKBONES[row])
        models.check("unet", settings.transfer_size)
        models.check("unet", settings.phantom_size)
        for contrast in settings.contrasts:
            choose(contrast, CONTRASTS, "contrast")
        choose(settings.test_mix, ("stratified", "paper"), "test_mix")
        choose(settings.encoder_weights, ("phantom", "imagenet", "none"), "encoder_weights")
        choose(settings.freeze, encoders.FREEZING, "freeze")
        choose(settings.preprocessing, ("paper", "backbone"), "preprocessing")
        choose(settings.threshold_on, ("val", "test"), "threshold_on")
        choose(settings.reduction, ("batch", "image"), "reduction")
        choose(settings.precision, ("float32", "mixed_bfloat16", "mixed_float16"), "precision")
        for name in ("epochs", "batch", "patience", "phantom_epochs", "transfer_epochs"):
            if getattr(settings, name) < 1:
                raise UserError(f"{name} is {getattr(settings, name)}: give 1 or more")
        return settings
