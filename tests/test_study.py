"""What a page says of its trainings; most of it is tested by the pages themselves."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from busutils import models, own_code, paths, study
from busutils.errors import UserError
from tests.discs import JOB


def test_the_ceiling_is_what_the_page_of_the_images_measured(monkeypatch):
    monkeypatch.delenv("BUSUTILS_PUBLISHED", raising=False)
    tables = paths.published() / "notebooks" / "00_data-busi-cpu" / "tables"
    measured = pd.read_csv(tables / "mask_agreement.csv")["dice"].mean()
    of_busi = study.ceiling(SimpleNamespace(name="BUSI"))
    assert of_busi == {"two masks of one frame": pytest.approx(measured)}
    assert study.ceiling(SimpleNamespace(name="Phantoms")) == {}


def test_a_network_of_a_cell_with_the_name_of_a_printed_row_is_refused_while_a_page_plans(
    monkeypatch,
):
    """Else the printed row's network would train in its place."""
    monkeypatch.setattr(models.registry, "_OWN", {})
    monkeypatch.setattr(own_code, "_OWN", {})
    cell = "from busutils import models\n@models.register({!r})\ndef own(size, channels): ..."
    for name in ("vgg16", "mine"):
        own_code.execute(cell.format(name), "a cell", {"__name__": "__main__"})
    study.Entry("table", "base", "1", JOB)
    study.Entry("table", "mine", "1", replace(JOB, model="mine"))
    with pytest.raises(UserError, match=r"^vgg16 is the name .* whose network is plain_unet: give"):
        study.Entry("table", "vgg16", "1", JOB)
