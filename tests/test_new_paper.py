"""A new paper's page builds and passes the tests of pages from its first minute."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from busutils import __main__ as cli
from busutils import new_paper, paths
from busutils.errors import UserError

ROOT = paths.project()
NAME = "42_wang2026"
TESTS = ("test_repository.py", "test_reported.py", "test_cuts.py", "notebooks/test_notebooks.py")


@pytest.fixture
def clone(tmp_path):
    """The files of the project, as a clone would hold them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(lambda name: (ROOT / name).is_file(), listed.stdout.splitlines()):
        (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


@pytest.mark.slow
def test_it_runs_and_passes_the_tests_of_pages(clone):
    new_paper.write(NAME, clone)
    search = [clone, clone / "scorecheck" / "src"]
    apart = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, search)), "BUSUTILS_RUNS": "runs"}
    apart["BUSUTILS_PHANTOMS"] = str(paths.phantoms())

    def call(*words):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=clone,
            env=apart,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    call("-m", "busutils", "run", NAME, "--quiet")
    call("tests/notebooks/make_expected.py", NAME)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=clone, check=True)
    of_it = f"{NAME} or repository or reported or cuts"
    call("-m", "pytest", "-q", *(f"tests/{name}" for name in TESTS), "-k", of_it)


def test_its_page_and_its_numbers_are_listed(clone):
    made = new_paper.write(NAME, clone)
    assert all(file.exists() for file in made)
    toc = (clone / "_toc.yml").read_text()
    assert f"glob: book/papers/{NAME}-*" in toc
    assert "paper42_table1.csv" in (clone / "tests" / "transcribed.sha256").read_text()
    text = "".join(file.read_text() for file in made)
    assert "PAPER_NUMBER" not in text and "PAGE_NAME" not in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wang2026", "names no paper: write two digits and a name"),
        ("8_wang", "names no paper"),
        ("08-wang", "names no paper"),
        ("01_other", "is there: take another number than 01"),
        ("../08_wang", "names no paper"),
    ],
)
def test_a_wrong_name_is_refused_and_nothing_is_written(clone, name, words):
    before = sorted(clone.rglob("*"))
    with pytest.raises(UserError, match=words):
        new_paper.write(name, clone)
    assert sorted(clone.rglob("*")) == before


def test_the_command_line_refuses_what_is_taken(capsys):
    assert cli.main(["new-paper", "03_again"]) == 2
    assert "03_multitask_unet.ipynb is there" in capsys.readouterr().err
    assert not Path(ROOT / "notebooks" / "03_again.ipynb").exists()
