"""Where things are kept: the store of runs, and what is published in the book."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from busutils.errors import RunError


def project() -> Path:
    """Folder that holds ``pyproject.toml``, or the working folder of an installed package."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").exists() else Path.cwd()


def store() -> Path:
    """Folder of caches, splits, jobs and executed notebooks (``$BUSUTILS_RUNS``, else ``runs``)."""
    return Path(os.environ.get("BUSUTILS_RUNS") or project() / "runs").resolve()


def published() -> Path:
    """Folder of published results (``$BUSUTILS_PUBLISHED``, else ``book/results``)."""
    return Path(os.environ.get("BUSUTILS_PUBLISHED") or project() / "book" / "results").resolve()


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write in; it becomes `target` when the block ends, or is removed.

    Raises
    ------
    RunError
        If the folder cannot be written (no permission, full disk).
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    except OSError as error:
        raise RunError(_cannot_write(target, error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a file name to write to; it becomes `target` when the block ends, or is removed."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(target)
    except OSError as error:
        raise RunError(_cannot_write(target, error)) from error
    finally:
        if part.exists():
            part.unlink()


def _cannot_write(target: Path, error: OSError) -> str:
    return (
        f"cannot write {target} ({error.strerror or error}): free space, change its permissions, "
        "or name another folder (BUSUTILS_RUNS is that of runs)"
    )
