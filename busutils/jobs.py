"""What trainings leave, and which are still to be done.

A :class:`busutils.job.Job` is addressed by its inputs: ``job.id`` is a hash of them,
``runs/jobs/<id>/`` holds what it made; the small results of a published run's jobs lie packed in
its folder (:mod:`busutils.packed`). A job is finished where its manifest is. Nothing here trains,
or imports a deep-learning framework.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from busutils import integrity, packed, paths, promises
from busutils.data.dataset import TEXT, read_table
from busutils.errors import Damaged, UserError
from busutils.integrity import hash_of
from busutils.job import Job
from busutils.packed import Training

SMALL = ("job.json", "history.csv", "cases.csv.gz", "manifest.json")
KEEP = {
    "probabilities": "probabilities.npz",
    "weights": "model.weights.h5",
    "encoder": "encoder.weights.h5",
    "film": "film.npz",
}
MERGED = "merged"
"""Name of the file that marks a job as trained elsewhere: its results are never made again here."""


def folder(job: Job, store: Path | None = None) -> Path:
    """Where the finished job stands."""
    return _folder(job.id, store)


def finished(job: Job, keep: Iterable[str] = (), store: Path | None = None) -> bool:
    """Whether the job's results are there, with the large files in `keep`.

    Published small files are enough where `keep` is empty.

    Raises
    ------
    UserError
        If they are damaged.
    """
    if not ((folder(job, store) / "manifest.json").exists() or job.id in published()):
        return False
    read(job.id, store)
    return not _lacking(folder(job, store), keep)


def plan(
    jobs: Sequence[Job], keep: Iterable[str] = (), store: Path | None = None
) -> list[tuple[Job, set[str]]]:
    """List what has to be trained, in order, each with the large files to keep.

    The pre-training of an unfinished job comes before it and keeps its encoder.

    Raises
    ------
    UserError
        If a result is damaged, or lacks a large file and came from elsewhere.
    """
    todo: dict[str, tuple[Job, set[str]]] = {}
    for job in jobs:
        if finished(job, keep, store):
            continue
        if job.needs and not finished(job.needs, {"encoder"}, store):
            _refuse_to_replace(job.needs, {"encoder"}, store)
            todo.setdefault(job.needs.id, (job.needs, set()))[1].add("encoder")
        _refuse_to_replace(job, keep, store)
        todo.setdefault(job.id, (job, set()))[1].update(keep)
    return list(todo.values())


def again(jobs: Sequence[Job], keep: Iterable[str], store: Path | None = None) -> list[Job]:
    """List the finished ones of `jobs` that lack a large file in `keep`: it takes a training."""
    return [job for job in jobs if finished(job, (), store) and not finished(job, keep, store)]


def cases(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """Pixel counts of every case at every threshold.

    Columns: job, case, label, group, split (val, test, normal), threshold, tp, fp, fn, tn; where
    the task classifies also the probability p_malignant or p_lesion (where it only classifies, an
    image counts as one pixel).
    """
    return _tables({job.id: read(job.id, store).cases for job in jobs})


def history(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """Epochs of each job: job, epoch, loss, val_loss, val_dice, learning_rate, seconds."""
    return _tables({job.id: read(job.id, store).history for job in jobs})


def manifests(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """What made each job (backend, versions, machine, minutes, parameters), indexed by job id."""
    rows = {job.id: read(job.id, store).manifest for job in jobs}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("job")


def seal(folder: Path, manifest: dict) -> None:
    """Write the manifest of a job's folder, with the hashes of all files there and its own."""
    files = {file.name: paths.sha256(file) for file in sorted(folder.iterdir())}
    sealed = manifest | {"sha256": files | {"manifest.json": hash_of(manifest)}}
    (folder / "manifest.json").write_text(json.dumps(sealed, indent=1))


def publish(identities: Iterable[str], to: Path, store: Path | None = None) -> None:
    """Pack small results of finished jobs into the folder of a run, and publish their splits."""
    trainings = {}
    for identity in identities:
        made = read(identity, store)
        job = Job.from_dict(made.job)
        trainings[identity] = made._replace(job=job.values)
        paths.write(paths.published() / job.split_file, _split(job, store))
    packed.write(to, trainings)


def published() -> dict[str, packed.Archive]:
    """Where each published job lies, by id; errors are those of :func:`busutils.packed.find`."""
    return packed.find(paths.published())


