"""The papers' printed numbers: whole, as printed, and as they were transcribed."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest
import yaml

from busutils import compare
from busutils.compare.verdicts import PROTOCOL
from busutils.errors import UserError

FOLDER = Path(__file__).parents[1] / "book" / "reported"
FILES = sorted(FOLDER.glob("paper*_*.csv"))
HEAD = ["paper", "table", "row", "column", "value", "unit"]


def cells(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_table_has_one_value_a_cell_and_names_itself(file):
    table = cells(file)
    assert list(table.columns) == HEAD
    assert not table.duplicated(["row", "column"]).any()
    assert (table.drop(columns="unit") != "").all(axis=None)
    paper, name = file.stem.removeprefix("paper").split("_")
    assert set(table.paper) == {paper}
    assert set(table.table) == {name.removeprefix("table")}


def test_the_same_as_transcribed():
    """A correction changes the sum here too: `sha256sum paper*_*.csv` in book/reported."""
    lines = Path(__file__).with_name("transcribed.sha256").read_text().splitlines()
    ours = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in FILES}
    assert ours == {name: digest for digest, name in (line.split() for line in lines)}


def test_paper_1_is_complete():
    sizes = {f.stem: len(cells(f)) for f in FILES if f.stem.startswith("paper1_")}
    counts = {"table1": 5, "table2": 70, "table3": 30, "text": 38}
    assert sizes == {f"paper1_{name}": n for name, n in counts.items()}


def test_numbers_keep_their_decimals():
    reported = compare.reported(FOLDER, 1, "2")
    assert reported.printed("row07", "Dice") == "0.7370"
    assert reported.printed("row10", "Size") == "76.0"
    with pytest.raises(UserError, match="row01 / Loss"):
        reported.printed("row11", "Dice")


def test_table_2_has_ten_inferred_rows_with_their_confidence():
    reported = compare.reported(FOLDER, 1, "2")
    assert list(reported.rows) == [f"row{i:02d}" for i in range(1, 11)]
    assert all(row["confidence"] and row["why"] for row in reported.rows.values())
    assert [reported.rows[r]["confidence"] for r in ("row07", "row01")] == ["certain", "weak"]
    assert (reported.label("row07"), reported.label("rowX")) == ("DenseNet121", "rowX")
    assert reported.row_protocol("row01")["freeze"] == "none"
    assert reported.row_protocol("row02")["freeze"] == "all"


def test_tables_2_and_3_name_the_same_backbones_by_the_same_words():
    second, third = (compare.reported(FOLDER, 1, name).rows.values() for name in "23")
    known = {row["label"]: row["backbone"] for row in second}
    assert {row["label"]: row["backbone"] for row in third}.items() <= known.items()


@pytest.mark.parametrize("name", ["1", "2", "3"])
def test_every_printed_row_and_column_has_a_meaning(name):
    reported = compare.reported(FOLDER, 1, name)
    assert set(reported.rows) == set(reported.cells["row"])
    assert set(reported.columns) == set(reported.cells["column"])
    assert reported.caption


def tables():
    """Every table of papers 2 to 5, with what is known of it."""
    for paper in (2, 3, 4, 5):
        for name, about in compare.context(FOLDER, paper)["tables"].items():
            yield pytest.param(paper, name, about, id=f"{paper}-{name}")


@pytest.mark.parametrize(("paper", "name", "about"), list(tables()))
def test_every_table_has_columns_with_a_meaning_or_a_reason(paper, name, about):
    reported = compare.reported(FOLDER, paper, name)
    assert reported.caption
    if "no_counterpart" not in about:
        assert set(reported.columns) == set(reported.cells["column"])


@pytest.mark.parametrize("paper", [2, 3, 4, 5])
def test_every_csv_has_its_table(paper):
    known = compare.context(FOLDER, paper)["tables"]
    names = {f.stem.split("_")[1] for f in FILES if f.stem.startswith(f"paper{paper}_")}
    assert names == {"text", *(f"table{name}" for name in known)}


def test_models_are_rows_where_the_paper_has_them_as_columns():
    third = compare.reported(FOLDER, 1, "3")
    assert third.printed("DenseNet121 (Fold 2)", "Pred. Normal cases (of 113)") == "72"


def test_a_papers_table_can_be_made_before_anything_has_run():
    none = pd.DataFrame(columns=["job", "split", "threshold"])
    made = compare.table(compare.reported(FOLDER, 1, "2"), none, {})
    assert len(made) == 70
    assert set(made.verdict) == {"not re-run"}


def test_text_numbers_are_a_table_too():
    text = compare.reported(FOLDER, 1, "text")
    assert text.printed("abstract", "average Dice, DenseNet121") == "0.7370"


def test_what_the_verdicts_compare_is_in_the_protocol():
    protocol = compare.context(FOLDER, 1)["protocol"]
    assert set(PROTOCOL) - {"definition"} | {"epochs"} <= set(protocol)


def test_protocol_agrees_with_the_one_read_apart():
    theirs = yaml.safe_load(Path(__file__).with_name("protocol_paper1.yaml").read_text())
    ours = compare.context(FOLDER, 1)["protocol"]
    same = {
        **{"classes": "classes_used", "cases": "n_images", "folds": "folds", "epochs": "epochs"},
        **{"batch": "batch_size", "learning_rate": "learning_rate", "seed": "seed"},
        **{"encoder_weights": "encoder_weights", "augmentation": "augmentation"},
        **{"decoder": "decoder", "stratified": "stratified"},
    }
    assert {k: ours[k] for k in same} == {k: theirs[v] for k, v in same.items()}
    assert [ours["size"]] * 2 == theirs["image_size"]
    assert ours["patience"] == theirs["schedule"]["patience"]
    assert ours["factor"] == theirs["schedule"]["factor"]
    split = theirs["split"] | theirs["fold_sizes"]
    asked = {"pool": "cross_validation_pool", "train": "train", "validation": "validation"}
    asked |= {f"test_{kind}": f"test_{kind}" for kind in ("benign", "malignant")}
    assert {k: ours["split"][k] for k in asked} == {k: split[v] for k, v in asked.items()}
    grid = theirs["threshold_rule"]
    assert list(ours["threshold"].values()) == [
        grid[f"grid_{k}"] for k in ("start", "stop", "step")
    ]


def test_an_unknown_paper_or_table_is_refused():
    with pytest.raises(UserError, match="paper 999"):
        compare.context(FOLDER, 999)
    with pytest.raises(UserError, match="1, 2, 3"):
        compare.reported(FOLDER, 1, "4")
