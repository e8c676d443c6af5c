"""The support vector machine of Table 3, with stated features; a function, not a job.

The paper prints neither features nor kernel. Here: histograms of oriented gradients, a histogram of
local binary patterns, and nine quantiles of the grey levels, of the image at the networks' size; a
radial kernel; C chosen on the validation images; probabilities by Platt's sigmoid.
"""

import numpy as np
import pandas as pd
from skimage.feature import hog, local_binary_pattern
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from busutils import classification
from busutils.data.dataset import Dataset, positives

COSTS = (0.1, 1.0, 10.0, 100.0)
"""Values of C that are tried."""
FOLDS = 5
"""In which probabilities are fitted; each needs an image of either answer."""
NEIGHBOURS = 8
"""Of a local binary pattern, at a distance of one pixel."""


def features(images: np.ndarray) -> np.ndarray:
    """Describe images.

    Parameters
    ----------
    images : uint8 array of shape (n, size, size, 1)

    Returns
    -------
    float array of shape (n, number of features)
    """
    return np.stack([_described(image[..., 0]) for image in images])


def classified(data: Dataset, roles: pd.DataFrame, positive: str, seed: int) -> pd.DataFrame:
    """Train on the training images, choose C on the validation images, and tell of the others.

    Parameters
    ----------
    roles : the split's table
    positive : "malignant" or "lesion"
    seed : of the folds in which probabilities are fitted

    Returns
    -------
    DataFrame as of :func:`busutils.classification.counts`: train and test images.
    """
    role = roles.set_index("case")["role"].reindex(data.cases["case"]).to_numpy()
    described = features(data.images)
    truth = positives(data.cases["label"], positive).to_numpy()
    train, val = role == "train", role == "val"
    tried = {c: _machine(c, seed).fit(described[train], truth[train]) for c in COSTS}
    chosen = max(COSTS, key=lambda c: tried[c].score(described[val], truth[val]))
    told = np.isin(role, ["train", "test"])
    cases = data.cases.loc[told, ["case", "label", "group"]].assign(split=role[told], threshold=0.5)
    cases[f"p_{positive}"] = tried[chosen].predict_proba(described[told])[:, 1]
    return classification.counts(cases.assign(job=f"svm {positive}"), positive)


def _machine(cost: float, seed: int) -> Pipeline:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    machine = CalibratedClassifierCV(SVC(C=cost), ensemble=False, cv=folds)
    return make_pipeline(StandardScaler(), machine)


def _described(image: np.ndarray) -> np.ndarray:
    cell = image.shape[0] // 8
    gradients = hog(image, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
    patterns = local_binary_pattern(image, NEIGHBOURS, 1, method="uniform")
    counted = np.bincount(patterns.astype(int).ravel(), minlength=NEIGHBOURS + 2) / image.size
    return np.concatenate([gradients, counted, np.quantile(image / 255, np.arange(0.1, 1, 0.1))])
