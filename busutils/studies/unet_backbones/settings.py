"""Paper 1: its rows, and the parameters of its notebook."""

from dataclasses import dataclass

from busutils import models
from busutils.errors import UserError
from busutils.models import encoders
from busutils.studies import common

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
OF_BUSI = ("several masks", "test mix")
"""Those of `CONTRASTS` that are about which of BUSI's images the paper took."""


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

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

    @property
    def keeps_several_masks(self) -> bool:
        """Whether images with several masks stay in: the paper's exclusion is of BUSI's images."""
        return self.several_masks or self.dataset == "pairs"

    @property
    def tried(self) -> list[str]:
        """The contrasts that are trained: those of `OF_BUSI` say nothing of other images."""
        return [c for c in self.contrasts if self.dataset != "pairs" or c not in OF_BUSI]

    def check(self) -> None:
        """Refuse sizes that cannot be taken, and a loss that counts nothing."""
        for row in self.rows:
            models.check("unet", self.size, backbone=BACKBONES[row])
        models.check("unet", self.transfer_size)
        models.check("unet", self.phantom_size)
        if self.freeze == "random_frozen":
            encoders.check_freezing(self.freeze, self.encoder_weights)
        common.refuse_empty_loss(self)
        if self.test_mix == "paper" and self.dataset == "pairs":
            raise UserError(
                "test_mix paper holds out 50 malignant and 13 benign images of BUSI: take "
                "stratified for your own"
            )
