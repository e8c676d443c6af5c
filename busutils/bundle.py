"""Jobs for a machine without network or Jupyter, and their way back.

A bundle is a folder: ``store-000.part`` ... (one gzipped tar of cached arrays, splits, weights
and jobs, cut into parts), ``bundle.json`` with their hashes, and the package. There
``PYTHONPATH=DIR python -m busutils jobs --bundle DIR --train all`` trains with keras, NumPy,
pandas and h5py, and leaves finished jobs in ``DIR/done-*.zip``, which :func:`merge` takes back.
"""

import hashlib
import io
import json
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from busutils import frameworks, paths
from busutils import jobs as _jobs
from busutils.errors import UserError
from busutils.jobs import Job

PART = 15_000_000
"""Bytes of the largest file that travels."""

FILES = {*_jobs.SMALL, *_jobs.KEEP.values()}


def write(jobs: Sequence[Job], to: Path, store: Path | None = None) -> list[Path]:
    """Write the unfinished ones of `jobs`, with all that they need, to the new folder `to`.

    Returns
    -------
    The files written.

    Raises
    ------
    UserError
        If `to` exists, nothing is left to train, or ImageNet weights cannot be downloaded.
    """
    store = store or paths.store()
    todo = [job for job, _ in _jobs.plan(jobs, store=store)]
    if not todo:
        raise UserError("every job is finished: there is nothing to bundle")
    if to.exists():
        raise UserError(f"{to} is there already: delete it or name another folder")
    with paths.whole_folder(to) as part:
        _write_parts(_packed(todo, store), part)
        shutil.copytree(
            Path(__file__).parent, part / "busutils", ignore=shutil.ignore_patterns("__pycache__")
        )
    return sorted(path for path in to.iterdir() if path.is_file())


def open_store(folder: Path) -> Path:
    """Unpack a bundle's store where it is not yet, and return its path.

    Raises
    ------
    UserError
        If a part is missing or differs from its hash.
    """
    store = folder / "store"
    if not store.exists():
        content = b"".join(_checked_parts(folder))
        with paths.whole_folder(store) as part, tarfile.open(fileobj=io.BytesIO(content)) as tar:
            tar.extractall(part, filter="data")
    return store


def jobs(folder: Path) -> list[Job]:
    """Return the jobs of a bundle, in the order in which they are trained."""
    file = open_store(folder) / "jobs.json"
    return [Job.from_json(text) for text in json.loads(file.read_text())]


def train(folder: Path, chosen: Sequence[Job], minutes: float | None, quiet: bool) -> list[Job]:
    """Train `chosen` in a bundle, pack what is finished, and return what is not."""
    left = _jobs.complete(chosen, minutes=minutes, store=open_store(folder), quiet=quiet)
    pack(folder)
    return left


def pack(folder: Path) -> list[Path]:
    """Write the finished jobs of a bundle to ``done-000.zip`` ..., none larger than `PART`."""
    done = sorted((folder / "store" / "jobs").glob("[0-9a-f]*/job.json"))
    for old in folder.glob("done-*.zip"):
        old.unlink()
    packs: list[list[Path]] = [[]]
    size = 0
    for place in (path.parent for path in done):
        more = sum(f.stat().st_size for f in _small(place))
        if packs[-1] and size + more > PART:
            packs.append([])
            size = 0
        packs[-1].append(place)
        size += more
    return [_zip(folder / f"done-{i:03}.zip", places) for i, places in enumerate(packs) if places]


def merge(files: Iterable[Path], replace: bool = False, store: Path | None = None) -> list[str]:
    """Take finished jobs from ``done-*.zip`` files into the store.

    Each file is checked against its hash, and each job against its id; nothing is written outside
    the store.

    Returns
    -------
    Ids of the jobs taken.

    Raises
    ------
    UserError
        If a file is damaged, holds what no job has, or a job is there already with another result
        and `replace` is False.
    """
    store = store or paths.store()
    found = {}
    for file in files:
        found |= _read_zip(Path(file))
    for identity, content in found.items():
        there = store / "jobs" / identity / "cases.csv.gz"
        if there.exists() and there.read_bytes() != content["cases.csv.gz"] and not replace:
            raise UserError(
                f"job {identity} is there already with another result: add --replace to take the "
                "new one"
            )
    for identity, content in found.items():
        with paths.whole_folder(store / "jobs" / identity) as part:
            for name, data in content.items():
                (part / name).write_bytes(data)
    return list(found)


