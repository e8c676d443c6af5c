"""Paper 5: MU-Net and five other networks, on skin lesions and on brain tumours.

Nampalle, Uppala, Raman: Transfer learning based framework for image segmentation using medical
images and Tversky similarity. Preprint.
"""

from busutils.studies.mu_net.settings import Settings

__all__ = ["Settings"]
