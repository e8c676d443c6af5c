"""What the studies of the papers share: jobs with what they stand for, and their results."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Self

import pandas as pd

from busutils import compare, jobs, parameters, paths, statistics, thresholds
from busutils.data import reading, sets, splits
from busutils.data.dataset import NEEDS_PIXELS, Dataset
from busutils.data.files import NORMAL, Listing
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.runs import Run
from busutils.statistics import Difference

REPORTED = paths.project() / "book" / "reported"
SHARED = ("learning_rate", "patience", "epochs", "batch", "precision", "augmentation")
"""Parameters of notebooks that a job takes as they are."""


@dataclass(frozen=True)
class Settings:
    """The first parameters of every paper's notebook; a study adds its own, by the same names."""

    dataset: str
    data_root: str
    image_pattern: str
    mask_pattern: str
    label_pattern: str
    group_pattern: str
    mask_levels: list[int]
    size: int

    @classmethod
    def of(cls, values: Mapping) -> Self:
        """Pick the settings out of `values` (a notebook's variables) and check them.

        Raises
        ------
        UserError
            If a value is not of its type, or cannot be taken together with others.
        """
        kinds = {f.name: f.type for f in fields(cls)} | values.get("__annotations__", {})
        known = parameters.verify({**values, "__annotations__": kinds})
        settings = cls(**{f.name: known[f.name] for f in fields(cls)})
        unread = [name for name in known if name.endswith("_pattern") and known[name]]
        if unread and settings.dataset != "pairs":
            raise UserError(
                f"{unread[0]} is for your own images, and dataset is {settings.dataset}: take "
                "dataset pairs, or leave the pattern out"
            )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse values that cannot be used together."""


@dataclass(frozen=True)
class Study:
    """What `busutils run` asks of a paper's notebook: its settings, and its jobs by entries.

    `refuse` looks at the files found, before one is decoded: has the set what the page asks of it?
    """

    settings: type[Settings]
    entries: Callable[[Any, Dataset], list]
    refuse: Callable[[Any, Listing], None] = lambda settings, found: None

    def check(self, values: Mapping) -> None:
        """Refuse parameters or images that cannot be used, before anything is trained: plan it."""
        self.plan(values, self.dataset(values))

    def dataset(self, values: Mapping) -> Dataset:
        """Open the data set that the parameters name, at their size."""
        settings = self.settings.of(values)
        if published := _published(settings):
            return published.dataset(settings.size)
        found = listing(settings)
        self.refuse(settings, found)
        return _loaded(found, settings.size)

    def plan(self, values: Mapping, data: Dataset) -> list[Job]:
        """List every job that the parameters ask for."""
        return [entry.job for entry in self.entries(self.settings.of(values), data)]


@dataclass(frozen=True)
class Entry:
    """A job and what it stands for: a part of the page, a row there, a repeat of that row."""

    part: str
    name: str
    repeat: str
    job: Job


@dataclass(frozen=True)
class Results:
    """Finished entries with their counts, epochs and manifests; thresholds by job.

    An entry has part, repeat (two entries of one repeat saw the same split) and job.
    """

    settings: Settings
    entries: list
    cases: pd.DataFrame
    history: pd.DataFrame
    manifests: pd.DataFrame
    threshold: dict[str, float]

    @property
    def minutes(self) -> float:
        """Minutes of training, all jobs together."""
        return float(self.manifests["minutes"].sum())

    @property
    def machine(self) -> str:
        """Where the jobs were trained."""
        made = self.manifests[["backend", "device", "machine"]].drop_duplicates()
        return "; ".join(f"{m.backend} on {m.device} ({m.machine})" for m in made.itertuples())

    def of(self, part: str, name: str | None = None) -> list:
        """Entries of one part, and of one name in it."""
        return [e for e in self.entries if e.part == part and name in (None, e.name)]

    def scores(self, entry, score: str = "dice", split: str = "test") -> pd.DataFrame:
        """Score of each case of an entry's `split`, at the threshold chosen for its job."""
        named = {entry.job.id: entry.repeat}
        return compare.scores(self.cases, named, score, self.threshold, split)

    def has(self, split: str) -> bool:
        """Whether any case was scored in that split; a set of lesions alone has no normal."""
        return bool((self.cases["split"] == split).any())

    def mean(self, entry, score: str = "dice", split: str = "test") -> statistics.Interval:
        """Mean over cases of a score of one entry, with its interval."""
        table = self.scores(entry, score, split)
        return statistics.interval(table["score"], table["group"])

    def difference(self, first: Sequence, second: Sequence, split: str = "test") -> Difference:
        """Mean Dice of `first` minus that of `second` on the same cases, repeat by repeat."""
        both = (pd.concat([self.scores(e, split=split) for e in one]) for one in (first, second))
        return statistics.paired_difference(*both)


