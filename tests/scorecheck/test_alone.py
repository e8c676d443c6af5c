"""The package alone: in a process without frameworks, tables, notebooks or the book's helpers."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKED = ("scipy", "tensorflow", "keras", "pandas", "IPython", "matplotlib", "busutils")
CALL = f"""
import sys
sys.modules.update(dict.fromkeys({BLOCKED}))  # None: importing it fails
from scorecheck.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def called(folder, *words):
    command = [sys.executable, "-c", CALL, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def page(tmp_path):
    """The page for people's own papers; the files of its example are written."""
    text = (ROOT / "book" / "claims.md").read_text(encoding="utf-8")
    for name, language in (("mine.csv", "text"), ("mine.yaml", "yaml")):
        block = re.search(rf"`{name}`\n\n```{language}\n(.*?)```", text, re.S)
        (tmp_path / name).write_text(block.group(1), encoding="utf-8")
    return text


def test_the_example_of_the_page_works_alone(page, tmp_path):
    shown = re.search(r"\$ scorecheck (.*?)\n(.*?)```", page, re.S)
    done = called(tmp_path, *shown.group(1).split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == shown.group(2).split()


def test_two_packages_are_all_that_it_needs():
    about = tomllib.loads((ROOT / "scorecheck" / "pyproject.toml").read_text())["project"]
    assert [re.match(r"\w+", d).group() for d in about["dependencies"]] == [*("numpy", "pyyaml")]
    code = "\n".join(f.read_text() for f in (ROOT / "scorecheck" / "src").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.M))
    assert imported - set(sys.stdlib_module_names) == {"numpy", "yaml", "scorecheck"}
