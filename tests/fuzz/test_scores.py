"""Spoilt tables of scores and spoilt contexts: one sentence, or an answer that is right elsewhere.

And the other way: one table, written in every way that programs write it, gives the same checks.
"""

import copy
import csv
import io
import os

import numpy as np
import pytest
import yaml
from scorecheck.errors import InputError

import bookcheck
from scorecheck import report

N = int(os.environ.get("FUZZ", 20))
HEAD = ["paper", "table", "row", "column", "value", "unit"]
CELLS = """\
1,A,Dice,80.25,%
1,A,IoU,69.50,%
1,A,Acc,96.10,%
1,A,SD,2.50,%
1,B,Dice,86.50,%
1,B,IoU,78.25,%
1,B,Acc,97.50,%
1,B,SD,3.25,%
1,C,Dice,91.50,%
1,C,IoU,84.75,%
1,C,Acc,98.50,%
1,C,SD,3.75,%
1,mean,Dice,86.08,%
1,mean,IoU,77.50,%
2,one,Pre,0.80,
2,one,Rec,0.89,
2,other,Pre,0.90,
2,other,Rec,0.82,
text,abstract,Dice,86.50,%
text,data,benign,437,images
text,data,malignant,210,images
text,data,all,647,images
text,net,size,256,px
text,net,parameters,2517,parameters
""".splitlines()
CONTEXT = {
    "paper": "p",
    "title": "a paper",
    "tables": {"1": {"caption": "scores", "transposed": False}},
    "checks": {
        "note": "made up",
        "settle": ["counts"],
        "not_by_code": {"a figure": "no number"},
        "tables": {
            "1": {
                "columns": {
                    "Dice": {"is": "dice", "of": "test", "sd": "SD", "over": 5},
                    "IoU": {"is": "iou", "of": "test", "smoothed": False},
                    "Acc": {"is": "accuracy", "of": "test", "items": [400], "decimals": 1},
                },
                "averaging": "means",
                "masks": "hard",
                "epoch": "same",
                "empty": "none",
                "one_set": True,
                "means": [{"mean": "mean", "of": ["A", "B", "C"]}],
                "findings": {"Dice and IoU": "1", "IoU and accuracy": {"A": "2"}},
                "where": "Table 1",
            },
            "2": {
                "columns": {"Pre": {"is": "precision"}, "Rec": {"is": "sensitivity"}},
                "averaging": "pooled",
                "classes": {
                    "pairs": [["one", "other"]],
                    "up_to": 30,
                    "items": [20],
                    "mix": {"marked": 40, "population": 90},
                },
            },
            "put together": {
                "cells": {"B": {"dice": ["1", "B", "Dice"], "iou": ["1", "B", "IoU"]}},
                "masks": "hard",
            },
            "joined": {"join": ["1"], "masks": "hard", "epoch": "same"},
        },
        "statements": [
            {"same": [["text", "abstract", "Dice"], ["1", "B", "Dice"]], "where": "abstract"},
            {
                "sum": {
                    "total": ["text", "data", "all"],
                    "parts": [["text", "data", "benign"], ["text", "data", "malignant"]],
                    "times": [1, 1],
                }
            },
            {"ratio": {"value": 0.5, "of": [5, ["text", "data", "all"]]}, "weak": True},
            {"mean": {"value": 0.86, "of": {"table": "1", "column": "Dice"}}},
            {"slip": {"value": 0.86, "of": {"table": "1", "column": "Dice"}}},
            {
                "best": {
                    "cell": ["1", "C", "Dice"],
                    "among": {"table": "1", "column": "Dice", "without": ["mean"]},
                    "order": "largest",
                    "but_for": ["A"],
                },
                "causes": ["chance"],
            },
            {"larger": [["1", "C", "Dice"], ["1", "A", "Dice"]], "because": "they say so"},
            {"above": {"cells": {"table": "1", "column": "Acc", "rows": ["A", "B"]}, "limit": 0.9}},
            {"edge": {"cells": [["1", "A", "Dice"], ["1", "B", "Dice"]], "start": 0, "stop": 1}},
            {
                "draw": {
                    "drawn": 8,
                    "sample": 20,
                    "marked": ["text", "data", "malignant"],
                    "population": ["text", "data", "all"],
                }
            },
            {
                "denominator": {
                    "cells": {"table": "1", "column": "Acc"},
                    "from": 10,
                    "to": 60,
                    "shifts": [0, 0.01],
                }
            },
            {"halved": {"size": ["text", "net", "size"], "times": 5}},
            {
                "parameters": {
                    "count": ["text", "net", "parameters"],
                    "network": {
                        "encoder": 10,
                        "decoder": {"bottom": 8, "filters": [4], "skips": [0]},
                    },
                }
            },
            {"files": {"rows": [[["text", "net", "size"], 100, 50]], "room": 1.5}},
            {"widths": {"cells": [["text", "net", "size"]], "base": [16]}},
            {
                "one_method": {
                    "rows": [["1", "A", "Dice"], ["1", "B", "Dice"]],
                    "claimed": [["1", "A", "Dice"], ["1", "C", "Dice"]],
                }
            },
        ],
    },
}
WRONG = [
    *(None, True, 0, -1, 5, 2.5, 10**30, float("inf"), float("nan"), "", "x", "1", "±"),
    *([], ["x"], [[]], [None], [1, 2], [["1", "A", "Dice"]], ["1", "A", "Dice", 7]),
    *({}, {"x": 1}, {"is": "dice"}, {"1": {}}, {5: [6]}, {"table": "1", "column": "Dice"}),
]


