"""Generated sets in the formats of the public ones: nothing has to be downloaded.

Nothing is known here of how images are read, or of networks.
"""

from busutils.phantoms.brain import write_lgg
from busutils.phantoms.busi import write_busi
from busutils.phantoms.skin import write_isic

__all__ = ["write_busi", "write_isic", "write_lgg"]