def read(identity: str, store: Path | None = None) -> Training:
    """Return what a finished job left, from the store or as published; do not change it.

    Raises
    ------
    UserError
        If the job is not finished, or its files are damaged.
    """
    here = _folder(identity, store)
    if (here / "manifest.json").exists():
        return _stored(here, _stamps(here, SMALL), store or paths.store())
    if archive := published().get(identity):
        return _unpacked(archive, identity, store)
    raise UserError(f"job {identity} is not finished: train it first")


def made(identities: Iterable[str], store: Path | None = None) -> list[dict[str, Any]]:
    """Return what made each job that is finished, without reading its tables."""
    manifests = []
    for identity in identities:
        file = _folder(identity, store) / "manifest.json"
        if file.exists():
            manifests.append(json.loads(file.read_text(encoding="utf-8")))
        elif archive := published().get(identity):
            manifests.append(archive.jobs[identity]["manifest"])
    return manifests


def measured(jobs: Iterable[Job], name: str, store: Path | None = None) -> pd.DataFrame:
    """Rows that published runs measured of those jobs that are read as published.

    Parameters
    ----------
    name : table in ``measured/`` of a run, with a column job

    Returns
    -------
    DataFrame with the columns of that table; without any where nothing is known.
    """
    archives, rows = published(), []
    for job in jobs:
        if job.id in archives and not (folder(job, store) / "manifest.json").exists():
            table = _measured(archives[job.id].folder / "measured" / name)
            rows.append(table[table["job"] == job.id])
    return pd.concat(rows) if rows else pd.DataFrame(columns=["job"])


def load(identity: str, store: Path | None = None) -> Job:
    """Return a finished job; errors are those of `read`."""
    return Job.from_dict(read(identity, store).job)


def check(identity: str, content: Mapping[str, bytes], store: Path | None = None) -> Training:
    """Read the files of a finished job, by name.

    Raises
    ------
    Damaged
        If one is missing or cannot be what the job of this id has made.
    UserError
        If its split is missing or damaged.
    """
    if missing := [name for name in SMALL if name not in content]:
        raise Damaged(f"{missing[0]} is missing")
    try:
        job, manifest = (json.loads(content[name]) for name in ("job.json", "manifest.json"))
        history = pd.read_csv(io.BytesIO(content["history.csv"]))
        counts = io.BytesIO(gzip.decompress(content["cases.csv.gz"]))
        # a case called NA keeps its name
        cases = pd.read_csv(counts, dtype=TEXT, keep_default_na=False)
        made = Training(job, manifest, history, cases)
        _check(identity, made, store)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise Damaged(str(error)) from error
    _check_hashes(manifest, {name: hashlib.sha256(d).hexdigest() for name, d in content.items()})
    return made


def promise_split(table: pd.DataFrame, identity: str) -> None:
    """Promise the store a split's table of roles, by which jobs find it under its id."""
    promises.promise(f"splits/{identity}.csv", table.to_csv(index=False).encode())


def read_split(job: Job, store: Path | None = None) -> pd.DataFrame:
    """Return the table of roles (case, label, group, role) that `job` was planned with.

    Raises
    ------
    UserError
        If it is missing, or is not the one that its id stands for.
    """
    return pd.read_csv(io.BytesIO(_split(job, store)), dtype=str, keep_default_na=False)


def rows(job: Job, cases: pd.Series, role: str, store: Path | None = None) -> np.ndarray:
    """Return where the cases of one role in a job's split stand among `cases`, which are names."""
    of = read_split(job, store).set_index("case")["role"]
    return np.flatnonzero(of.reindex(cases) == role)


def probabilities(job: Job, role: str = "test") -> np.ndarray:
    """Return the probabilities that a job kept of its cases of a role: float (n, size, size)."""
    with np.load(folder(job) / KEEP["probabilities"]) as stored:
        return stored[role] / 255


def weights_file(job: Job, store: Path | None = None) -> Path | None:
    """Return the store's file that a job starts from, if it starts from one.

    Raises
    ------
    UserError
        If it is missing, or its hash is not its name.
    """
    if not job.weights_file:
        return None
    file = (store or paths.store()) / job.weights_file
    if not file.exists() or paths.sha256(file)[:12] != file.stem:
        raise UserError(
            f"the weights {file} are missing or damaged: delete the file and plan the job again"
        )
    return file


