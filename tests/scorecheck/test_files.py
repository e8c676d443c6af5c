"""Files: what is read as what, and one sentence with the place for what is malformed."""

import pytest
from scorecheck.errors import InputError

import scorecheck
from scorecheck import __main__ as cli
from scorecheck import reading

HEAD = "paper,table,row,column,value,unit\n"
CONTEXT = "paper: 9\nchecks:\n  tables:\n    '1':\n      columns: {Dice: {is: dice}}\n"
LINES = HEAD + "9,1,a,Dice,0.80,\n9,1,b,Dice,0.75,\n"
STATED = "checks:\n  statements:\n  - "


def read(tmp_path, cells=HEAD + "9,1,a,Dice,0.80,\n", context=CONTEXT):
    file, about = tmp_path / "t.csv", tmp_path / "t.yaml"
    file.write_bytes(cells if isinstance(cells, bytes) else cells.encode())
    about.write_bytes(context if isinstance(context, bytes) else context.encode())
    return reading.read([file], about)


def test_cells_keep_their_text(tmp_path):
    paper = read(tmp_path)
    (row,) = paper.rows()
    assert (paper.name, row.name, row.first("dice").text) == ("9", "a", "0.80")


def test_a_turned_table_is_turned_back(tmp_path):
    turned = CONTEXT + "tables: {'1': {transposed: true}}\n"
    (row,) = read(tmp_path, HEAD + "9,1,Dice,a,0.80,\n", turned).rows()
    assert row.name == "a"


# --- the table


@pytest.mark.parametrize(
    ("value", "unit", "text", "low", "sd"),
    [
        ("95.1", "%", "95.1", 0.9505, None),
        ("95.1 %", "", "95.1", 0.9505, None),
        ("95.1%", "%", "95.1", 0.9505, None),
        ("95.1", "per cent", "95.1", 0.9505, None),
        ("95.1", "[%]", "95.1", 0.9505, None),
        ("0.95 ± 0.02", "", "0.95", 0.945, 0.015),
        ("0.95+-0.02", "", "0.95", 0.945, 0.015),
        ("0.95 +/- 0.02", "-", "0.95", 0.945, 0.015),
        ("0.95 (0.02)", "", "0.95", 0.945, 0.015),
        ("0.95 (±0.02)", "", "0.95", 0.945, 0.015),
        ("(95.1 ± 2.0)%", "", "95.1", 0.9505, 0.0195),
        ("95.1% (2.0%)", "", "95.1", 0.9505, 0.0195),
        ("95.1 ± 2.0", "%", "95.1", 0.9505, 0.0195),
        ("0.80*", "", "0.80", 0.795, None),
        ("0.80 †", "", "0.80", 0.795, None),
        ("0.80¹", "", "0.80", 0.795, None),
        ("**0.80**", "", "0.80", 0.795, None),
        ("0.80* ± 0.02", "", "0.80", 0.795, 0.015),
        ("\u00a00.80\u200b", "", "0.80", 0.795, None),
        (".80", "", ".80", 0.795, None),
        ("\u22120.80", "", "-0.80", -0.805, None),
        ('"0,80"', "", "0.80", 0.795, None),
        ('"0,95 ± 0,02"', "", "0.95", 0.945, 0.015),
    ],
)
def test_a_number_is_read_as_it_is_meant(tmp_path, value, unit, text, low, sd):
    (row,) = read(tmp_path, HEAD + f"9,1,a,Dice,{value},{unit}\n").rows()
    number = row.first("dice")
    assert (number.text, number.span.low) == (text, pytest.approx(low))
    assert (number.sd and number.sd.low) == (sd and pytest.approx(sd))


@pytest.mark.parametrize(
    "value",
    ["", "-", "\u2013", "\u2014", "--", "\u2212", "n/a", "N/A", "NA", "nan", "n.r.", "None"],
)
def test_what_is_not_printed_is_left_out(tmp_path, value):
    cells = LINES.replace("0.75", value)
    paper = read(tmp_path, cells)
    assert [row.name for row in paper.rows()] == ["a"]
    with pytest.raises(InputError, match=r"1 / b / Dice is not printed \(.*t.csv, line 3\)"):
        read(tmp_path, cells, STATED + "same: [['1', b, Dice], 0.75]\n")


@pytest.mark.parametrize(
    "cells",
    [
        "\ufeff" + LINES,
        LINES.replace(",", ";"),
        LINES.replace(",", "\t"),
        LINES.replace(",", ";").replace(".", ","),
        "sep=;\n" + LINES.replace(",", ";"),
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", "\r"),
        LINES.replace("\n", "\n\n,,,,,\n"),
        LINES.replace("\n", ",,\n"),
        LINES.replace(",", " , "),
        LINES.replace(HEAD, "Paper,TABLE,Row, column ,VALUE,Unit\n"),
        "unit,value,column,row,table,paper\n,0.80,Dice,a,1,9\n,0.75,Dice,b,1,9\n",
        LINES.encode("utf-16"),
        LINES.encode("utf-16-be"),
    ],
)
def test_a_table_is_read_whatever_wrote_it(tmp_path, cells):
    assert read(tmp_path, cells).cells == read(tmp_path, LINES).cells


