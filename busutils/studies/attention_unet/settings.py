"""Paper 2: its two networks, its splits, and the parameters of its notebook."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from busutils import models
from busutils.errors import UserError, choose

NETWORKS = {
    "attention3": ("Attention3 U-Net", {"depth": 3}),
    "attention4": ("Attention4 U-Net", {"depth": 4}),
}
"""Our name -> printed row, and encoder blocks."""

LAST, RANDOM = "last fifth", "random fifth"
SPLITS = {
    LAST: "the last fifth of the files, unshuffled, is validated on",
    RANDOM: "a random fifth is, whole groups, classes in proportion",
}
ODD = 255
"""The printed size."""


@dataclass(frozen=True)
class Settings:
    """The parameters cell of the notebook, by the same names."""

    dataset: str
    data_root: str
    image_pattern: str
    mask_pattern: str
    size: int
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

    @classmethod
    def of(cls, values: Mapping) -> "Settings":
        """Pick the settings out of `values` (a notebook's variables) and check them.

        Raises
        ------
        UserError
            If a value is none of its choices, or the size cannot be taken.
        """
        settings = cls(**{f.name: values[f.name] for f in fields(cls)})
        if settings.size == ODD:
            raise UserError(
                f"{ODD} px, as printed, cannot be halved evenly ({ODD} to {ODD // 2}, and back to "
                f"{2 * (ODD // 2)}), so the skips would not fit: take {ODD + 1}"
            )
        for name in settings.networks:
            choose(name, NETWORKS, "network")
            models.check("attention_unet", settings.size, **settings.options(name))
        for name in settings.splits:
            choose(name, SPLITS, "split")
        choose(settings.precision, ("float32", "mixed_bfloat16", "mixed_float16"), "precision")
        for name in ("epochs", "batch", "repeats", "draws", "puzzle_size"):
            if getattr(settings, name) < 1:
                raise UserError(f"{name} is {getattr(settings, name)}: give 1 or more")
        return settings

    def options(self, network: str) -> dict:
        """Options of a network of `NETWORKS`."""
        reading = {"attention3": self.reading3, "attention4": self.reading4}[network]
        chosen = {"filters": self.filters, "dropout": self.dropout, "reading": reading}
        return NETWORKS[network][1] | chosen
