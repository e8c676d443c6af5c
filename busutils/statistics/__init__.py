"""How far a number can be trusted: intervals, one more repeat, paired differences.

The estimand is named once and kept: the expected score of a training procedure on new cases.
Near-duplicate images are not new cases, so whole groups are resampled, never single images.
"""

from busutils.statistics.intervals import (
    Interval,
    alone,
    case_mean,
    exact,
    interval,
    pooled_interval,
    pooled_parts,
    resampled_interval,
)
from busutils.statistics.repeats import (
    Difference,
    Spread,
    holm,
    independent_difference,
    mean_of_few,
    paired_difference,
    paired_differences,
    repeat_interval,
    repeated_mean,
    training_spread,
)
from busutils.statistics.trivial import best_ellipse, centred_ellipse, trivial_answers
