"""The page for people's own papers: its example gives what it says, its tables name every key."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from scorecheck import __main__ as cli
from scorecheck import context, statements

PAGE = (Path(__file__).parents[2] / "book" / "claims.md").read_text(encoding="utf-8")


def block(name, language):
    return re.search(rf"`{name}`\n\n```{language}\n(.*?)```", PAGE, re.S).group(1)


@pytest.fixture
def example(tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text(block("mine.csv", "text"))
    (tmp_path / "mine.yaml").write_text(block("mine.yaml", "yaml"))
    monkeypatch.chdir(tmp_path)


def test_the_example_gives_what_the_page_shows(example, capsys):
    shown = re.search(r"\$ scorecheck (.*?)\n(.*?)```", PAGE, re.S)
    assert cli.main(shown.group(1).split()) == 0
    assert capsys.readouterr().out.split() == shown.group(2).split()


def test_json_is_for_programs(example, capsys):
    import json

    assert cli.main(["mine.csv", "--context", "mine.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(one["verdict"] == "does not fit" for one in found) == 2


def test_a_missing_file_is_told_in_one_sentence(example, capsys):
    assert cli.main(["mine.csv", "--context", "none.yaml"]) == 2
    assert "scorecheck: none.yaml is not there" in capsys.readouterr().err


def test_the_page_names_every_key_choice_quantity_and_statement():
    keys = {f.name for f in fields(context.TableContext)}
    keys |= {f.name for f in fields(context.ColumnContext)} - {"is_"}
    words = (context.Averaging, context.Masks, context.Epoch, context.Empty, context.Quantity)
    choices = {choice for kind in words for choice in get_args(kind)}
    named = set(re.findall(r"`([\w ]+)[`:]", PAGE))
    assert (keys | choices | {*statements.KINDS}) - named == set()
