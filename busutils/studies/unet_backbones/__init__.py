"""Paper 1: what is still judged here, its claims and cuts."""

from busutils.studies.unet_backbones.settings import Settings

__all__ = ["Settings"]