def collect(
    settings: Any,
    entries: Sequence,
    threshold_on: str | None = None,
    grid: Sequence[float] = thresholds.PAPER_GRID,
) -> Results:
    """Read what finished jobs left; choose a threshold of `grid` for each, or take 0.5."""
    all_jobs = list({e.job.id: e.job for e in entries}.values())
    cases = jobs.cases(all_jobs)
    chosen = cases[cases["split"] == threshold_on].groupby("job")
    best = {job: thresholds.best(table, grid=grid) for job, table in chosen}
    return Results(
        settings,
        list(entries),
        cases,
        jobs.history(all_jobs),
        jobs.manifests(all_jobs),
        {job.id: 0.5 for job in all_jobs} | best,
    )


def as_table(found: Sequence) -> pd.DataFrame:
    """Entries as a table, a row each, the job by its id."""
    return pd.DataFrame([{**vars(e), "job": e.job.id} for e in found])


def job(settings: Settings, data: Dataset, split: dict, seed: int, **own: Any) -> Job:
    """Return the training that a study's settings ask for; `own` is what they do not say alike.

    Where no `patience` is a setting, the rate stays as it is: no schedule is printed.
    """
    said = {name: getattr(settings, name) for name in SHARED if hasattr(settings, name)}
    said = {"patience": settings.epochs} | said | {"size": data.size}
    seeds = {"init_seed": seed, "order_seed": seed}
    return Job(dataset=data.fingerprint, split=split, **(said | seeds | own))


def keep_split(roles: pd.DataFrame, about: Mapping, fewest: int = 2) -> dict:
    """Keep a split's table of roles in the store and return what a job says of it.

    Raises
    ------
    UserError
        If fewer lesions than `fewest` are left to validate or to test on; an interval needs two.
    """
    for role, doing in {"val": "validate", "test": "test"}.items():
        of = roles[roles["role"] == role]
        groups = of.loc[of["label"] != NORMAL, "group"].nunique()
        if len(of) and groups < fewest:
            raise UserError(
                f"a split leaves too few lesions to {doing} on ({groups} of {fewest}, where images "
                "of one group count once): bring more images, or change the parameters of the split"
            )
    identity = splits.split_id(roles)
    if note := roles.attrs.get("note"):
        _say(note)
    jobs.promise_split(roles, identity)
    return {"id": identity, **about}


def refuse_empty_loss(settings: Any) -> None:
    """Refuse a Tversky loss without weights, which has no gradient."""
    if not settings.false_negatives + settings.false_positives:
        raise UserError(
            "false_negatives and false_positives are both 0, so that the loss would count nothing: "
            "raise one of them"
        )


@cache
def _say(note: str) -> None:
    """Tell a person what a split says of its numbers, once."""
    print(f"note: {note}", file=sys.stderr)


def listing(settings: Settings) -> Listing:
    """List the files of the set that a notebook's settings name.

    Raises
    ------
    UserError
        If they are not where the settings say, or these name a published run, which has no files.
    """
    if published := _published(settings):
        raise UserError(NEEDS_PIXELS.format(published.data))
    return sets.listing(
        settings.dataset,
        settings.data_root,
        settings.image_pattern,
        settings.mask_pattern,
        settings.label_pattern,
        settings.group_pattern,
        settings.mask_levels,
    )


def opened(settings: Settings, size: int) -> Dataset:
    """Open that set at `size` pixels; of a published run, its table of cases."""
    if published := _published(settings):
        return published.dataset(size)
    return _loaded(listing(settings), size)


def _published(settings: Settings) -> Run | None:
    """The published run that is named in place of a folder of images, as `rebuild` does."""
    run = Run(Path(settings.data_root))
    return run if settings.data_root and run.cases.is_file() else None


def _loaded(found: Listing, size: int) -> Dataset:
    data = reading.load(found, size)
    if set(data.cases["label"]) == {NORMAL}:
        raise UserError(
            f"every image of {data.name} is labelled {NORMAL}: call those with a lesion otherwise"
        )
    if not any(mask.any() for mask in data.masks):
        raise UserError(
            f"no mask of {data.name} holds a lesion at {size} pixels a side: white has to mark it "
            "(see `busutils data check`)"
        )
    return data


def facts(data: Dataset, results: Results, profile: str, cuts: Sequence[str]) -> dict[str, str]:
    """What the card at the head of a page says of the run."""
    labels = data.cases["label"].value_counts(sort=False)
    counted = ", ".join(f"{n} {label}" for label, n in labels.items())
    reduced = data.reduced() if results.settings.dataset in ("busi", "isic") else ""
    return {
        "Data": "; ".join(filter(None, [f"{data.name}: {counted}", reduced])),
        "Profile": profile,
        "Training": f"{results.minutes:.1f} minutes, {results.machine}",
        "Cut": "; ".join(cuts) or "nothing",
    }


def told(claims: Sequence[compare.Claim]) -> list[Mapping[str, Any]]:
    """Claims as plain values for ``numbers.json``."""
    return [
        {"sentence": c.sentence, "verdict": c.word}
        | ({"difference": c.difference.estimate} if c.difference else {})
        for c in claims
    ]
