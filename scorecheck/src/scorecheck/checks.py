"""What a check says: its verdict, how strong it is, and the computation that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

FITS = "fits"
NOT = "does not fit"
OPEN = "cannot be checked"
VERDICTS = (FITS, NOT, OPEN)

NO_READING = "fits under no reading tried"
TWO_PLACES = "two printed places contradict"
IMPROBABLE = "improbable"
UNUSUAL = "unusual"
RECOVERED = "recovered"
STRENGTHS = (NO_READING, TWO_PLACES, IMPROBABLE, UNUSUAL, RECOVERED)
LIMIT = 1e-4
"""A chance times the number of searches is called improbable below this."""

AS_STATED = "as stated"
"""The reading of a statement that is taken at its word."""

MISPRINT = "a misprint, or a digit misread in the scan"
AVERAGING = "another averaging or weighting a column, or medians"
SOFT = "scores of probabilities instead of masks"
SMOOTHED = "a smoothing constant"
EPOCH = "another epoch or threshold a column"
BOTH_CLASSES = "precision and sensitivity are means of lesion and background"
LIBRARY = "a library's mean IoU that casts probabilities to 0 or 1"
WITH_BACKGROUND = "an IoU that is a mean with the background's"
LEFT_OUT = "images without a lesion left out of the IoU, and false alarms in them"
UNEQUAL = "batches or folds of unequal size"
ALWAYS = (MISPRINT, AVERAGING, SOFT, SMOOTHED, EPOCH)
"""Innocent causes that stay open for every score of a table."""

Answer = tuple[str, str, str]
"""Verdict, strength, and the computation, of a statement."""


@dataclass(frozen=True)
class Check:
    """One question to a table and its answer.

    Attributes
    ----------
    kind : which check
    place : where the numbers stand, for people
    verdict : one of `VERDICTS`
    strength : one of `STRENGTHS`, or "" where all is well or open
    shown : the computation, in a line or two
    readings : what was tried, or, where nobody can say, each reading with its answer
    rests : what a misfit rests on that papers hardly ever print; "" where it rests on none of it
    causes : innocent causes that stay open
    table, row, column : where, to find it again; "" where the check spans several
    finding : the finding in the list kept for this paper, where it is one
    paper, family : which paper, and which module asked
    printed, feasible : ends of the printed interval and of each reading's, for the picture
    cell, alike : key of the cell, and numbers that look like it and would fit: in a family's answer
        this question, in that of a whole paper every other one too
    """

    kind: str
    place: str
    verdict: str
    shown: str
    strength: str = ""
    readings: Sequence[str] = ()
    causes: Sequence[str] = ()
    rests: Sequence[str] = ()
    table: str = ""
    row: str = ""
    column: str = ""
    finding: str = ""
    paper: str = ""
    family: str = ""
    printed: tuple[float, float] | None = None
    feasible: tuple[tuple[float, float], ...] = ()
    cell: tuple[str, str, str] | None = None
    alike: Sequence[str] = ()

    @property
    def flagged(self) -> bool:
        """Whether a reader should look at it: it does not fit, is unusual, or was recovered."""
        return self.verdict == NOT or bool(self.strength)
