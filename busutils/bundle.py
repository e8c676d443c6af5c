"""Jobs for a machine without network or Jupyter, and their way back.

A bundle is a folder: ``jobs.json``, ``store-000.part`` ... (one gzipped tar of cached arrays,
splits and weights, cut into parts), ``bundle.json`` with their hashes, and the package. There
``PYTHONPATH=DIR python -m busutils jobs --bundle DIR --train all`` trains with keras, NumPy,
pandas and h5py, and leaves finished jobs in ``DIR/done-*.zip``, which :func:`merge` takes back.
"""

import contextlib
import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from busutils import frameworks, paths, promises, sources, training
from busutils import jobs as _jobs
from busutils.data.dataset import open_cached
from busutils.errors import Damaged, UserError
from busutils.integrity import BROKEN_ZIP
from busutils.job import Job

PART = 15_000_000
"""Bytes of the largest file that travels."""

FILES = {*_jobs.SMALL, *_jobs.KEEP.values()}
NOTE = "bundle.json"
JOB_FILE, SPLIT = re.compile(r"([0-9a-f]{12})/([\w.]+)"), re.compile(r"splits/([0-9a-f]{12})\.csv")


def write(
    jobs: Sequence[Job], to: Path, keep: Iterable[str] = (), store: Path | None = None
) -> list[Path]:
    """Write the unfinished ones of `jobs`, with all that they need, to the new folder `to`.

    Parameters
    ----------
    keep : names of large files that each of them keeps there

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
    listed = {"jobs": {job.id: job.to_json() for job in todo}, "keep": sorted(keep)}
    content, files = _packed(todo, store), {"jobs.json": json.dumps(listed).encode()}
    for i, start in enumerate(range(0, len(content), PART)):
        files[f"store-{i:03}.part"] = content[start : start + PART]
    with paths.whole_folder(to) as part:
        for name, data in files.items():
            (part / name).write_bytes(data)
        (part / NOTE).write_text(json.dumps({name: _sha256(files[name]) for name in files}))
        sources.copy_package(part)
    return sorted(path for path in to.iterdir() if path.is_file())


def open_store(folder: Path) -> Path:
    """Unpack a bundle's store where it is not yet whole, and return its path.

    A store that an older bundle left in this folder keeps its trainings.

    Raises
    ------
    UserError
        If a part is missing or differs from its hash.
    """
    store, hashes = folder / "store", _hashes(folder)
    note = (folder / NOTE).read_bytes()
    unpacked = (store / NOTE).exists() and (store / NOTE).read_bytes() == note
    if not (unpacked and _whole(folder, store)):
        names = sorted(name for name in hashes if name.endswith(".part"))
        content = b"".join(_checked(folder, name) for name in names)
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            tar.extractall(store, filter="data")
        (store / NOTE).write_bytes(note)
    return store


def jobs(folder: Path) -> list[Job]:
    """Return the jobs of a bundle, in the order in which they are trained.

    Raises
    ------
    UserError
        If the list is damaged, or the bundle was made by another version of this package.
    """
    listed = {}
    with contextlib.suppress(Damaged):
        listed = {name: Job.from_json(text) for name, text in _listed(folder)["jobs"].items()}
    if not listed or any(job.id != name for name, job in listed.items()):
        raise UserError(
            f"{folder} was made by another version of busutils: call its own, with "
            f"PYTHONPATH={folder}"
        )
    return list(listed.values())


def train(folder: Path, chosen: Sequence[Job], minutes: float | None, quiet: bool) -> list[Job]:
    """Train `chosen` in a bundle, pack what is finished, and return what is not."""
    store, keep = open_store(folder), _listed(folder)["keep"]
    try:
        return training.complete(chosen, keep, minutes, store, quiet)
    finally:
        pack(folder)


def pack(folder: Path) -> list[Path]:
    """Write the finished jobs of a bundle to ``done-000.zip`` ..., with their splits.

    None is larger than `PART`; a file of a job that alone is larger stays behind.
    """
    for old in folder.glob("done-*.zip"):
        old.unlink()
    packs: list[list[Path]] = [[]]
    size = 0
    for file in sorted((folder / "store" / "jobs").glob("[0-9a-f]*/job.json")):
        size += (more := sum(f.stat().st_size for f in _travelling(file.parent)))
        if packs[-1] and size > PART:
            packs.append([])
            size = more
        packs[-1].append(file.parent)
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
        If a file is damaged, holds what no job has or what a job cannot have made, or a job is
        there already with another result and `replace` is False.
    """
    store = store or paths.store()
    results: dict[str, dict[str, bytes]] = {}
    splits: set[str] = set()
    for file in map(Path, files):
        found, come_along = _read_zip(file, store)
        splits |= come_along
        for identity, content in found.items():
            if _other(results.get(identity, content), content):
                raise UserError(
                    f"{file}: job {identity} has another result in another file: merge one"
                )
            results[identity] = content
    there = {identity: _there(store, identity) for identity in results}
    different = [identity for identity in results if _other(there[identity], results[identity])]
    if different and not replace:
        raise UserError(
            f"job {different[0]} is there already with another result: add --replace to take the "
            "new one"
        )
    for name in splits:
        promises.keep(name, store)
    for identity, content in results.items():
        if identity in different or not content.keys() <= there[identity].keys():
            with paths.whole_folder(store / "jobs" / identity) as part:
                for name, data in content.items():
                    (part / name).write_bytes(data)
                (part / _jobs.MERGED).touch()
    return list(results)


