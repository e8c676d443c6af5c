"""Files: what is read, and one sentence for what is malformed."""

import pytest

from busutils.claims import files
from busutils.errors import UserError

HEAD = "paper,table,row,column,value,unit\n"
CONTEXT = "paper: 9\nchecks:\n  tables:\n    '1':\n      columns: {Dice: {is: dice}}\n"


def read(tmp_path, cells=HEAD + "9,1,a,Dice,0.80,\n", context=CONTEXT):
    file, about = tmp_path / "t.csv", tmp_path / "t.yaml"
    file.write_text(cells)
    about.write_text(context)
    return files.read([file], about)


def test_cells_keep_their_text(tmp_path):
    paper = read(tmp_path)
    (row,) = paper.rows()
    assert (paper.name, row.name, row.first("dice").text) == ("9", "a", "0.80")


def test_a_turned_table_is_turned_back(tmp_path):
    turned = CONTEXT + "tables: {'1': {transposed: true}}\n"
    (row,) = read(tmp_path, HEAD + "9,1,Dice,a,0.80,\n", turned).rows()
    assert row.name == "a"


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("row,column\n", r"t.csv, line 1: the columns must be paper,table"),
        (HEAD + "9,1,a,Dice,0,80,\n", r"t.csv, line 2: 6 values are needed: quote a value"),
        (HEAD + "9,1,a,Dice\n", r"t.csv, line 2: 6 values are needed"),
        (HEAD + "9,1,a,Dice,1,\n9,1,a,Dice,2,\n", r"line 3: 1 / a / Dice is there twice"),
        (HEAD + "9,1,a,Dice,high,\n", r"'high' cannot be read as a number: mend it"),
    ],
)
def test_a_malformed_csv_is_told_in_one_sentence(tmp_path, cells, sentence):
    with pytest.raises(UserError, match=sentence):
        read(tmp_path, cells).rows()


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ("a: [", r"t.yaml, line \d+: this is not YAML"),
        ("- a\n", "has no key `checks`"),
        ("checks: {table: {}}\n", "unknown key of checks in .*did you mean 'tables'"),
        (CONTEXT.replace("is: dice", "is: dise"), "column Dice.*did you mean 'dice'"),
        (CONTEXT.replace("{is: dice}", "dice"), "column Dice has no `is`|Dice.*has no `is`"),
        (CONTEXT.replace("Dice:", "Dicee:"), "unknown column of table 1.*did you mean 'Dice'"),
        (CONTEXT + "      mask: hard\n", "unknown key of table 1.*did you mean 'masks'"),
        (CONTEXT + "      split: {train: 9, val: 1}\n", "split of table 1 .* lacks spread"),
        (CONTEXT + "      classes: {up_to: 9}\n", "classes of table 1 .* lacks pairs"),
        (CONTEXT + "      masks: sharp\n", "masks of table 1 .*choose one of hard, soft, unknown"),
    ],
)
def test_a_malformed_context_is_told_in_one_sentence(tmp_path, context, sentence):
    with pytest.raises(UserError, match=sentence):
        read(tmp_path, context=context)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"none.yaml is not there"):
        files.read([], tmp_path / "none.yaml")
    (tmp_path / "t.yaml").write_text(CONTEXT)
    with pytest.raises(UserError, match=r"none.csv is not there"):
        files.read([tmp_path / "none.csv"], tmp_path / "t.yaml")
