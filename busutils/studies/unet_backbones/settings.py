"""Paper 1: its rows, and the parameters of its notebook."""

from dataclasses import dataclass

from busutils.studies import common

OF_BUSI = ("several masks", "test mix")


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    rows: list[str]
    folds: list[int]
    grouped: bool
    encoder_weights: str
    imagenet_file: str
    batchnorm_momentum: float | None
    learning_rate: float
    epochs: int
    batch: int
    precision: str
    contrasts: list[str]

    @property
    def tried(self) -> list[str]:
        """The contrasts that are trained: those of `OF_BUSI` say nothing of other images."""
        return [c for c in self.contrasts if self.dataset != "pairs" or c not in OF_BUSI]
