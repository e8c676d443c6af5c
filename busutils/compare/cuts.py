"""What a run leaves of a paper's protocol, from its parameters and the paper's.

The paper's protocol stands in ``book/reported/paper<n>.yaml``, by the names of our parameters, and
beside it, under ``cuts``, what is said in words of its own. There an entry has `paper` (what the
paper did, where the protocol does not say it so), `say` (a sentence in which ``{ours}``,
``{paper}`` and parameters by name are filled in) and `when` (parameters that must have a value).
"""

from collections.abc import Mapping
from math import isclose
from typing import Any

SAY = {
    "dataset": "data: {ours} instead of {paper}",
    "encoder_weights": "encoder weights: {ours} instead of {paper}",
    "size": "pixels a side: {ours} instead of {paper}",
    "epochs": "epochs: {ours} instead of {paper}",
    "batch": "images a step: {ours} instead of {paper}",
    "learning_rate": "learning rate: {ours} instead of {paper}",
    "patience": "epochs until the rate falls: {ours} instead of {paper}",
    "stop_after": "epochs of patience: {ours} instead of {paper}",
    "folds": "folds: {ours} of {paper}",
    "train": "images to train on: {ours} instead of {paper}",
    "loss": "loss: {ours} instead of {paper}",
    "head": "head: {ours} instead of {paper}",
}
"""Parameters that protocols share, and how another value of them is said."""
ALL = {
    "phantoms": {
        "paper": 0,
        "say": (
            "phantom weights: the encoder was trained before on {phantoms} generated images of "
            "{phantom_size} pixels, {phantom_epochs} epochs; transfer from photographs is not "
            "tested"
        ),
        "when": {"encoder_weights": "phantom"},
    },
    "grouped": {
        "paper": False,
        "say": "near-duplicates stay on one side of the split (not in the paper)",
    },
    "batchnorm_momentum": {
        "paper": None,
        "say": "batch-norm momentum {ours}, for short runs",
    },
    "precision": {"paper": "float32", "say": "arithmetic: {ours}"},
}
"""What no paper prints and every run says if it is another than usual."""
NAMES = {"busi": "BUSI", "imagenet": "ImageNet"}
"""Values by the names that people know."""


def cuts(paper: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    """Say what a run leaves of the paper's protocol, or does otherwise.

    Parameters
    ----------
    paper : what :func:`busutils.compare.context` returns
    run : the run's parameters by name. A list beside a number is how many of so many were run, a
        pair of numbers as a tuple is from the one to the other, and beside a mapping (value ->
        printed name) a list tells by what is missing.

    Returns
    -------
    Sentences; none where the run does all as the paper.
    """
    own = paper.get("cuts", {})
    said = ALL | {
        name: {"paper": paper["protocol"][name], "say": say}
        for name, say in SAY.items()
        if paper["protocol"].get(name) is not None
    }
    for name, entry in own.get("instead", {}).items():
        known = said.pop(name, {"paper": paper["protocol"].get(name)})
        said[name] = known | (entry if isinstance(entry, dict) else {"say": entry})
    found = [
        _filled(said[name], run, run[name])
        for name in sorted(said, key=lambda name: name not in SAY)  # what protocols share first
        if name in run and _holds(said[name], run) and not _alike(run[name], said[name]["paper"])
    ]
    silent = [{"say": entry} if isinstance(entry, str) else entry for entry in own.get("ours", ())]
    ours = ", ".join(_filled(entry, run) for entry in silent if _holds(entry, run))
    return [*found, *([f"not printed, so ours: {ours}"] if ours else []), *own.get("always", ())]


def _holds(entry: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether an entry is about this run."""
    return all(run[name] == value for name, value in entry.get("when", {}).items())


def _alike(ours: Any, paper: Any) -> bool:
    if isinstance(paper, Mapping):
        return set(paper) <= set(ours)
    if isinstance(ours, list) and isinstance(paper, int):
        return len(ours) >= paper
    if isinstance(ours, bool) or not isinstance(ours, int | float):
        return ours == paper
    return isinstance(paper, int | float) and isclose(ours, paper, rel_tol=1e-3)


def _filled(entry: Mapping[str, Any], run: Mapping[str, Any], ours: Any = None) -> str:
    """The sentence of an entry with the run's values, with ours and the paper's."""
    paper = entry.get("paper")
    if isinstance(paper, Mapping):
        ours, paper = [told for name, told in paper.items() if name not in ours], [*paper.values()]
    elif isinstance(ours, list) and isinstance(paper, int):
        ours = len(ours)
    told = {**run, "ours": ours, "paper": paper}
    return entry["say"].format_map({name: _text(value) for name, value in told.items()})


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        low, high = value
        return _text(low) if low == high else f"{_text(low)} to {_text(high)}"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else NAMES.get(value, str(value))