def test_what_is_not_plain_is_said(tmp_path, capsys):
    german = LINES.replace(",", ";").replace(".", ",").replace("a;", "é;").encode("cp1252")
    paper = read(tmp_path, german, CONTEXT + "      where: Tafel é\n")
    assert [row.place(row.name) for row in paper.rows()] == ["Tafel é, é", "Tafel é, b"]
    call = [str(tmp_path / "t.csv"), "--context", str(tmp_path / "t.yaml")]
    assert cli.main(call) == 0
    told = capsys.readouterr().err
    assert "t.csv was read as cp1252\n" in told
    assert "t.csv was read with semicolons and decimal commas\n" in told


CELLS = [
    ("", r"t.csv is empty: give a CSV with the columns paper,table"),
    (HEAD, r"t.csv holds no number: write them below"),
    ("row,column\n", r"t.csv, line 1: the columns must be paper.*: add paper,table,value,unit"),
    (HEAD.replace("\n", ",note\n") + "9,1,a,Dice,1,,x\n", r"line 1: .*: leave out 'note'"),
    (HEAD + "9,1,a,Dice,0,80,\n", r"line 2: 6 values are needed and 7 are there: quote a"),
    (HEAD + "9,1,a,Dice,0,80\n", r"line 2: the unit is a number, 80: write 0.80 for 0,80"),
    (HEAD + "9,1,a,Dice\n", r"t.csv, line 2: 6 values are needed and 4 are there"),
    (HEAD + "9,1,,Dice,1,\n", r"t.csv, line 2: table, row and column are needed"),
    (HEAD + '9,1,a,Dice,"1,\n9,1,b,Dice,2,\n', r"t.csv, line 2: .*: close each quote"),
    (HEAD + '9,1,"a\nb",Dice,1,\n', r"t.csv, line 2: a value goes on in the next line"),
    (HEAD + "9,1,a,Dice,1,\n9,1,a,Dice,2,\n", r"line 3: 1 / a / Dice is there twice \(see .*2"),
    (HEAD + "9,1,a,Dice,high,\n", r"t.csv, line 2: 'high' cannot be read as a number: mend it"),
    (HEAD + "9,1,a,Dice,<0.9,\n", r"line 2: '<0.9' cannot be read as a number"),
    (HEAD + "9,1,a,Dice,0.9/0.8,\n", r"line 2: .*: name one of its numbers by a fourth entry"),
    (HEAD + "9,1,a,Dice,0.951(3),\n", r"line 2: .* cannot be read"),  # 0.003, or 3?
    (HEAD + "9,1,a,Dice,0.95 (-0.02),\n", r"line 2: .* cannot be read"),  # a difference
    (HEAD + "9,1,a,Dice,12 (10%),\n", r"line 2: .* cannot be read"),  # a number and its share
    (HEAD + "9,1,a,Dice,1e400,\n", r"line 2: .* cannot be read"),
    (HEAD + "9,1,a,Dice,10⁶,\n", r"line 2: 10⁶ may be a power or a number with a footnote mark"),
    (LINES.replace("0.75", '"0,75"'), r"line 3: 0,75 has a comma, 0.80 \(.*line 2\) a point"),
    (HEAD + '9,t,a,n,"1,200",images\n', r"line 2: 1,200 may be a thousand or a decimal"),
    (LINES.replace("0.75,", "0.75,mm"), r"line 3: dice in 'mm' is not understood"),
    (LINES.replace("0.75", "75.0"), r"line 3: Dice 75.0 is a share above 1 without a unit"),
    (HEAD + "9,1,a,Dice,1.2,\n9,1,b,Dice,1.4,\n", r"line 3: .* above 1 without a unit"),
    (LINES.replace(",\n", ",%\n").replace(HEAD[:-1] + "%", HEAD[:-1]), r"below 1 per cent"),
    (LINES + "8,1,c,Dice,0.9,\n", r"line 4: this number is of paper '8', .* of '9'"),
    (b"PK\x03\x04" + b"\0" * 99, r"t.csv is a workbook \(.xlsx"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 99, r"t.csv is a workbook of old Excel"),
    (b"\x81\x8d" + LINES.encode(), r"t.csv is no text in cp1252: save a CSV"),
    (b"\0\1\2" * 20, r"t.csv is no text"),
    (LINES.encode("utf-32"), r"t.csv is no text: give a CSV"),
]