def _split(job: Job, store: Path | None) -> bytes:
    """Content of a job's table of roles: as promised, of the store, or as published."""
    name = job.split_file
    files = [base / name for base in (store or paths.store(), paths.published())]
    there, kept = [file for file in files if file.is_file()], promises.content(name)
    for content in [kept] if kept else map(Path.read_bytes, there):
        if hashlib.sha256(content).hexdigest()[:12] == job.split["id"]:
            return content
    told = f"split {files[0].name} of job {job.id} is missing:"
    if there:
        told = f"split {there[0]} is damaged (its hash is not its name): delete it and"
    raise UserError(f"{told} plan job {job.id} again from its data")


@lru_cache
def _measured(file: Path) -> pd.DataFrame:
    """Read a table that a published run measured; an empty one if it did not."""
    return read_table(file) if file.exists() else pd.DataFrame(columns=["job"])


def _folder(identity: str, store: Path | None) -> Path:
    return (store or paths.store()) / "jobs" / identity


def _check(identity: str, made: Training, store: Path | None) -> None:
    """Refuse what the job of this id cannot have made."""
    job = Job.from_dict(made.job)
    if job.id != identity:
        raise Damaged("job.json is of another job, or of another version of busutils")
    integrity.check_history(job, made.history)
    integrity.check_manifest(job, made.manifest, made.history)
    integrity.check_counts(job, made.cases, read_split(job, store))


def _stamps(folder: Path, names: Iterable[str]) -> tuple:
    """What tells whether files were written again since they were read."""
    files = [folder / name for name in names if (folder / name).exists()]
    return tuple((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files)


@lru_cache(64)
def _stored(folder: Path, stamps: tuple, store: Path) -> Training:
    """Read a job's folder, once in a process and again when a file changes."""
    content = {name: (folder / name).read_bytes() for name, *_ in stamps}
    try:
        return check(folder.name, content, store)
    except Damaged as error:
        raise _damaged(folder, error) from error


@lru_cache(64)
def _unpacked(archive: packed.Archive, identity: str, store: Path | None) -> Training:
    """Read a published job."""
    about = archive.jobs[identity]
    job = Job.from_dict(about["job"])
    pixels = 1 if job.task == "classify" else job.size**2
    share = "" if job.task == "segment" else f"p_{job.positive}"
    try:
        cases = packed.decode(archive.counts(identity), read_split(job, store), pixels, share)
        made = Training(about["job"], about["manifest"], archive.history(identity), cases)
        _check(identity, made, store)
    except Damaged as error:
        raise UserError(
            f"job {identity} in {archive.folder} is damaged ({error}): get it from git again"
        ) from error
    return made


def _damaged(folder: Path, reason: object) -> UserError:
    return UserError(
        f"job {folder.name} is damaged ({reason}): delete {folder}, and it is trained again"
    )


def _lacking(folder: Path, keep: Iterable[str]) -> list[str]:
    """Names of the large files in `keep` that a finished job has not; those there are whole."""
    there = [KEEP[name] for name in keep if (folder / KEEP[name]).exists()]
    for name in sorted(there):
        _refuse_changed(folder / name, _stamps(folder, [name, "manifest.json"]))
    return sorted(name for name in keep if KEEP[name] not in there)


def _refuse_to_replace(job: Job, keep: Iterable[str], store: Path | None) -> None:
    """Refuse to train a job again whose results came from elsewhere: they would be others."""
    here = folder(job, store)
    if (here / MERGED).exists():
        files = ", ".join(KEEP[name] for name in _lacking(here, keep))
        raise UserError(
            f"job {job.id} was trained elsewhere and merged without {files}, which is needed here: "
            f"copy it from there (store/jobs/{job.id} of the bundle) to {here}, or delete that "
            "folder, and the job is trained again with other results"
        )


@lru_cache
def _refuse_changed(file: Path, _: tuple) -> None:
    """Refuse a large file that is not the one of the manifest; hashed once in a process."""
    manifest = json.loads((file.parent / "manifest.json").read_text(encoding="utf-8"))
    try:
        _check_hashes(manifest, {file.name: paths.sha256(file)})
    except Damaged as error:
        raise _damaged(file.parent, error) from error


def _check_hashes(manifest: dict, hashes: dict[str, str]) -> None:
    """Compare the hashes of files with those in the manifest, which older ones have not."""
    expected = manifest.pop("sha256", {})
    if not isinstance(expected, dict):
        raise Damaged("manifest.json has no hashes")
    hashes = hashes | {"manifest.json": hash_of(manifest)}
    for name in expected.keys() & hashes.keys():
        if expected[name] != hashes[name]:
            raise Damaged(f"{name} is not what was written")


def _tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat([of.assign(job=name) for name, of in tables.items()], ignore_index=True)
    return table[["job", *[c for c in table.columns if c != "job"]]]
