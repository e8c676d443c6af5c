"""A stand-in for the folder of networks, to which a reader adds a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from busutils import models
from busutils.models import registry, source


@contextmanager
def networks(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make `folder` the package's folder of networks, with links to all that are there."""
    folder.mkdir()
    for file in registry.FOLDER.glob("*.py"):
        (folder / file.name).symlink_to(file)
    patch.setattr(registry, "FOLDER", folder)
    patch.setattr(source, "_FOLDER", folder)
    patch.setattr(models, "__path__", [*models.__path__, str(folder)])
    registry._of_the_package.cache_clear()
    try:
        yield folder
    finally:
        registry._of_the_package.cache_clear()


def kept(code: str) -> str:
    """The code of a cell as the guide says to keep it in a file."""
    code = code.replace("@models.register", "@register")
    return f"from busutils.models.registry import register\n{code}"