def test_one_score_above_1_is_a_finding_and_no_forgotten_unit(tmp_path):
    paper = read(tmp_path, LINES + "9,1,c,Dice,1.03,\n")
    (one,) = [one for one in scorecheck.check(paper) if one.verdict == "does not fit"]
    assert one.kind == "a share"


# --- the context


CONTEXTS = [
    ("", r"t.yaml: there is no key checks"),
    ("- a\n", r"t.yaml, line 1: there is no key checks"),
    ("tables: {'1': {columns: {Dice: {is: dice}}}}\n", "there is no key checks"),
    ("checks:\n", "there is no key checks"),
    ("a: [", r"t.yaml, line \d+: this is not YAML"),
    ("checks:\n\ttables: {}\n", r"t.yaml, line 2: this is not YAML: .*spaces, no tabs"),
    ("a: 1\n---\nb: 2\n", r"t.yaml, line 2: this is not YAML: but found another document"),
    ("a: \0", r"t.yaml is no text"),
    ("[" * 3000, r"t.yaml: lists within lists without end"),
    ("checks: &a {tables: *a}\n", r"line 1, checks / tables / tables.*: unknown key 'tables'"),
    ("checks: !!python/name:os.system\n", r"line 1: the tag .* is not read"),
    ("checks: !mine {}\n", r"line 1: the tag !mine is not read"),
    ("? [a]\n: 1\n", r"line 1: a key is a list or a mapping"),
    ("<<: 5\nchecks: {}\n", r"line 1: << needs a mapping"),
    (CONTEXT + "paper: 8\n", r"t.yaml, line 6: the key 'paper' is there twice"),
    (CONTEXT + "    1: {where: x}\n", r"t.yaml, line 6: the key '1' is there twice"),
    (CONTEXT.replace("9", "8"), r"t.csv, line 2: this number is of paper '9', .* of '8'"),
    (CONTEXT + "chekcs: {}\n", r"line 6, chekcs: unknown key .*did you mean 'checks'"),
    (CONTEXT + "tables: {'1': {masks: hard}}\n", r"tables / 1 / masks: unknown key"),
    ("checks: {table: {}}\n", r"line 1, checks / table: unknown key .*did you mean 'tables'"),
    (CONTEXT.replace("is: dice", "is: dise"), r"line 5, .* / is: .*did you mean 'dice'"),
    (CONTEXT.replace("is: dice", "is:dice"), r"Dice / is:dice: write a space after the colon"),
    (CONTEXT.replace("{is: dice}", "dice"), r"'dice' stands where keys .*: write {is: ...}"),
    (CONTEXT.replace("{is: dice}", ""), r"nothing stands where keys are needed"),
    (CONTEXT.replace("{Dice: {is: dice}}", "[Dice]"), r"a list stands where names"),
    (CONTEXT.replace("Dice:", "Dicee:"), r"unknown column of table 1 .*did you mean 'Dice'"),
    (CONTEXT.replace("'1'", "'2'"), r"line 4, .* / 2: unknown table '2': choose one of 1"),
    (CONTEXT + "      mask: hard\n", r"line 6, .*unknown key 'mask': did you mean 'masks'"),
    (CONTEXT + "      masks: sharp\n", r"masks: .*choose one of hard, soft, unknown"),
    (CONTEXT + "      masks: [hard]\n", r"masks: a list is not a text"),
    (CONTEXT + "      one_set: maybe\n", r"one_set: 'maybe' is neither true nor false"),
    (CONTEXT + "      means: [{mean: m, of: [a, b]}]\n", r"mean: unknown row of table 1 'm'"),
    (CONTEXT + "      means: [{of: [a, a]}]\n", r"of / 1: 'a' stands there twice: name it once"),
    (CONTEXT + "    j: {join: [k]}\n", r"join / 0: unknown table with columns 'k'"),
    (CONTEXT + "    j: {masks: hard}\n", r"j: columns is missing"),
    (CONTEXT.replace("dice}", "dice, items: 0}"), r"items: 0 is not a whole number from 1"),
    (CONTEXT.replace("dice}", "dice, sd: SD}"), r"sd: unknown column of table 1 'SD'"),
    (CONTEXT.replace("dice}", "dice, sd: Dice}"), r"Dice / sd: a column is not its own deviation"),
    (CONTEXT + "      join: [k]\n", r"tables / 1: columns and join stand in one table"),
    (
        CONTEXT + "      cells: {a: {iou: ['1', a, Dice]}}\n",
        r"columns and cells stand in one table: give cells a table of its own",
    ),
    (CONTEXT + "tables: {'2': {transposed: yes}}\n", r"line 6, tables: unknown table '2'"),
    (STATED + "same: [1, 1]\n    wher: x\n", r"line 4, .* / wher: unknown key .*'where'"),
    (STATED + "where: x\n", r"line 3, .*: one statement needs one kind"),
    (STATED + "{same: [1, 1], larger: [1, 1]}\n", r"one statement needs one kind"),
    (STATED + "same: [['1', A, Dice], 1]\n", r"same / 0: unknown row of 1 'A'"),
    (STATED + "same: [['1', a, Dice, 1], 1]\n", r"same / 0: .*t.csv, line 2: .* no number 1"),
    (STATED + "same: [['1', a, Dice], 80]\n", r"same: 0.80 and 80 differ 100 times: write %"),
    (STATED + "ratio: {value: 1, of: [1, 0]}\n", r"ratio: a ratio to 0 is not defined"),
    (STATED + "sum: {total: 1, parts: [1], times: [1, 2]}\n", r"sum: 2 times stand beside 1"),
    (STATED + "mean: {value: 1, of: []}\n", r"of: 0 entries stand where 1 or more"),
    (STATED + "mean: {value: 1, of: {table: 1, column: x}}\n", r"unknown column of 1 'x'"),
    (
        STATED + "mean: {value: 1, of: {table: 1, column: Dice, without: [a]}}\n",
        r"of: no number of 1 / Dice is left",
    ),
    (STATED + "best: {cell: [1, a, Dice], among: [[1, a, Dice]]}\n", r"best: .* has no rival"),
    (STATED + "best: {cell: 5, among: [['1', a, Dice]]}\n", r"cell: '5' is no cell"),
    (
        STATED + "best: {cell: [1, a, Dice], among: [[1, a, Dice]], order: most}\n",
        r"order: unknown value 'most': choose one of largest, smallest",
    ),
]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        *[({"cells": cells}, sentence) for cells, sentence in CELLS],
        *[({"context": context}, sentence) for context, sentence in CONTEXTS],
    ],
)
def test_a_malformed_file_is_told_in_one_sentence(tmp_path, files, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        scorecheck.check(read(tmp_path, **files))
    assert "\n" not in str(error.value)


WITH_SD = CONTEXT.replace("{is: dice}}", "{is: dice, sd: SD}}")


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        (WITH_SD, r"t.csv, line 4: a deviation of -0.10 is below 0: mend it"),
        (CONTEXT + "      means: [{of: [a, b]}]\n", r"means / 0: mean and sd are missing"),
        (CONTEXT + "      means: [{of: [a, b], mean: b}]\n", r"of: 'b' is the mean or deviation"),
        (
            STATED + "winner: {cells: [[1, a, Dice], [1, b, Dice]], n: 1000001, sd: 0.2}\n",
            r"n: 1000001 is not a whole number from 2 to 1e\+06",
        ),
        (
            STATED + "best: {cell: [1, a, Dice], among: [[1, b, Dice]], but_for: [c]}\n",
            r"best: but_for: unknown rival 'c': choose one of b",
        ),
        (STATED + "same: [[1, a, Dice], [1, a, Dice]]\n", r"same / 1: .* stands there twice"),
    ],
)
def test_what_a_larger_table_cannot_mean_is_refused(tmp_path, context, sentence):
    with pytest.raises(InputError, match=sentence):
        scorecheck.check(read(tmp_path, LINES + "9,1,a,SD,-0.10,\n", context))


