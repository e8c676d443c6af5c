"""One training, described by plain values: its identity, its folder, its results.

A job is addressed by its inputs: ``job.id`` is a hash of them, ``runs/jobs/<id>/`` holds what it
made, ``book/results/jobs/<id>/`` the small files of published ones. Nothing here imports a
deep-learning framework until something must be trained.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd

from busutils import frameworks, paths
from busutils.data.dataset import TEXT
from busutils.errors import UserError

VERSION = 1
"""Raised when the same job would give other results."""

SMALL = ("job.json", "history.csv", "cases.csv.gz", "manifest.json")
KEEP = {
    "probabilities": "probabilities.npz",
    "weights": "model.weights.h5",
    "encoder": "encoder.weights.h5",
    "film": "film.npz",
}


@dataclass(frozen=True)
class Job:
    """The protocol of one training of one model on one split.

    Attributes
    ----------
    dataset : fingerprint of the data set, at `size` pixels
    split : id (of the table of roles) and how it was drawn
    model, options : what :func:`busutils.models.build` takes
    encoder_weights : "none", "imagenet", "file:<hash>" (in the store's weights folder), or a
        :class:`Job` whose encoder is taken (pre-training)
    freeze : all_but_batchnorm, all, none, random_frozen
    preprocessing : "paper" (0 to 1) or "backbone" (what the encoder's ImageNet weights expect)
    batchnorm_momentum : None leaves the model's own
    reestimate_batchnorm : set batch-norm statistics from the training images first (for weights
        with folded batch norm)
    loss, loss_options : what :func:`busutils.losses.build` takes
    learning_rate, patience, factor : Adam; rate times `factor` after `patience` epochs without a
        better validation loss
    augmentation : what :func:`busutils.augment.draw` takes
    init_seed, order_seed : of the weights, and of data order and augmentation
    task : "segment"; "classify": tell of the whole image whether it is `positive`; "both": outline
        the lesion and tell whether it is malignant
    positive : of "classify": "malignant", or "lesion" (malignant or benign)
    class_weight, mask_weight : of "both": weights of the malignancy's cross-entropy and of the loss
        of the mask
    stop_after : stop after so many epochs without a better validation loss; None never stops
    record : "none"; "training" scores the training cases too and keeps accuracy, IoU, sensitivity
        and precision of every epoch; "weights" also keeps the weights; "film" also keeps the
        weights, and prediction and Grad-CAM of one validation case in every epoch
    """

    dataset: str
    size: int
    split: dict
    model: str
    options: dict = field(default_factory=dict)
    encoder_weights: "str | Job" = "none"
    freeze: str = "none"
    preprocessing: str = "paper"
    batchnorm_momentum: float | None = None
    reestimate_batchnorm: bool = False
    loss: str = "focal_tversky"
    loss_options: dict = field(default_factory=dict)
    learning_rate: float = 1e-4
    patience: int = 10
    factor: float = 0.1
    epochs: int = 100
    batch: int = 8
    augmentation: str = "none"
    precision: str = "float32"
    init_seed: int = 0
    order_seed: int = 0
    task: str = "segment"
    positive: str = "malignant"
    class_weight: float = 1.0
    stop_after: int | None = None
    record: str = "none"
    mask_weight: float = 1.0

    @property
    def id(self) -> str:
        """First 12 hexadecimal digits of the sha256 of the canonical JSON and `VERSION`.

        What equals its default is left out, so that a field added later changes no id; a default
        is therefore never changed.
        """
        text = json.dumps(_told(asdict(self)), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{text}{VERSION}".encode()).hexdigest()[:12]

    @property
    def needs(self) -> "Job | None":
        """The pre-training that this job starts from."""
        return self.encoder_weights if isinstance(self.encoder_weights, Job) else None

    @property
    def title(self) -> str:
        """A short name for people."""
        name = self.options.get("backbone", self.model)
        start = "a job" if self.needs else self.encoder_weights
        return f"{name} from {start}, freeze {self.freeze}, {self.size} px, seed {self.init_seed}"

    def to_json(self) -> str:
        """Return the job as JSON text."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Read a job; a job nested as ``encoder_weights`` too."""
        return cls._from_dict(json.loads(text))

    @classmethod
    def _from_dict(cls, values: dict) -> "Job":
        if isinstance(values["encoder_weights"], dict):
            values = values | {"encoder_weights": cls._from_dict(values["encoder_weights"])}
        return cls(**values)


def _told(values: dict) -> dict:
    """Leave out what equals its default, in a nested job too."""
    default = {f.name: f.default for f in fields(Job)} | {"options": {}, "loss_options": {}}
    told = {k: v for k, v in values.items() if v != default[k]}
    if isinstance(told.get("encoder_weights"), dict):
        told["encoder_weights"] = _told(told["encoder_weights"])
    return told


def folder(job: Job, store: Path | None = None) -> Path:
    """Where the finished job stands."""
    return (store or paths.store()) / "jobs" / job.id


def finished(job: Job, keep: Iterable[str] = (), store: Path | None = None) -> bool:
    """Whether the job's results are there, with the large files in `keep`.

    Published small files are enough where `keep` is empty.
    """
    here = folder(job, store)
    if here.exists():
        return all((here / KEEP[k]).exists() for k in keep)
    return not keep and (paths.published() / "jobs" / job.id).exists()


def plan(
    jobs: Sequence[Job], keep: Iterable[str] = (), store: Path | None = None
) -> list[tuple[Job, set[str]]]:
    """List what has to be trained, in order, each with the large files to keep.

    The pre-training of an unfinished job comes before it and keeps its encoder.
    """
    todo: dict[str, tuple[Job, set[str]]] = {}
    for job in jobs:
        if finished(job, keep, store):
            continue
        if job.needs and not finished(job.needs, {"encoder"}, store):
            todo.setdefault(job.needs.id, (job.needs, set()))[1].add("encoder")
        todo.setdefault(job.id, (job, set()))[1].update(keep)
    return list(todo.values())


def complete(
    jobs: Sequence[Job],
    keep: Iterable[str] = (),
    minutes: float | None = None,
    store: Path | None = None,
    quiet: bool = False,
) -> list[Job]:
    """Train what is missing of `jobs`; resume what was interrupted.

    Parameters
    ----------
    jobs : sequence of Job
    keep : names of large files: probabilities, weights, encoder
    minutes : stop after this time; what is unfinished goes on at the next call
    quiet : print no progress

    Returns
    -------
    The jobs that are still unfinished (empty unless `minutes` ran out).
    """
    todo = plan(jobs, keep, store)
    if todo:
        with frameworks.loading():
            from busutils import training  # imports a framework, which takes seconds

        training.train_all(todo, store or paths.store(), minutes, quiet)
    return [job for job in jobs if not finished(job, keep, store)]


def cases(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """Pixel counts of every case at every threshold.

    Columns: job, case, label, group, split (val, test, normal), threshold, tp, fp, fn, tn; where
    the task classifies also the probability p_malignant or p_lesion (where it only classifies, an
    image counts as one pixel).
    """
    return _tables(jobs, "cases.csv.gz", store)


def history(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """Epochs of each job: job, epoch, loss, val_loss, val_dice, learning_rate, seconds."""
    return _tables(jobs, "history.csv", store)


def manifests(jobs: Iterable[Job], store: Path | None = None) -> pd.DataFrame:
    """What made each job (backend, versions, machine, minutes, parameters), indexed by job id."""
    rows = {j.id: json.loads((results(j.id, store) / "manifest.json").read_text()) for j in jobs}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("job")


def publish(jobs: Iterable[Job], store: Path | None = None) -> None:
    """Copy the small files of finished jobs, and their splits, to the published results.

    What is published stays if the new results are the same (a job that was made again for its
    probabilities took other minutes), and so does a pre-training, from which earlier jobs started.
    """
    store = store or paths.store()
    for job in jobs:
        for one in filter(None, (job, job.needs)):
            here, there = folder(one, store), paths.published() / "jobs" / one.id
            stays = there.exists() and (one is not job or _same_cases(here, there))
            if here.exists() and not stays:
                with paths.whole_folder(there) as part:
                    for name in SMALL:
                        shutil.copyfile(here / name, part / name)
            split = f"{one.split['id']}.csv"
            if (store / "splits" / split).exists():
                with paths.whole_file(paths.published() / "splits" / split) as part:
                    shutil.copyfile(store / "splits" / split, part)


def _same_cases(here: Path, there: Path) -> bool:
    files = [place / "cases.csv.gz" for place in (here, there)]
    return all(f.exists() for f in files) and files[0].read_bytes() == files[1].read_bytes()


def results(identity: str, store: Path | None = None) -> Path:
    """Folder of a finished job's small files, in the store or published.

    Raises
    ------
    UserError
        If the job is not finished.
    """
    for base in (store or paths.store(), paths.published()):
        if (base / "jobs" / identity).exists():
            return base / "jobs" / identity
    raise UserError(f"job {identity} is not finished: train it first")


def write_split(table: pd.DataFrame, identity: str, store: Path | None = None) -> None:
    """Keep a split's table of roles in the store, where jobs find it by its id."""
    target = (store or paths.store()) / "splits" / f"{identity}.csv"
    if not target.exists():
        with paths.whole_file(target) as part:
            table.to_csv(part, index=False)


def read_split(job: Job, store: Path | None = None) -> pd.DataFrame:
    """Return the table of roles (case, label, group, role) that `job` was planned with."""
    name = f"{job.split['id']}.csv"
    for base in (store or paths.store(), paths.published()):
        if (base / "splits" / name).exists():
            return pd.read_csv(base / "splits" / name, dtype=TEXT)
    raise UserError(f"split {name} of job {job.id} is missing: plan the job again from its data")


def _tables(jobs: Iterable[Job], name: str, store: Path | None) -> pd.DataFrame:
    tables = [_table(j, name, store) for j in jobs]
    table = pd.concat(tables, ignore_index=True)
    return table[["job", *[c for c in table.columns if c != "job"]]]


def _table(job: Job, name: str, store: Path | None) -> pd.DataFrame:
    return pd.read_csv(results(job.id, store) / name, dtype=TEXT).assign(job=job.id)