def _there(store: Path, identity: str) -> dict[str, bytes]:
    """Files of a job in the store; none where it is damaged."""
    folder = store / "jobs" / identity
    content = {f.name: f.read_bytes() for f in folder.glob("*") if f.name in FILES}
    try:
        _jobs.check(identity, content, store)
    except Damaged:
        return {}
    return content


def _other(first: dict[str, bytes], second: dict[str, bytes]) -> bool:
    return bool(first) and first["cases.csv.gz"] != second["cases.csv.gz"]


def _packed(todo: list[Job], store: Path) -> bytes:
    """Gzipped tar of what jobs need, each checked first."""
    needed = set()
    for job in todo:
        for name in job.inputs:
            promises.keep(name, store)
            needed.add(name)
        _jobs.read_split(job, store), open_cached(job.dataset, store)
        _jobs.weights_file(job, store)
        if job.needs and job.needs not in todo:
            needed.add(f"jobs/{job.needs.id}")
    if imagenet := [job for job in todo if job.encoder_weights == "imagenet"]:
        with frameworks.loading():
            from busutils import fitting  # imports a framework, which takes seconds
        for job in imagenet:  # downloaded now, for there is no network there
            fitting.keep_imagenet(job, store)
            needed.add(fitting.imagenet_file(job))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as tar:
        for name in sorted(needed):
            tar.add(store / name, name)
    return buffer.getvalue()


def _hashes(folder: Path) -> dict[str, str]:
    if not (folder / NOTE).exists():
        raise UserError(f"{folder} is no bundle (no {NOTE}): make one with `busutils bundle`")
    with contextlib.suppress(ValueError):
        hashes = json.loads((folder / NOTE).read_bytes())
        if isinstance(hashes, dict) and "jobs.json" in hashes:
            return hashes
    raise UserError(f"{folder / NOTE} is damaged: copy the bundle again")


def _checked(folder: Path, name: str) -> bytes:
    data = (folder / name).read_bytes() if (folder / name).is_file() else b""
    if _sha256(data) != _hashes(folder)[name]:
        raise UserError(f"{folder / name} is missing or damaged: copy the bundle again")
    return data


def _listed(folder: Path) -> dict:
    return json.loads(_checked(folder, "jobs.json"))


def _whole(folder: Path, store: Path) -> bool:
    """Whether an unpacked store still holds what the jobs are trained on."""
    try:
        for job in jobs(folder):
            open_cached(job.dataset, store)
            _jobs.read_split(job, store)
    except UserError:
        return False
    return True


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _travelling(place: Path) -> list[Path]:
    """Files of a finished job that travel back: the smallest ones, up to `PART` in all."""
    chosen, left = [], PART
    files = [f for f in place.iterdir() if f.name in FILES]
    for file in sorted(files, key=lambda f: (f.name not in _jobs.SMALL, f.stat().st_size)):
        left -= file.stat().st_size
        if left >= 0 or file.name in _jobs.SMALL:
            chosen.append(file)
    return chosen


def _zip(target: Path, places: list[Path]) -> Path:
    files = {f"{p.name}/{f.name}": f.read_bytes() for p in places for f in _travelling(p)}
    store = target.parent / "store"
    for place in places:
        name = _jobs.load(place.name, store).split_file
        files[name] = (store / name).read_bytes()
    with (
        paths.whole_file(target) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("hashes.json", json.dumps({n: _sha256(d) for n, d in files.items()}))
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def _read_zip(file: Path, store: Path) -> tuple[dict[str, dict[str, bytes]], set[str]]:
    """Files of each job, and the splits that come with them: these are promised to the store."""
    results: dict[str, dict[str, bytes]] = {}
    splits = set()
    for name, data in _members(file).items():
        if split := SPLIT.fullmatch(name):
            if _sha256(data)[:12] != split[1]:
                raise UserError(f"{file}: split {split[1]} is damaged: pack and copy it again")
            promises.promise(name, data)
            splits.add(name)
        elif (member := JOB_FILE.fullmatch(name)) and member[2] in FILES:
            results.setdefault(member[1], {})[member[2]] = data
        else:
            raise UserError(f"{file}: {name} is no file of a job: pack and copy it again")
    if not results:
        raise UserError(f"{file} holds no finished job: train one there, and pack it")
    for identity, content in results.items():
        try:
            _jobs.check(identity, content, store)
        except Damaged as error:
            raise UserError(
                f"{file}: job {identity} is damaged ({error}): pack and copy it again"
            ) from error
    return results, splits


def _members(file: Path) -> dict[str, bytes]:
    """Content of a zip file by name, each as its hash says."""
    if not file.exists():
        raise UserError(f"{file} is not there: name a file that `jobs --bundle` wrote")
    try:
        with zipfile.ZipFile(file) as archive:
            hashes = json.loads(archive.read("hashes.json"))
            if not isinstance(hashes, dict):
                raise ValueError("hashes.json is no list of hashes")
            members = {name: archive.read(name) for name in hashes}
    except BROKEN_ZIP as error:
        raise UserError(
            f"{file} is no whole file of finished jobs ({error}): copy it again"
        ) from error
    for name, data in members.items():
        if _sha256(data) != hashes[name]:
            raise UserError(
                f"{file} is no whole file ({name} is not what was packed): copy it again"
            )
    return members
