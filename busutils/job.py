"""One training, described by plain values: its identity, what it needs, its title.

Nothing here reads data or results, or imports a deep-learning framework; a network's source is
hashed. What a training leaves is :mod:`busutils.jobs`.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from busutils import own_code
from busutils.errors import Damaged
from busutils.models import source

VERSION = 1
"""Raised when the same job would give other results."""
GONE = {"factor": 0.1}
"""Fields that jobs had once, with the only value that they ever took."""


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
    learning_rate, schedule, patience : Adam; "plateau": a tenth of the rate after `patience` epochs
        without a better validation loss; "cosine": from epoch to epoch down half a cosine to 0
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
    code : hash of the network's source; empty where that is as published
    loss_code : hash of the source of a loss that stands outside the package; else empty
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
    schedule: str = "plateau"
    code: str = field(init=False, default="")
    loss_code: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", source.changed(self.model))
        object.__setattr__(self, "loss_code", own_code.code("loss", self.loss))

    @property
    def id(self) -> str:
        """First 12 hexadecimal digits of the sha256 of its `values` as JSON, and `VERSION`."""
        text = json.dumps(self.values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{text}{VERSION}".encode()).hexdigest()[:12]

    @property
    def values(self) -> dict[str, Any]:
        """Its plain values; what equals its default is left out, in a nested job too.

        So a field added later changes no id; a default is therefore never changed.
        """
        return _without_defaults(asdict(self))

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

    @property
    def split_file(self) -> str:
        """Where in a store its table of roles stands."""
        return f"splits/{self.split['id']}.csv"

    @property
    def weights_file(self) -> str | None:
        """Where in a store the file of weights stands that it starts from, if it does."""
        start = "" if self.needs else self.encoder_weights
        return f"weights/{start[5:]}.h5" if start.startswith("file:") else None

    @property
    def inputs(self) -> list[str]:
        """Where in a store stands what it is trained on: split, data set, file of weights."""
        return [*filter(None, [self.split_file, f"cache/{self.dataset}", self.weights_file])]

    def to_json(self) -> str:
        """Return the job as JSON text."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Read a job from JSON text, as `from_dict` does."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Job":
        """Read a job, with the code that it was made with; a job nested as ``encoder_weights`` too.

        Raises
        ------
        Damaged
            If the values are of none.
        """
        try:
            values = {k: v for k, v in values.items() if k not in GONE or v != GONE[k]}
            codes = {name: values.pop(name, "") for name in ("code", "loss_code")}
            if isinstance(values.get("encoder_weights"), dict):
                values["encoder_weights"] = cls.from_dict(values["encoder_weights"])
            job = cls(**values)
        except (TypeError, AttributeError) as error:
            raise Damaged(f"job.json is no job: {error}") from error
        for name, code in codes.items():
            object.__setattr__(job, name, code)
        return job


def titles(jobs: Iterable[Job]) -> dict[str, str]:
    """Return a title for each job by its id; jobs of one title are told apart by what differs."""
    by_id = {job.id: job for job in jobs}
    told, alike = {}, defaultdict(list)
    for job in by_id.values():
        alike[job.title].append(asdict(job) | job.options | {"id": job.id})
    for title, facts in alike.items():
        names = dict.fromkeys(name for of in facts for name in of)
        names = [name for name in names if name not in ("id", "options", "split")]
        apart = [name for name in names if len({str(of.get(name)) for of in facts}) > 1]
        for of in facts:
            words = [f"{name} {of[name]}" for name in apart if name in of]
            told[of["id"]] = ", ".join([title, *words])
    often = Counter(told.values())
    return {
        identity: text + f", split {by_id[identity].split['id']}" * (often[text] > 1)
        for identity, text in told.items()
    }


def _without_defaults(values: dict) -> dict:
    """Leave out what equals its default, in a nested job too."""
    default = {f.name: f.default for f in fields(Job)} | {"options": {}, "loss_options": {}}
    kept = {k: v for k, v in values.items() if v != default[k]}
    if isinstance(kept.get("encoder_weights"), dict):
        kept["encoder_weights"] = _without_defaults(kept["encoder_weights"])
    return kept
