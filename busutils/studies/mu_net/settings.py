"""Paper 5: its networks, its ablations, and the parameters of its notebook."""

from dataclasses import dataclass, replace

from busutils import models
from busutils.data import sets
from busutils.errors import UserError, choose
from busutils.studies import common

ROWS = {
    "mu_net": "Proposed",
    "vgg19": "U-Net with VGG-19",
    "resnet50": "U-Net with ResNet-50",
    "segnet": "SegNet",
    "fcn": "FCNet",
    "unet_224": "U-Net-224",
}
"""Our name -> printed row."""
KINDS = {
    "isic": "skin",
    "phantom_skin": "skin",
    "brain": "brain",
    "phantom_brain": "brain",
    "pairs": "own",
}
"""Data set -> what its images show."""
STARTS = {"imagenet": "ImageNet", "phantom": "phantoms", "none": "random weights"}
"""What an encoder starts from, in words."""
TABLES = {"skin": "1", "brain": "2", "own": "1"}
"""What the images show -> the paper's table."""
REFERENCE = "reference"
CONTRASTS = {
    "random weights": ("5.3.1, pre-training", {"encoder_weights": "none"}),
    "ImageNet weights": ("5.3.1, pre-training", {"encoder_weights": "imagenet"}),
    "width 1.4": ("the printed channels", {"encoder_weights": "none", "alpha": 1.4}),
    "cross-entropy": ("5.3.3, loss (of unsmoothed labels)", {"loss": "bce"}),
    "Dice loss": ("5.3.3, loss (of unsmoothed labels)", {"loss": "dice"}),
    "no augmentation": ("5.3.4, pre-processing", {"augmentation": "none"}),
    "0.7 on false positives": (
        "reading of alpha and beta",
        {"false_negatives": 0.3, "false_positives": 0.7},
    ),
    "epsilon 1e-5": ("reading of e^-5", {"label_smoothing": 1e-5}),
    "usual smoothing": ("reading of the smoothing", {"symmetric_smoothing": True}),
    "rate 0.05": ("the printed rate", {"learning_rate": 0.05}),
}
"""One training each: where the paper speaks of it, and the settings that change."""
BESIDE = {"width 1.4": "random weights"}
"""A contrast that differs in one thing from another contrast, not from `REFERENCE`."""


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    unet_size: int
    rows: list[str]
    alpha: float
    encoder_weights: str
    other_weights: str
    imagenet_file: str
    phantoms: int
    phantom_size: int
    phantom_epochs: int
    preprocessing: str
    filters: int
    dense_filters: int
    batchnorm_momentum: float | None
    by_patient: bool | None
    folds: list[int]
    patient_folds: int
    train: int
    validation: int
    grouped: bool
    split_seed: int
    loss: str
    false_negatives: float
    false_positives: float
    exponent: float
    label_smoothing: float
    symmetric_smoothing: bool
    learning_rate: float
    fcn_loss: str
    fcn_rate: float | None
    epochs: int
    batch: int
    augmentation: str
    precision: str
    contrasts: list[str]
    contrast_train: int
    contrast_epochs: int
    noises: list[str]
    noise_cases: int
    timed_images: int
    measure_memory: bool

    def check(self) -> None:
        """Refuse what cannot be used together, and sizes that cannot be taken."""
        sets.refuse_without_masks(self.dataset)
        choose(self.dataset, KINDS, "data set of this paper")
        if "mu_net" not in self.rows:
            raise UserError("rows lack mu_net, the paper's own network: name it too")
        for row in self.rows:
            models.check(self.network(row)[0], self.size_of(row), **self.network(row)[1])
        models.check("unet", self.phantom_size)
        if self.alpha != 1 and self._width_one:
            raise UserError(
                f"alpha is {self.alpha:g}, but the weights are those of width 1: take alpha 1, or "
                "Keras's ImageNet weights (encoder_weights imagenet without imagenet_file)"
            )
        common.refuse_empty_loss(self)
        self._check_folds()

    @property
    def kind(self) -> str:
        """What the images show: skin, brain or own."""
        return KINDS[self.dataset]

    @property
    def patients_apart(self) -> bool:
        """Whether folds leave out whole patients."""
        return self.kind == "brain" if self.by_patient is None else self.by_patient

    @property
    def _width_one(self) -> bool:
        """Whether some MU-Net starts from weights that only width 1 has: phantoms', or a file's."""
        starts = {self.encoder_weights, self.other_weights}
        if "ImageNet weights" in self.contrasts:
            starts.add("imagenet")
        return "phantom" in starts or ("imagenet" in starts and bool(self.imagenet_file))

    def network(self, row: str) -> tuple[str, dict]:
        """Name and options of the network of a row, as the registry has them."""
        return {
            "mu_net": ("mu_net", {"alpha": self.alpha}),
            "vgg19": ("unet", {"backbone": "vgg19"}),
            "resnet50": ("unet", {"backbone": "resnet50"}),
            "segnet": ("segnet", {"filters": self.filters}),
            "fcn": ("fcn", {"dense_filters": self.dense_filters}),
            "unet_224": ("plain_unet", {"filters": self.filters}),
        }[row]

    def size_of(self, row: str) -> int:
        """Pixels a side that a row's network reads."""
        return self.unet_size if row == "unet_224" else self.size

    def weights_of(self, row: str) -> str:
        """What the encoder of a row starts from."""
        if row == "mu_net":
            return self.encoder_weights
        return self.other_weights if row in ("vgg19", "resnet50", "fcn") else "none"

    def of_row(self, row: str) -> "Settings":
        """The settings with the loss and the rate that a row's network is trained with."""
        if row != "fcn":
            return self
        rate = self.learning_rate if self.fcn_rate is None else self.fcn_rate
        return replace(self, loss=self.fcn_loss or self.loss, learning_rate=rate)

    @property
    def used_folds(self) -> list[int]:
        """Folds that are run: those named, or every fold of patients, or one draw."""
        return self.folds or list(range(1, (self.patient_folds if self.patients_apart else 1) + 1))

    @property
    def asked_contrasts(self) -> list[str]:
        """The contrasts, each after the one that it is compared with."""
        needed = [BESIDE[name] for name in self.contrasts if name in BESIDE]
        alike = self.encoder_weights == "none"  # then that one is the reference itself
        return list(dict.fromkeys(self.contrasts if alike else [*needed, *self.contrasts]))

    def _check_folds(self) -> None:
        known = self.patient_folds if self.patients_apart else max(self.used_folds)
        for fold in self.folds:
            if not 1 <= fold <= known:
                raise UserError(f"fold {fold} is none of 1 to {known}: name one of these")
