"""Train jobs: what is missing, one after the other, each by one process at a time.

A framework is imported when a job has to be fitted (:mod:`busutils.fitting`), not before.
"""

import math
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import frameworks, jobs, models, paths, promises
from busutils.errors import RunError, UserError
from busutils.job import Job

TRAINING = "BUSUTILS_TRAINING"
"""Variable that is "none" where only finished jobs may be read (:mod:`busutils.rebuild`)."""


def complete(
    planned: Sequence[Job],
    keep: Iterable[str] = (),
    minutes: float | None = None,
    store: Path | None = None,
    quiet: bool = False,
    also: Iterable[str] = (),
) -> list[Job]:
    """Train what is missing of `planned`; resume what was interrupted.

    Parameters
    ----------
    keep : names of large files: probabilities, weights, encoder; a job that lacks one trains again
    also : names of those that a job which trains now keeps too
    minutes : stop after this time; what is unfinished goes on at the next call
    quiet : print no progress

    Returns
    -------
    The jobs that are still unfinished (empty unless `minutes` ran out).

    Raises
    ------
    UserError
        If a result is damaged, something is to be trained where `TRAINING` is "none", a network
        that is to outline does not answer with a mask, a file of weights is of another encoder, or
        as `train` does.
    RunError
        If the time was over before one epoch was trained, or as `train` does.
    """
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    store = store or paths.store()
    for job in planned:  # what is finished is published with its split
        promises.keep(job.split_file, store)
    todo = jobs.plan(planned, keep, store)
    _refuse_to_train(todo)
    if todo:
        _refuse_logs()
    _refuse_other_answers([job for job, _ in todo])
    _refuse_other_weights([job for job, _ in todo], store)
    for number, (job, large) in enumerate(todo, start=1):
        progress = Progress(f"job {number}/{len(todo)} {job.title}", job.epochs, quiet)
        if not train(job, large, set(also), store, deadline, progress):
            if number == 1 and not progress.shown:
                raise RunError(
                    f"{minutes:g} minutes were over before an epoch of job {job.id} ({job.title}) "
                    "was trained: give more with --minutes"
                )
            break
    return [job for job in planned if not jobs.finished(job, keep, store)]


def train(
    job: Job, keep: set[str], also: set[str], store: Path, deadline: float, progress: "Progress"
) -> bool:
    """Train `job`, or go on from its checkpoint, and write its folder.

    While another process trains it, this one waits. `keep` and `also` are those of `complete`.

    Returns
    -------
    False if the deadline (of ``time.monotonic``) came first; the checkpoint stays.

    Raises
    ------
    UserError
        If its data, split, weights or checkpoint are missing or damaged, its network's code has
        changed since it was planned, or another backend made the results that are there.
    RunError
        If the loss becomes NaN or the folder cannot be written.
    """
    for name in job.inputs:
        promises.keep(name, store)
    with frameworks.loading():
        from busutils import fitting
    place, waits = store / "jobs" / f".{job.id}.training", False
    while True:
        with paths.locked(place / "lock") as mine:
            if mine:
                done = jobs.finished(job, keep, store)
                show = partial(_show_and_log, job, progress)
                return done or fitting.fit(job, keep | also, store, place, deadline, show)
        if time.monotonic() > deadline:
            return False
        if not waits:
            progress.say(f"another process trains it: waiting (its lock is {place / 'lock'})")
        waits = True
        time.sleep(1)


def _refuse_to_train(todo: list[tuple[Job, set[str]]]) -> None:
    if todo and os.environ.get(TRAINING) == "none":
        job, _ = todo[-1]
        raise UserError(
            f"job {job.id} ({job.title}) is not published, so the page asks for another training "
            "than before: find out what changed its id"
        )


def _refuse_logs() -> None:
    """Refuse a folder of logs that cannot be written, before anything trains."""
    if folder := paths.logs():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise UserError(
                f"BUSUTILS_LOGS names {folder}, where nothing can be written ({error.strerror}): "
                "name another folder"
            ) from error


def _refuse_other_answers(todo: Sequence[Job]) -> None:
    """Refuse a network that tells of whole images where a mask is asked for, before one trains."""
    asked = {(j.model, j.size, str(j.options)): j for j in todo if j.task == "segment"}
    for job in asked.values():
        answer = models.outline(job.model, job.size, **job.options).output
        if getattr(answer, "shape", None) != (None, job.size, job.size, 1):
            raise UserError(
                f"{job.model} does not answer with one probability a pixel, which outlining needs "
                f"(job {job.id}, {job.title}): name a network whose output has the shape "
                f"(size, size, 1), here ({job.size}, {job.size}, 1)"
            )


def _refuse_other_weights(todo: Sequence[Job], store: Path) -> None:
    """Refuse a file of weights that is of another encoder, before one trains."""
    from_file = [job for job in todo if not job.needs and job.encoder_weights.startswith("file:")]
    for job in {(j.model, str(j.options), j.encoder_weights): j for j in from_file}.values():
        for name in job.inputs:
            promises.keep(name, store)
        file = jobs.weights_file(job, store)
        try:
            models.build(job.model, job.size, **job.options, encoder_weights=str(file))
        except UserError as error:
            backbone, width = models.backbone(job.model, job.options), job.options.get("alpha", 1.0)
            told = f"{models.weights_file(backbone, width)} of job {job.id}"
            raise UserError(f"{told} holds another network: {error}") from error


def _show_and_log(job: Job, progress: "Progress", history: list[dict]) -> None:
    """Show an epoch on the terminal, and write the epochs so far to ``<job>.csv`` of the logs."""
    progress.show(history)
    if folder := paths.logs():
        with paths.whole_file(folder / f"{job.id}.csv") as part:
            pd.DataFrame(history).to_csv(part, index=False, float_format="%.6g")


class Progress:
    """One line on the terminal: which job, which epoch, how good, how long still."""

    def __init__(self, title: str, epochs: int, quiet: bool):
        self.title, self.epochs, self.quiet = title, epochs, quiet
        self.shown = 0

    def say(self, text: str) -> None:
        """Write a line of its own."""
        if not self.quiet:
            print(f"\r{self.title}: {text}", file=sys.stderr, flush=True)

    def show(self, history: list[dict]) -> None:
        """Write the line; the last epoch of a job ends it."""
        self.shown += 1
        if self.quiet:
            return
        last, left = history[-1], self.epochs - len(history)
        seconds = left * np.median([h["seconds"] for h in history])
        line = (
            f"{self.title}: epoch {last['epoch']}/{self.epochs}, loss {last['loss']:.3f}, "
            f"validation Dice {last['val_dice']:.3f}, {seconds / 60:.0f} min left"
        )
        print(f"\r{line:<100}", end="" if left else "\n", file=sys.stderr, flush=True)