def plain(lines=CELLS):
    return "\n".join([",".join(HEAD), *("p," + line for line in lines)]) + "\n"


@pytest.fixture
def ask(tmp_path):
    """A function of a CSV and a context, both bytes, that gives the paper and its checks."""

    def asked(table, about):
        (tmp_path / "t.csv").write_bytes(table)
        (tmp_path / "t.yaml").write_bytes(about)
        paper = bookcheck.read([tmp_path / "t.csv"], tmp_path / "t.yaml")
        found = bookcheck.check(paper)
        assert report.text(found) and report.to_json(found)
        return paper, found

    return asked


def outcome(ask, table, about):
    """The paper and its checks, or None where both files are refused in one sentence."""
    try:
        return ask(table, about)
    except InputError as error:
        told = str(error)
        assert "\n" not in told and ": " in told and ("t.csv" in told or "t.yaml" in told), told
        return None


def paths(tree, path=()):
    """The paths of all values in a tree of lists and mappings."""
    yield path
    if isinstance(tree, dict | list):
        inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, value in inner:
            yield from paths(value, (*path, key))


def spoilt(rng):
    """A context with one value replaced, left out, doubled or renamed, and where."""
    tree = copy.deepcopy(CONTEXT)
    every = [p for p in paths(tree) if p]
    path = every[rng.integers(len(every))]
    above = tree
    for key in path[:-1]:
        above = above[key]
    key, kind = path[-1], rng.choice(["replace", "replace", "delete", "double", "rename"])
    if kind == "delete":
        del above[key]
    elif kind == "double" and isinstance(above, list):
        above.insert(key, copy.deepcopy(above[key]))
    elif kind == "rename" and isinstance(above, dict):
        above[str(rng.choice(["x", f"{key}s", str(key)[:-1], "is", "columns"]))] = above.pop(key)
    else:
        above[key] = copy.deepcopy(WRONG[rng.integers(len(WRONG))])
    return tree, path


@pytest.mark.parametrize("seed", range(N))
def test_a_spoilt_context_is_refused_or_changes_only_what_it_says(ask, seed):
    tree, path = spoilt(np.random.default_rng([seed, 1]))
    found = outcome(ask, plain().encode(), yaml.safe_dump(tree, allow_unicode=True).encode())
    if found and path[:2] == ("checks", "statements"):
        before = ask(plain().encode(), yaml.safe_dump(CONTEXT).encode())[1]
        kept = [[c for c in checks if c.family != "statements"] for checks in (before, found[1])]
        assert kept[0] == kept[1]


@pytest.mark.parametrize("seed", range(N))
def test_a_spoilt_table_is_refused_or_changes_only_its_line(ask, seed):
    rng = np.random.default_rng([seed, 2])
    lines = plain().splitlines()
    at = int(rng.integers(1, len(lines)))
    line = lines[at]
    i = int(rng.integers(len(line)))
    put = str(
        rng.choice([*",;\t\"'%±()*-–.0 \n\0é\u200b\u2212", "nan", "1e999", "0,5", "0.5 (0.1)"])
    )
    lines[at] = str(
        rng.choice([line[:i] + put + line[i + rng.integers(3) :], line[:i], f"{line}\n{line}"])
    )
    data = ("\n".join(lines) + "\n").encode(str(rng.choice(["utf-8", "utf-16"])))
    found = outcome(ask, data, yaml.safe_dump(CONTEXT).encode())
    if found:
        was = {tuple(x[:3]): (x[3], x[4]) for x in csv.reader(CELLS)}
        own = tuple(next(csv.reader([line]))[1:4])
        assert {k: v for k, v in was.items() if k != own}.items() <= found[0].cells.items()
        assert len(found[0].cells) <= len(was) + 1


def written(rng):
    """The table as some program would write it."""
    rows = [["p", *row] for row in csv.reader(CELLS)]
    if rng.random() < 0.3:
        rows = [[*r[:4], f"{r[4]} %", ""] if r[5] == "%" else r for r in rows]
    comma = rng.random() < 0.3
    if comma:
        rows = [[*r[:4], r[4].replace(".", ","), r[5]] for r in rows]
    if rng.random() < 0.3:
        marks = ["*", "†", " ", "\u00a0"]
        rows = [[*r[:4], r[4] + marks[rng.integers(4)], r[5]] for r in rows]
    head = [[str(n).upper() if rng.random() < 0.3 else n for n in HEAD]]
    order = rng.permutation(6) if rng.random() < 0.3 else np.arange(6)
    out = io.StringIO()
    delimiter = str(rng.choice([",", ";", "\t"]))
    quoting = int(rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    ends = str(rng.choice(["\n", "\r\n"]))
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ends)
    blank = [[""] * 6] * int(rng.integers(2))
    writer.writerows([r[i] for i in order] for r in [*head, *rows[:5], *blank, *rows[5:]])
    text = out.getvalue()
    encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]
    return text.encode(str(rng.choice(encodings)))


@pytest.mark.parametrize("seed", range(N))
def test_however_a_table_is_written_its_checks_are_the_same(ask, seed):
    about = yaml.safe_dump(CONTEXT)
    plainly, before = ask(plain().encode(), about.encode())
    rng = np.random.default_rng([seed, 3])
    encoding = str(rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    paper, found = ask(written(rng), about.encode(encoding))
    assert paper.cells == plainly.cells
    assert found == before
