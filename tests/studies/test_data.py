"""The data page opens a published run without its images."""

import pytest

from busutils import parameters, paths
from busutils.errors import UserError
from busutils.studies import data as study


def test_a_published_run_stands_for_the_folder_of_images_but_for_pixels():
    published = paths.project() / "book" / "results" / "notebooks" / "00_data-busi-cpu"
    values = parameters.resolve("00_data", "cpu", {}) | {"data_root": str(published)}
    assert len(study.dataset(values)) == 780
    with pytest.raises(UserError, match="has no pixels of BUSI, 780 cases: give the folder"):
        study.listing(values)
    with pytest.raises(UserError, match=r"unknown size of BUSI in 00_data-busi-cpu-\S+ '32'"):
        study.dataset(values | {"size": 32})
