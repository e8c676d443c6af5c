"""Where things are kept: the store of runs, and what is published in the book."""

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from busutils.errors import RunError


def project() -> Path:
    """Folder that holds ``pyproject.toml``, or the working folder of an installed package."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").exists() else Path.cwd()


def store() -> Path:
    """Folder of caches, splits, jobs and executed notebooks (``$BUSUTILS_RUNS``, else ``runs``)."""
    return _named("BUSUTILS_RUNS", "runs")


def published() -> Path:
    """Folder of published results (``$BUSUTILS_PUBLISHED``, else ``book/results``)."""
    return _named("BUSUTILS_PUBLISHED", "book/results")


def phantoms() -> Path:
    """Folder of generated image sets (``$BUSUTILS_PHANTOMS``, else ``data/phantom``)."""
    return _named("BUSUTILS_PHANTOMS", "data/phantom")


def logs() -> Path | None:
    """Folder for the epochs of trainings that run (``$BUSUTILS_LOGS``), if one is wanted."""
    return _named("BUSUTILS_LOGS", "") if os.environ.get("BUSUTILS_LOGS") else None


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and set them back when the block ends."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})
        for name in [name for name, value in before.items() if value is None]:
            del os.environ[name]


def _named(variable: str, usual: str) -> Path:
    """Folder that a variable names, seen from the project: processes work in many folders."""
    return (project() / Path(os.environ.get(variable) or usual).expanduser()).resolve()


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write in; it becomes `target` when the block ends, or is removed.

    Raises
    ------
    RunError
        If the folder cannot be written (no permission, full disk).
    """
    with whole_file(target) as part:
        _remove(part)
        part.mkdir()
        yield part
        _remove(target)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a file name to write to; it becomes `target` when the block ends, or is removed."""
    part = target.with_name(f".{target.name}.{_machine()}-{os.getpid()}.part")
    try:
        with _writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_left_behind(target.parent)
            yield part
            part.replace(target)
    finally:
        _remove(part)


def write(target: Path, content: bytes) -> None:
    """Write a file, whole or not at all, unless it has this content."""
    if not (target.is_file() and target.read_bytes() == content):
        with whole_file(target) as part:
            part.write_bytes(content)


@contextmanager
def locked(file: Path) -> Iterator[bool]:
    """Hold a lock on `file`, which the system gives back when the process dies.

    Gives False, and no lock, if another process holds it. Afterwards the file is deleted, and its
    folder too if nothing else is there.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    with _writing(file):
        held = _lock(file)
    try:
        yield held is not None
    finally:
        if held:
            with suppress(OSError):
                file.unlink(missing_ok=True)
                file.parent.rmdir()
            held.close()


def remembered(file: Path, make: Callable[[], str]) -> str:
    """Return what `make` gives, kept in `file` below its hash; made again where that is damaged."""
    digest, _, kept = (file.read_bytes() if file.is_file() else b"").partition(b"\n")
    if digest.decode(errors="replace") == hashlib.sha256(kept).hexdigest():
        return kept.decode()
    text = make()
    write(file, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())
    return text


def sha256(file: Path) -> str:
    """Return the hash of a file's content, as 64 hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(
            f"cannot write {target} ({error.strerror or error}): free space, change its "
            "permissions, or name another folder (BUSUTILS_RUNS is that of runs)"
        ) from error


def _lock(file: Path) -> IO | None:
    import fcntl  # Windows has none, and a course's notebooks lock nothing

    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # its last owner deletes it
            held = file.open("a")
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(held.fileno()), file.stat()):
                    return held
            except BlockingIOError:
                held.close()
                return None
            held.close()


def _machine() -> str:
    """Tell machines apart that share a store, whose processes have the same numbers."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def _remove_left_behind(folder: Path) -> None:
    """Remove what processes of this machine were writing to `folder` when they were killed."""
    for part in folder.glob(f".*.{_machine()}-*.part"):
        process = re.search(r"-(\d+)\.part$", part.name)
        if process and not _alive(int(process[1])):
            _remove(part)


def _remove(place: Path) -> None:
    """Remove a file or a folder, as far as that can be done."""
    with suppress(OSError):
        shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink()


def _alive(process: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True
