"""First on PYTHONPATH, this makes an environment in which TensorFlow cannot be imported."""

import sys
from importlib.abc import MetaPathFinder

BLOCKED = {"tensorflow", "tf_keras"}


class Blocker(MetaPathFinder):
    """Refuses what `BLOCKED` names."""

    def find_spec(self, name, path=None, target=None):
        """Raise as if the package were not installed."""
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)


sys.meta_path.insert(0, Blocker())
