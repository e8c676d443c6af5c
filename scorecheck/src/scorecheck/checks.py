"""What a check says: its verdict, how strong it is, the computation, and innocent causes."""

from collections.abc import Sequence
from dataclasses import dataclass

from scorecheck.spans import Span

VERDICTS = FITS, NOT, OPEN = "fits", "does not fit", "cannot be checked"
NO_READING = "fits under no reading tried"
TWO_PLACES = "two printed places contradict"
IMPROBABLE = "improbable"
UNUSUAL = "unusual"
CHANCE = "may be chance"
RECOVERED = "recovered"
STRENGTHS = (NO_READING, TWO_PLACES, IMPROBABLE, UNUSUAL, CHANCE, RECOVERED)
AS_STATED = "as stated"
"""The reading of a statement that is taken at its word."""

MISPRINT = "a misprint, or a digit misread in the scan"
AVERAGING = "another averaging or weighting a column, or medians"
EPOCH = "another epoch or threshold a column"
SOFT = "scores of probabilities instead of masks"
BOTH_CLASSES = "precision and sensitivity are means of lesion and background"
LIBRARY = "a library's mean IoU that casts probabilities to 0 or 1"
WITH_BACKGROUND = "an IoU that is a mean with the background's"
ALWAYS = (MISPRINT, AVERAGING, SOFT, "a smoothing constant", EPOCH)
"""Innocent causes that stay open for every score of a table."""

Judgement = tuple[str, str, Sequence[str]]
"""Verdict, strength, and innocent causes."""
Answer = tuple[str, str, str]
"""Verdict, strength, and the computation, of a statement."""


@dataclass(frozen=True)
class Check:
    """One question to a table and its answer."""

    kind: str  # which check
    place: str  # where the numbers stand, for people
    verdict: str  # one of `VERDICTS`
    shown: str  # the computation, in a line or two
    strength: str = ""  # one of `STRENGTHS`; "" where all is well or open
    readings: Sequence[str] = ()  # what was tried, or, if nobody can say, each with its answer
    causes: Sequence[str] = ()  # innocent causes that stay open
    rests: Sequence[str] = ()  # what a misfit rests on that papers hardly ever print
    table: str = ""  # where, to find it again; "" where the check spans several
    row: str = ""
    column: str = ""
    finding: str = ""  # the finding in the list kept for this paper, where it is one
    paper: str = ""
    family: str = ""  # which family of checks asked
    printed: Span | None = None
    feasible: Sequence[Span] = ()  # what each reading allows
    cell: tuple[str, str, str] | None = None
    alike: Sequence[str] = ()  # other texts of the cell that would fit, where somebody looked

    @property
    def flagged(self) -> bool:
        """Whether a reader should look at it: it does not fit, is unusual, or was recovered."""
        return self.verdict == NOT or bool(self.strength)


def judged(good: bool, causes: Sequence[str], strength: str = NO_READING) -> Judgement:
    """It fits, or does not, with a strength and innocent causes."""
    return (FITS, "", ()) if good else (NOT, strength, causes)


def remark(unusual: bool, causes: Sequence[str] = (), strength: str = UNUSUAL) -> Judgement:
    """It fits; where it is unusual, with a strength."""
    return FITS, strength if unusual else "", causes
