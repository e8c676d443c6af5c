"""Innocent causes of a misfit."""

MISPRINT = "a misprint, or a digit misread in the scan"
AVERAGING = "another averaging or weighting a column, or medians"
EPOCH = "another epoch or threshold a column"
SOFT = "scores of probabilities instead of masks"
BOTH_CLASSES = "precision and sensitivity are means of lesion and background"
LIBRARY = "a library's mean IoU that casts probabilities to 0 or 1"
WITH_BACKGROUND = "an IoU that is a mean with the background's"
ALWAYS = (MISPRINT, AVERAGING, SOFT, "a smoothing constant", EPOCH)
"""Innocent causes that stay open for every score of a table."""
