"""What the notebooks of *Five Papers, Re-run* share.

``busutils.data`` reads images, ``busutils.models`` builds networks, ``busutils.jobs`` trains them,
``busutils.metrics`` and ``busutils.statistics`` judge them, ``busutils.compare`` sets the printed
number beside the re-run one. Importing the package imports no deep-learning framework.
"""

import os

# TensorFlow turns its faster kernels on by itself only on processors with AVX512-VNNI; elsewhere a
# training step of a U-Net takes half as long again without them.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"
