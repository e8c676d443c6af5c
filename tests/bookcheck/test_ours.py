"""Our own tables through the checker: they fit, and are read as they would be printed."""

import pandas as pd
import pytest

from bookcheck import ours


def test_our_own_published_results_fit():
    found = [one for checks in ours.checked().values() for one in checks]
    if not found:
        pytest.skip("nothing is published yet")
    assert [one.shown for one in found if one.verdict == "does not fit"] == []
    assert {one.kind for one in found} >= {"Dice and IoU", "one confusion matrix"}


def test_our_tables_keep_four_decimals(tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_PUBLISHED", str(tmp_path))
    folder = tmp_path / "notebooks" / "01_unet_backbones-busi-cpu" / "tables"
    folder.mkdir(parents=True)
    table = {"row": ["a", "a"], "column": ["Dice", "Size"], "ours": [0.5, 9.0]}
    pd.DataFrame(table).to_csv(folder / "table2.csv", index=False)
    (paper,) = ours.tables()
    assert paper.cells == {("table2", "a", "Dice"): ("0.5000", "")}
