"""Paper 2: its two networks, its splits, and the parameters of its notebook."""

from dataclasses import dataclass

from busutils import models
from busutils.errors import UserError
from busutils.studies import common

NETWORKS = {
    "attention3": ("Attention3 U-Net", {"depth": 3}),
    "attention4": ("Attention4 U-Net", {"depth": 4}),
}
"""Our name -> printed row, and encoder blocks."""

LAST, RANDOM = "last fifth", "random fifth"
"""What is validated on: the last files, unshuffled, or whole groups, classes in proportion."""
ODD = 255
"""The printed size."""


@dataclass(frozen=True)
class Settings(common.Settings):
    """The parameters cell of the notebook, by the same names."""

    networks: list[str]
    reading3: str
    reading4: str
    filters: int
    dropout: float
    batchnorm_momentum: float | None
    splits: list[str]
    repeats: int
    grouped: bool
    split_seed: int
    learning_rate: float
    epochs: int
    batch: int
    augmentation: str
    precision: str
    detected: float
    puzzle_size: int
    draws: int

    def check(self) -> None:
        """Refuse sizes that cannot be taken."""
        if self.size == ODD:
            raise UserError(
                f"{ODD} px, as printed, cannot be halved evenly ({ODD} to {ODD // 2}, and back to "
                f"{2 * (ODD // 2)}), so the skips would not fit: take {ODD + 1}"
            )
        for name in self.networks:
            models.check("attention_unet", self.size, **self.options(name))

    def options(self, network: str) -> dict:
        """Options of a network of `NETWORKS`."""
        reading = {"attention3": self.reading3, "attention4": self.reading4}[network]
        chosen = {"filters": self.filters, "dropout": self.dropout, "reading": reading}
        return NETWORKS[network][1] | chosen
