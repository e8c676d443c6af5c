"""Paper 4: its losses and comparison models, and the parameters of its notebook."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from busutils import models
from busutils.models import encoders
from busutils.studies import common

FOLDS = 5
"""A fifth tests, as in the paper; the next fifth validates, which the paper does not have."""


class Trained(NamedTuple):
    """A loss: the row of Tables 1 and 2 that it stands for, and what the job takes."""

    printed: str
    loss: str
    options: dict


def _tversky(printed: str, alpha: float, beta: float) -> Trained:
    """Alpha is the weight of false positives, beta that of false negatives (section 3.2.3)."""
    return Trained(printed, "tversky", {"false_positives": alpha, "false_negatives": beta})


LOSSES = {
    "tversky 0.5 0.5": _tversky("TC a=0.5 b=0.5", 0.5, 0.5),
    "tversky 0.4 0.6": _tversky("TC a=0.4 b=0.6", 0.4, 0.6),
    "tversky 0.3 0.7": _tversky("TC a=0.3 b=0.7", 0.3, 0.7),
    "tversky 0.2 0.8": _tversky("TC a=0.2 b=0.8", 0.2, 0.8),
    "tversky 0.1 0.9": _tversky("TC a=0.1 b=0.9", 0.1, 0.9),
    "tversky 0.7 0.3": _tversky("TC a=0.7 b=0.75", 0.7, 0.3),
    "tversky 0.7 0.75": _tversky("TC a=0.7 b=0.75", 0.7, 0.75),
    "bce": Trained("BCE", "bce", {}),
    "dice": _tversky("Dice", 0.5, 0.5),
    "combo": Trained("Combo", "combo", {}),
}
"""Dice and Tversky (0.5, 0.5) with equal smoothing are one loss, hence one job. The pair that is
printed as (0.7, 0.75) has the printed loss with (0.7, 0.3), so that one stands in the tables."""
LABELLED, READ = "tversky 0.7 0.75", "tversky 0.7 0.3"
"""The last pair as it is printed, and what its printed loss says that it is."""
YARDSTICK = "tversky 0.5 0.5"
"""The loss that is trained from several seeds."""


class Classifier(NamedTuple):
    """A comparison model: its row of Table 3, its network, whether its encoder is pre-trained."""

    printed: str
    model: str
    options: dict
    pretrained: bool = False


CLASSIFIERS = {
    "cnn": Classifier("CNN", "cnn", {}),
    "vgg16": Classifier("VGG16", "classifier", {"backbone": "vgg16"}),
    "vgg16 enhanced": Classifier(
        "VGG16_Enhanced", "classifier", {"backbone": "vgg16", "head": "enhanced"}, True
    ),
    "vgg19": Classifier("VGG19", "classifier", {"backbone": "vgg19"}),
    "vgg19 enhanced": Classifier(
        "VGG19_Enhanced", "classifier", {"backbone": "vgg19", "head": "enhanced"}, True
    ),
    "lstm": Classifier("LSTM", "lstm", {}),
    "bilstm": Classifier("Bi-LSTM", "lstm", {"directions": 2}),
    "resnet50": Classifier("ResNet50", "classifier", {"backbone": "resnet50"}, True),
    "densenet121": Classifier("DenseNet121", "classifier", {"backbone": "densenet121"}, True),
}
SVM = "svm"


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    losses: list[str]
    folds: list[int]
    seeds: int
    grouped: bool
    split_seed: int
    encoder_weights: str
    freeze: str
    encoder_dropout: float
    decoder_dropout: float
    upsampling: str
    final_filters: int
    smooth: float
    reduction: str
    learning_rate: float
    epochs: int
    batch: int
    patience: int
    augmentation: str
    precision: str
    classifiers: list[str]
    asked: list[str]
    classifier_rate: float
    classifier_epochs: int
    unet_filters: int
    masks_as_images: bool
    phantoms: int
    phantom_size: int
    phantom_epochs: int

    imagenet_file: ClassVar[str] = ""  # encoder_weights takes a file itself: there is one encoder

    def check(self) -> None:
        """Refuse sizes that cannot be taken, and random weights that would be frozen."""
        models.check("fgfeu_net", self.size, **self.options)
        for name in self.classifiers:
            if name != SVM:
                models.check(CLASSIFIERS[name].model, self.size, **CLASSIFIERS[name].options)
        models.check("unet", self.phantom_size)
        encoders.check_freezing(self.freeze, self.encoder_weights)

    @property
    def from_file(self) -> bool:
        """Whether the encoder starts from a file of VGG16's weights, which serve no other one."""
        return self.encoder_weights not in ("none", "phantom", "imagenet")

    @property
    def options(self) -> dict:
        """Options of the network."""
        return {
            "encoder_dropout": self.encoder_dropout,
            "decoder_dropout": self.decoder_dropout,
            "upsampling": self.upsampling,
            "final_filters": self.final_filters,
        }
