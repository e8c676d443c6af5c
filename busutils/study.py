"""What a page says of its trainings: its data, its plan of jobs, and what came of them.

A page opens its images (`dataset`), draws splits (`split`), lists what it wants trained as `Entry`
values, hands that plan to `train`, and asks the `Results` for scores, a verb each.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from busutils import (
    compare,
    figures,
    jobs,
    models,
    own_code,
    parameters,
    paths,
    statistics,
    thresholds,
    training,
)
from busutils.data import reading, sets, splits
from busutils.data.dataset import NEEDS_PIXELS, Dataset
from busutils.data.files import NORMAL, Listing
from busutils.errors import UserError
from busutils.job import Job
from busutils.runs import Run
from busutils.statistics import Difference, Interval


@dataclass(frozen=True)
class Entry:
    """A job and what it stands for on the page.

    Attributes
    ----------
    part : section or table that it is of
    name : row there
    repeat : the (split, seed) pair; entries of one repeat are compared case by case
    job : the training

    Raises
    ------
    UserError
        If a network of a cell has the name of a training of another one, which would run unseen.
    """

    part: str
    name: str
    repeat: str
    job: Job

    def __post_init__(self) -> None:
        if self.name in own_code.names("network") and self.job.model != self.name:
            raise UserError(
                f"{self.name} is the name of a training of this page, whose network is "
                f"{self.job.model}: give the network of your cell another name"
            )


def dataset(values: Mapping[str, Any], size: int | None = None) -> Dataset:
    """Check a page's parameters, and open the images that they name.

    Parameters
    ----------
    values : ``globals()`` of the page
    size : pixels a side, if not the parameter `size`

    Returns
    -------
    The `Dataset`; of a published run (as `rebuild` names in place of a folder) its table of cases.

    Raises
    ------
    UserError
        If a parameter is unknown or not of its type, or the images cannot be used.
    """
    known = parameters.verify(values)
    size = size or known["size"]
    if published := _published(known):
        return published.dataset(size)
    data = reading.load(_listing(known), size)
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


def listing(values: Mapping[str, Any]) -> Listing | None:
    """List the files that a page's parameters name, before one is decoded; None in a rebuild.

    Raises
    ------
    UserError
        If a parameter is unknown or not of its type, or the files are not where they say.
    """
    known = parameters.verify(values)
    return None if _published(known) else _listing(known)


def files(values: Mapping[str, Any]) -> Listing:
    """List the files that a page's parameters name, for what has to read them.

    Raises
    ------
    UserError
        As `listing` does, and in a rebuild, which has no files.
    """
    known = parameters.verify(values)
    if published := _published(known):
        raise UserError(NEEDS_PIXELS.format(published.data))
    return _listing(known)


def ceiling(data: Dataset) -> dict[str, float]:
    """Mean Dice of two masks of one frame, where a published page of these images measured it.

    No network can be asked for more. Returns a name and the Dice, to draw beside
    `Results.trivial`; nothing for other images.
    """
    pages = (Run(f.parent) for f in (paths.published() / "notebooks").glob("00_data-*/cases.csv"))
    of = [run.numbers for run in pages if run.manifest["data"]["name"] == data.name]
    agreed = [numbers["mask_agreement"]["mean"] for numbers in of if "mask_agreement" in numbers]
    return {"two masks of one frame": agreed[0]} if agreed else {}


def split(roles: pd.DataFrame, fewest: int = 2, **about: Any) -> dict[str, Any]:
    """Keep a split's table of roles, and return what a job says of it.

    Parameters
    ----------
    roles : as :mod:`busutils.data.splits` makes them
    fewest : lesions that must be left to validate and to test on; an interval needs two
    about : what a person wants to know of it, such as its kind, fold and seed

    Raises
    ------
    UserError
        If fewer lesions are left, where those of one group count once.
    """
    for role, doing in {"val": "validate", "test": "test"}.items():
        of = roles[roles["role"] == role]
        groups = of.loc[of["label"] != NORMAL, "group"].nunique()
        if len(of) and groups < fewest:
            raise UserError(
                f"a split leaves too few lesions to {doing} on ({groups} of {fewest}, where images "
                "of one group count once): bring more images, or change the parameters of the split"
            )
    if note := roles.attrs.get("note"):
        _tell(note)
    identity = splits.split_id(roles)
    jobs.promise_split(roles, identity)
    return {"id": identity, **about}


def job(data: Dataset, split: Mapping[str, Any], seed: int, **protocol: Any) -> Job:
    """Return one training on a split of a set.

    The rate stays as it is unless `protocol` has a `patience`: no schedule is printed in most
    papers. `protocol` is what else :class:`busutils.job.Job` takes.

    Raises
    ------
    UserError
        If the network or an option is unknown, or the size cannot be taken. A page's own network
        is registered in a cell tagged ``plan``.
    """
    seeds = {"init_seed": seed, "order_seed": seed}
    about = {"dataset": data.fingerprint, "size": data.size, "split": dict(split)}
    planned = Job(**(about | seeds | {"patience": protocol["epochs"]} | protocol))
    models.check(planned.model, planned.size, **planned.options)
    return planned


def train(
    plan: Sequence[Entry],
    threshold_on: str | None = None,
    grid: Sequence[float] = thresholds.PAPER_GRID,
    lesions_only: bool = False,
    keep: Set[str] = frozenset(),
    also: Set[str] = frozenset(),
) -> "Results":
    """Train what is missing of a plan, and read what all of it left.

    Parameters
    ----------
    plan : a job that several entries name is trained once
    threshold_on : split on whose cases each job's threshold is chosen; None takes 0.5 for all
    grid : thresholds to choose from
    lesions_only : leave out images whose mask is empty
    keep : what jobs have to have kept (:data:`busutils.jobs.KEEP`); those that lack it train again
    also : what those that train now keep too, since a cell below asks for it
    """
    planned = list({e.job.id: e.job for e in plan}.values())
    training.complete(planned, keep, also=also)
    cases = jobs.cases(planned)
    if lesions_only:
        cases = cases[cases["tp"] + cases["fn"] > 0]
    chosen = cases[cases["split"] == threshold_on].groupby("job")
    best = {job: thresholds.best(table, grid=grid) for job, table in chosen}
    half = {job.id: 0.5 for job in planned}
    return Results(list(plan), cases, jobs.history(planned), jobs.manifests(planned), half | best)


@dataclass(frozen=True)
class Results:
    """Finished entries with what their trainings left.

    Attributes
    ----------
    entries : the plan
    cases : counts of each case by job, split and threshold (:func:`busutils.jobs.cases`)
    history : a row an epoch of each job
    manifests : a row a job, by its id
    threshold : job id -> its threshold
    """

    entries: list[Entry]
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

    def of(self, part: str, name: str | None = None) -> list[Entry]:
        """Entries of one part, and of one name in it."""
        return [e for e in self.entries if e.part == part and name in (None, e.name)]

    def names(self, part: str) -> list[str]:
        """Names of the entries of one part, in the order of the plan."""
        return list(dict.fromkeys(e.name for e in self.of(part)))

    def has(self, split: str) -> bool:
        """Whether any case was scored in that split; a set of lesions alone has no normal."""
        return bool((self.cases["split"] == split).any())

    def scores(
        self,
        entries: Entry | Sequence[Entry],
        score: str = "dice",
        split: str = "test",
        at: float | None = None,
    ) -> pd.DataFrame:
        """Score each case of a split, a row a case and entry.

        Parameters
        ----------
        entries : one, or several that do not share a (split, seed) pair
        score : a name of ``metrics.SCORES``
        split : train, val, test or normal
        at : threshold for all; None takes the one chosen for each job

        Returns
        -------
        DataFrame with columns case, label, group, repeat, score, tp, fp, fn, tn and others.
        """
        entries = [entries] if isinstance(entries, Entry) else entries
        limits = self.threshold if at is None else at
        return pd.concat(
            compare.scores(self.cases, {e.job.id: e.repeat}, score, limits, split) for e in entries
        )

    def mean(self, entries: Entry | Sequence[Entry], *of: Any, **how: Any) -> Interval:
        """Mean over cases of a score, with its interval; a case scored twice is averaged first.

        Which score, of which split, at which threshold: as `scores` takes them; so below.
        """
        return statistics.case_mean(self.scores(entries, *of, **how))

    def difference(
        self, first: Entry | Sequence[Entry], second: Entry | Sequence[Entry], *of: Any, **how: Any
    ) -> Difference:
        """Mean score of `first` minus that of `second` on the same cases, repeat by repeat."""
        both = (self.scores(side, *of, **how) for side in (first, second))
        return statistics.paired_difference(*both)

    def evidence(self, entries: Sequence[Entry], *of: Any, **how: Any) -> pd.DataFrame:
        """Score each case as :func:`busutils.compare.judge` takes it, with the facts of its row.

        Returns
        -------
        DataFrame with the columns of `scores`, and row (the name of the entry), weights, rate,
        loss, rising; of no entries the column row alone.
        """
        flat = compare.converged(self.history)
        tables = [
            self.scores(e, *of, **how).assign(
                row=e.name,
                weights=starts_from(e.job),
                rate=e.job.learning_rate,
                loss=e.job.loss,
                rising=not flat[e.job.id],
            )
            for e in entries
        ]
        return pd.concat(tables) if tables else pd.DataFrame(columns=["row"])

    def facts(self, data: Dataset, profile: str, cuts: Sequence[str]) -> dict[str, str]:
        """What the card at the head of a page says of the run; `profile` says how it was run."""
        labels = data.cases["label"].value_counts(sort=False)
        counted = ", ".join(f"{n} {label}" for label, n in labels.items())
        return {
            "Data": "; ".join(filter(None, [f"{data.name}: {counted}", data.reduced()])),
            "Profile": profile,
            "Training": f"{self.minutes:.1f} minutes, {self.machine}",
            "Cut": "; ".join(cuts) or "nothing",
        }

    def row(self, entries: Sequence[Entry], **about: Any) -> compare.Row:
        """What stands for a printed row: all jobs of `entries`, and whether they converged.

        A training converged if it was flat at its end, or was ended by its own early stopping.
        `about` is what else :class:`busutils.compare.Row` takes.
        """
        flat, epochs = compare.converged(self.history), self.manifests["epochs"]
        ended = all(flat[e.job.id] or epochs[e.job.id] < e.job.epochs for e in entries)
        return compare.Row({e.job.id: e.repeat for e in entries}, converged=ended, **about)

    def best_epoch(self, entry: Entry) -> pd.Series:
        """The epoch with the lowest validation loss, whose weights are scored."""
        history = self.history[self.history["job"] == entry.job.id]
        return history.loc[history["val_loss"].idxmin()]

    def trivial(self, entries: Sequence[Entry], data: Dataset, split: str = "test") -> pd.DataFrame:
        """Counts of three answers that need no training, on the images of a split of `entries`.

        The ellipse is fitted to the training images of each split.

        Returns
        -------
        DataFrame with columns answer, row, tp, fp, fn, tn, case.
        """
        counts = []
        for job in {e.job.split["id"]: e.job for e in entries}.values():
            train, asked = (jobs.rows(job, data.cases["case"], role) for role in ("train", split))
            ellipse = statistics.best_ellipse(data.masks[train])
            answers = statistics.trivial_answers(data.masks[asked], ellipse)
            case = data.cases["case"].to_numpy()[asked[answers["row"]]]
            counts.append(answers.assign(case=case))
        return pd.concat(counts)

    def measured(
        self,
        run: Run,
        name: str,
        entries: Sequence[Entry],
        make: Callable[[Entry], pd.DataFrame],
        *,
        keep: Set[str] = frozenset(),
        **given: Any,
    ) -> pd.DataFrame:
        """Return what `make` measures on pixels of each training, which the run keeps.

        A training that is read as published was measured by the run that published it, so that it
        need not be trained again for that.

        Parameters
        ----------
        run : the page's own
        name : table in ``measured/``; where something else is measured it needs another name
        entries : the trainings; one that stands in several is measured once
        make : measures one of them
        keep : large files that this takes
        given : what else it depends on; other rows than with these values are measured anew

        Returns
        -------
        The rows of each entry with the columns job, row and repeat (its own) and those of `make`.
        """
        by_job = {e.job.id: e for e in entries}

        def table() -> pd.DataFrame:
            known = jobs.measured((e.job for e in by_job.values()), name)
            for column, value in given.items():
                known = known[known[column] == value] if len(known) else known
            new = [e for identity, e in by_job.items() if identity not in set(known["job"])]
            train(new, keep=keep)
            made = [make(e).assign(job=e.job.id, **given) for e in new]
            return pd.concat([known, *made])

        of = pd.DataFrame([{"job": e.job.id, "row": e.name, "repeat": e.repeat} for e in entries])
        return of.merge(run.measured(name, table), on="job")

    def pictures(
        self, entry: Entry, data: Dataset, split: str = "test"
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
        """Images, truths, probabilities and names of the cases of a split, for figures.

        Returns
        -------
        uint8 (n, size, size, channels), bool (n, size, size), float (n, size, size) in [0, 1], and
        n names.
        """
        rows = jobs.rows(entry.job, data.cases["case"], split)
        names = data.cases["case"].iloc[rows].tolist()
        return data.images[rows], data.masks[rows], jobs.probabilities(entry.job, split), names

    def explored(
        self,
        entries: Mapping[str, Entry],
        data: Dataset,
        split: str = "test",
        generated: bool = False,
    ) -> dict[str, Any]:
        """What the explorer shows of networks by name, which kept answers to one split's cases.

        Of images of people it shows a few.
        """
        first = next(iter(entries.values()))
        images, truths, _, names = self.pictures(first, data, split)
        answers = {name: jobs.probabilities(e.job, split) for name, e in entries.items()}
        cases = data.cases.set_index("case").loc[names].reset_index()
        return figures.explored(images, truths, answers, cases, sets.credit(data.name), generated)

    def curves(
        self, panels: Mapping[str, Iterable[Entry]], quantity: str = "loss", **look: Any
    ) -> Figure:
        """Draw a quantity by epoch, all rows in one plot; `panels` names them.

        `look` is what else :func:`busutils.figures.curves` takes.
        """
        ids = {title: [e.job.id for e in entries] for title, entries in panels.items()}
        return figures.curves(self.history, ids, quantity, **look)


def table(plan: Sequence[Entry]) -> pd.DataFrame:
    """Return a plan as a table, a row an entry, the job by its id."""
    return pd.DataFrame([{**vars(e), "job": e.job.id} for e in plan])


def starts_from(job: Job) -> str:
    """What a training's encoder starts from: imagenet (a file of it too), phantom or none."""
    if job.needs:
        return "phantom"
    return "none" if job.encoder_weights == "none" else "imagenet"


@cache
def _tell(note: str) -> None:
    """Tell a person what a split says of its numbers, once."""
    print(f"\rnote: {note}", file=sys.stderr)


def _listing(known: Mapping[str, Any]) -> Listing:
    patterns = {k: v for k, v in known.items() if k.endswith("_pattern")}
    unread = [name for name, pattern in patterns.items() if pattern]
    if unread and known["dataset"] != "pairs":
        raise UserError(
            f"{unread[0]} is for your own images, and dataset is {known['dataset']}: take "
            "dataset pairs, or leave the pattern out"
        )
    return sets.listing(
        known["dataset"], known["data_root"], *patterns.values(), known["mask_levels"]
    )


def _published(known: Mapping[str, Any]) -> Run | None:
    """The published run that is named in place of a folder of images, as `rebuild` does."""
    run = Run(Path(known["data_root"]))
    return run if known["data_root"] and run.cases.is_file() else None