def test_names_that_yaml_takes_for_something_else_stay_names(tmp_path):
    names = ["No", "1.10", "2024-01-01", "010", "1_000", "1e3"]
    cells = HEAD + "".join(f"9,1,{name},Dice,0.80,\n" for name in names)
    about = (
        CONTEXT + "  statements:\n" + "".join(f"  - same: [[1, {n}, Dice], 0.8]\n" for n in names)
    )
    found = scorecheck.check(read(tmp_path, cells, about))
    assert [one.verdict for one in found] == ["fits"] * len(names)


def test_merge_keys_bring_what_is_not_there(tmp_path):
    merged = CONTEXT.replace("columns:", "columns: &c").replace("'1'", "'2'", 1)
    both = LINES + LINES.replace(HEAD, "").replace("9,1", "9,2")
    about = merged + "      masks: soft\n    '1': {columns: {<<: *c}, masks: hard}\n"
    paper = read(tmp_path, both, about)
    assert {n: (t.masks, list(t.columns)) for n, t in paper.tables.items()} == {
        "2": ("soft", ["Dice"]),
        "1": ("hard", ["Dice"]),
    }


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none.yaml is not there"):
        reading.read([], tmp_path / "none.yaml")
    (tmp_path / "t.yaml").write_text(CONTEXT)
    with pytest.raises(InputError, match=r"none.csv is not there"):
        reading.read([tmp_path / "none.csv"], tmp_path / "t.yaml")
    with pytest.raises(InputError, match=r"is a folder: give a CSV"):
        reading.read([tmp_path], tmp_path / "t.yaml")
