"""Values of every kind for every parameter: one sentence, or the value that was meant."""

import json
import math
import os
import string

import numpy as np
import pytest

from busutils import execution, parameters, values
from busutils.errors import UserError
from busutils.phantoms import write_isic

N = int(os.environ.get("FUZZ", 20))
NOTEBOOKS = [*parameters.notebooks()]
TEXTS = [
    *("", " ", "0", "-1", "1", "2", "7", "32", "64", "255", "1024", "4294967296", "9" * 400),
    *("1.0", "0.5", ".5", "1.", "1e-3", "1e400", "nan", "-inf", "Infinity", "1_000", " 3 ", "0x10"),
    *("١٢", "3\N{NO-BREAK SPACE}", "½", "1,5", "true", "No", "none", "null", "~", "nonsense"),
    *("[]", "[1]", "[1, 2]", "1,1", "['base', 'vgg16']", '["svm"]', "[base", "[[[[", "a,,b", ","),
    *("../../etc", "no/such/place", "~nobody/x", "a\0b", "x" * 5000, "{case}.png", "{", "\ud800"),
    *("phantom", "busi", "isic2019", "imagenet", "focal_tversky", "random_frozen", "'", "é", "\n"),
]
OBJECTS = [None, True, -1, 0, 3, 2.5, math.nan, math.inf, "", "3", [], [1, 1], [None], {}, (1,)]


@pytest.fixture(scope="module")
def both(phantoms):
    """Data root with the generated sets that the notebooks take."""
    write_isic(phantoms, n=12, size=64)
    return str(phantoms)


@pytest.fixture
def started(both, tmp_path, monkeypatch):
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("BUSUTILS_PHANTOMS", both)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")  # so that no path leads to a folder of this machine


def draw(rng, kind):
    """A text: one of `TEXTS`, a number, choices, or one of these with a typing error."""
    word = values.words(kind).rpartition("one of ")[2].split(", ")
    text = [
        lambda: str(rng.choice(np.array(TEXTS, object))),
        lambda: str(rng.integers(-10, 2000)),
        lambda: f"{10 ** rng.uniform(-12, 12):.4g}",
        lambda: ",".join(rng.choice(word, rng.integers(1, 4))),
        lambda: str([str(w) for w in rng.choice(word, rng.integers(1, 4))]),
    ][rng.integers(5)]()
    if text and rng.random() < 0.2:
        at = rng.integers(len(text))
        text = text[:at] + rng.choice([*string.printable]) + text[at + rng.integers(2) :]
    return text


WORDS = {"yes": True, "true": True, "no": False, "false": False}
WORDS |= {"": None, "none": None, "null": None}


def meant(text, value):
    """Whether `value` is what `text` says, by other means than the package's."""
    if isinstance(value, bool) or value is None:
        return WORDS[text.lower()] is value
    if isinstance(value, (int, float)):
        plain = text.isascii() and "_" not in text and text == text.strip()
        return plain and math.isfinite(value) and float(text) == value
    if isinstance(value, list):
        inner = text.strip().removeprefix("[").removesuffix("]")
        parts = [part.strip(string.whitespace + "'\"") for part in inner.split(",") if part.strip()]
        same = len(parts) == len(value) == len(set(map(str, value)))
        return same and all(meant(p, v) for p, v in zip(parts, value, strict=True))
    return value == text


def one_sentence(error):
    assert "\n" not in str(error)
    assert ": " in str(error)  # what is wrong: what to do


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_parameter_takes_or_refuses_every_text(name):
    rng = np.random.default_rng(0)
    for parameter in parameters.read(parameters.source(name)):
        for text in [*TEXTS, *(draw(rng, parameter.kind) for _ in range(N))]:
            try:
                value = values.from_text(parameter.name, parameter.kind, text, parameter.remedy)
            except UserError as error:
                one_sentence(error)
            else:
                assert meant(text, value), (parameter.name, text, value)
                if isinstance(value, list):
                    text = "[" + ", ".join(f"'{v}'" for v in value) + "]"
                assert values.from_text("again", parameter.kind, text) == value


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_a_dry_run_checks_ends_with_one_sentence_or_goes_ahead(name, started):
    rng = np.random.default_rng(1)
    known = parameters.read(parameters.source(name))
    for _ in range(N):
        drawn = rng.choice(len(known), rng.integers(1, 3), replace=False)
        texts = {known[i].name: draw(rng, known[i].kind) for i in drawn}
        if texts.get("data_root", "").startswith("/"):  # phantoms would be written there
            continue
        try:
            found = execution.prepare(name, "quick", texts)
        except UserError as error:
            one_sentence(error)
        else:
            json.dumps(found, allow_nan=False)
            assert all(meant(text, found[key]) for key, text in texts.items() if "_root" not in key)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_papermill_writes_is_checked_as_it_stands(name):
    known = {p.name: p for p in parameters.read(parameters.source(name))}
    kinds = {key: p.kind for key, p in known.items()}
    defaults = {key: p.default for key, p in known.items()}
    for key in known:
        for value in OBJECTS:
            try:
                found = parameters.verify(defaults | {key: value, "__annotations__": kinds})
            except UserError as error:
                one_sentence(error)
            else:
                assert found[key] == value
                assert isinstance(found[key], bool) is isinstance(value, bool)


SLIPS = [*b"\x00\t:[]{}&*!|>'\"%@`#,-?0aZ\xff"]


def test_a_damaged_profile_is_refused_by_its_name_or_read_as_it_stands(project):
    file = project / "params" / "00_small" / "cpu.yaml"
    whole = b"epochs: 30\nrate: 1e-3\nrows: [base, vgg16]\ngrouped: no\nlimit: null\n"
    rng = np.random.default_rng(2)
    for _ in range(N):
        text = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            at = rng.integers(len(text))
            text[at : at + rng.integers(3)] = bytes([rng.choice(SLIPS)])
        file.write_bytes(text)
        try:
            found = parameters.resolve("00_small", "cpu", {})
        except UserError as error:
            one_sentence(error)
            assert "cpu.yaml" in str(error)
        else:
            assert found["epochs"] in range(1, 101)
            assert set(found["rows"]) <= {"base", "vgg16", "vgg19"}
