"""Terminals: one that lacks characters shows "?" for them, one that has gone is left in peace."""

import io
import os
import sys

import pytest

from busutils.__main__ import main

CALLS = [
    ["--help"],
    ["data", "list"],
    ["run", "--help"],
    ["claims", "t.csv", "--context", "t.yaml"],
    ["claims", "t.csv", "--context", "t.yaml", "--json"],
    ["claims", "missing é.csv", "--context", "t.yaml"],
]


@pytest.fixture(autouse=True)
def a_paper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = "paper,table,row,column,value,unit\n"
    (tmp_path / "t.csv").write_text(head + "é,1,Né,D,0.5,\né,1,Né,J,0.9,\n", encoding="utf-8")
    (tmp_path / "t.yaml").write_text(
        "checks: {tables: {1: {columns: {D: {is: dice}, J: {is: iou}}, masks: hard, epoch: same}}}"
    )


def called(arguments):
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_without_a_character_shows_another(monkeypatch, call, encoding):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    assert called(call) == (2 if "missing é.csv" in call else 0)
    shown, told = (stream.buffer.getvalue().decode(encoding) for stream in streams)
    assert shown or told
    if call == CALLS[3]:
        assert f"cannot be checked {'?' if encoding == 'ascii' else '·'} Dice and IoU" in shown
    if call == CALLS[5]:
        assert f"missing {'?' if encoding == 'ascii' else 'é'}.csv is not there" in told


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_has_gone_ends_a_command_without_a_word(monkeypatch, tmp_path, call, both):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed, (tmp_path / "told").open("w") as other:
        monkeypatch.setattr(sys, "stdout", closed)
        monkeypatch.setattr(sys, "stderr", closed if both else other)
        refused = call == CALLS[5] and not both
        assert called(call) == (2 if refused else 0)
    assert bool((tmp_path / "told").read_text()) == refused