def _packed(todo: list[Job], store: Path) -> bytes:
    needed = {f"cache/{job.dataset}" for job in todo} | {
        f"splits/{job.split['id']}.csv" for job in todo
    }
    needed |= {f"weights/{job.encoder_weights[5:]}.h5" for job in todo if _from_file(job)}
    needed |= _imagenet([job for job in todo if job.encoder_weights == "imagenet"], store)
    needed |= {f"jobs/{job.needs.id}" for job in todo if job.needs and job.needs not in todo}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as tar:
        for name in sorted(needed):
            tar.add(store / name, name)
        text = json.dumps([job.to_json() for job in todo]).encode()
        info = tarfile.TarInfo("jobs.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return buffer.getvalue()


def _imagenet(todo: list[Job], store: Path) -> set[str]:
    """Names of the ImageNet encoders in the store, fetched now: there is no network there."""
    if not todo:
        return set()
    with frameworks.loading():
        from busutils import training  # imports a framework, which takes seconds

    for job in todo:
        training.keep_imagenet(job, store)
    return {training.imagenet_file(job) for job in todo}


def _from_file(job: Job) -> bool:
    return isinstance(job.encoder_weights, str) and job.encoder_weights.startswith("file:")


def _write_parts(content: bytes, folder: Path) -> None:
    hashes = {}
    for i, start in enumerate(range(0, len(content), PART)):
        data = content[start : start + PART]
        name = f"store-{i:03}.part"
        (folder / name).write_bytes(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(hashes, indent=1))


def _checked_parts(folder: Path) -> Iterable[bytes]:
    note = folder / "bundle.json"
    if not note.exists():
        raise UserError(f"{folder} is no bundle (no bundle.json): make one with `busutils bundle`")
    for name, expected in json.loads(note.read_text()).items():
        data = (folder / name).read_bytes() if (folder / name).exists() else b""
        if hashlib.sha256(data).hexdigest() != expected:
            raise UserError(f"{folder / name} is missing or damaged: copy the bundle again")
        yield data


def _small(place: Path) -> list[Path]:
    """Files of a finished job that travel back: all but weights."""
    return [f for f in sorted(place.iterdir()) if f.suffix != ".h5"]


def _zip(target: Path, places: list[Path]) -> Path:
    files = {f"{p.name}/{f.name}": f.read_bytes() for p in places for f in _small(p)}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    with (
        paths.whole_file(target) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("hashes.json", json.dumps(hashes, indent=1))
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def _read_zip(file: Path) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            hashes = json.loads(archive.read("hashes.json"))
            for name, expected in hashes.items():
                data = archive.read(name)
                if hashlib.sha256(data).hexdigest() != expected:
                    raise ValueError(f"{name} differs from its hash")
                identity, member = _safe(name)
                found.setdefault(identity, {})[member] = data
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{file} is no whole file of finished jobs ({error}): copy it again"
        ) from error
    for identity, content in found.items():
        _check_job(file, identity, content)
    return found


def _safe(name: str) -> tuple[str, str]:
    match = re.fullmatch(r"([0-9a-f]{12})/([\w.]+)", name)
    if not match or match[2] not in FILES:
        raise ValueError(f"{name} is no file of a job")
    return match[1], match[2]


def _check_job(file: Path, identity: str, content: dict[str, bytes]) -> None:
    if missing := sorted({*_jobs.SMALL} - set(content)):
        raise UserError(
            f"{file}: job {identity} lacks {', '.join(missing)}: pack and copy it again"
        )
    if Job.from_json(content["job.json"].decode()).id != identity:
        raise UserError(
            f"{file}: job {identity} was trained by another version of busutils: bundle it again"
        )
