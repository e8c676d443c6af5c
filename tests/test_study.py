"""What a page says of its trainings; most of it is tested by the pages themselves."""

from types import SimpleNamespace

import pandas as pd
import pytest

from busutils import paths, study


def test_the_ceiling_is_what_the_page_of_the_images_measured(monkeypatch):
    monkeypatch.delenv("BUSUTILS_PUBLISHED", raising=False)
    tables = paths.published() / "notebooks" / "00_data-busi-cpu" / "tables"
    measured = pd.read_csv(tables / "mask_agreement.csv")["dice"].mean()
    of_busi = study.ceiling(SimpleNamespace(name="BUSI"))
    assert of_busi == {"two masks of one frame": pytest.approx(measured)}
    assert study.ceiling(SimpleNamespace(name="Phantoms")) == {}
