"""What the notebooks of *Five Papers, Re-run* share.

``busutils.data`` reads images, ``busutils.models`` builds networks, ``busutils.jobs`` trains them,
``busutils.metrics`` and ``busutils.statistics`` judge them, ``busutils.compare`` sets the printed
number beside the re-run one. Importing the package imports no deep-learning framework.
"""

__version__ = "0.1.0"
