"""The course: solutions pass their checks, and a check says what is wrong with an answer.

The solutions of a notebook are executed once; each wrong answer is then given to its check alone.
"""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from busutils import __main__ as cli
from busutils import course, paths, rebuild, runs, sources
from tests import cells

SOURCE = paths.project() / "course"
NOTEBOOKS = sorted(file.stem for file in SOURCE.glob("*.ipynb"))
SOLUTION = next(
    "".join(cell["source"])
    for cell in sources.cells(SOURCE / "0_lab.ipynb")
    if cell["id"] == "unet-solution"
)
WRONG = [
    ("0_lab", "share-check", "share = train_y.sum() / 96", "divide by its 4096 pixels"),
    ("0_lab", "share-check", "share = train_x.mean()", "take the masks, not the images"),
    ("0_lab", "share-check", "share = train_y", "has to be one number"),
    ("0_lab", "share-check", "share = '12 %'", "has to be a number"),
    (
        "0_lab",
        "dice-check",
        "def dice(t, a): return (t & a).sum() / (t | a).sum()",
        "that is the IoU",
    ),
    ("0_lab", "dice-check", "def dice(t, a): return (t == a).mean()", "counts the background too"),
    (
        "0_lab",
        "dice-check",
        "def dice(t, a): return 2 * (t & a).sum() / (t.sum() + a.sum())",
        "divides 0 by 0",
    ),
    (
        "0_lab",
        "dice-check",
        "def dice(t, a): return 2 * (t & a).sum() / max(t.sum() + a.sum(), 1)",
        "two empty masks agree",
    ),
    ("0_lab", "dice-check", "def dice(t, a): return t.overlap(a)", "stops with AttributeError"),
    ("0_lab", "dice-check", "def dice(t, a): print(1)", "returns nothing: end it with `return`"),
    (
        "0_lab",
        "dice-check",
        "def dice(t, a): return 1 if not t.any() else 2 * (t & a).sum() / (t.sum() + a.sum())",
        "only where both are empty",
    ),
    (
        "0_lab",
        "dice-check",
        "def dice(t, a): return (2 * (t & a).sum() + 1) / (t.sum() + a.sum() + 1)",
        "add nothing above and below",
    ),
    (
        "0_lab",
        "unet-check",
        SOLUTION.replace("([skip, x])", "([x, x])"),
        "0 of 3 skips are laid beside",
    ),
    ("0_lab", "guess-check", "guess = 'high'", "has to be a number: write down what you expect"),
    (
        "0_lab",
        "everything-check",
        "everything = val_y.mean()",
        "that is the share of lesion pixels",
    ),
    (
        "0_lab",
        "unet-check",
        "asked = unet; unet = lambda size: asked(size, filters=4)",
        "parameters, and should have",
    ),
    ("0_lab", "reached-check", "reached = tools.dice_of_each(val_y, p > 0.5)[0]", "first image"),
    (
        "0_lab",
        "interval-check",
        "half = 1.96 * difference.std(ddof=1) / 2\n"
        "interval = difference.mean() - half, difference.mean() + half",
        "take the t distribution",
    ),
    ("0_lab", "interval-check", "interval = interval[::-1]", "exchange them"),
    ("0_lab", "interval-check", "interval = (-9, 7)", "put it there"),
    ("0_lab", "interval-check", "interval = 0.1", "has to be two numbers"),
    ("0_lab", "decided-check", "interval = -1, 1\nconclusion = 'Birch is better'", "above 0"),
    ("0_lab", "decided-check", "interval = 1, 2\nconclusion = 'undecided'", "does not hold 0"),
    ("0_lab", "decided-check", "conclusion = 'Oak is better'", "has to be one of"),
    ("1_copies", "twins-check", "twins = 24", "number of all copies"),
    ("1_copies", "twins-check", "twins = (test >= 36).sum()", "an original whose copy"),
    ("1_copies", "gap-check", "with_twin = each.mean()", "mean of all test images"),
    (
        "1_copies",
        "gap-check",
        "with_twin, without_twin = without_twin, with_twin",
        "exchanged with and without",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng): o = rng.permutation(60); return o[20:], o[:20]",
        "is on both sides: draw frames",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng): return 'train', 'test'",
        "an array of their numbers",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng): f = rng.permutation(36); return f[12:], f[:12]",
        "12 images test: it has to be 15",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng): f = rng.permutation(36); return f[18:], f[:18]",
        "24 of 60 images are in neither part: give the numbers of all images",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng):\n    of = np.isin(frame, rng.permutation(36)[:12])\n"
        "    return frame[~of], frame[of]",
        "are they frames",
    ),
    (
        "1_copies",
        "group-check",
        "def by_frame(rng):\n    of = np.isin(frame, rng.permutation(36)[:12])\n"
        "    return np.flatnonzero(of), np.flatnonzero(~of)",
        "return those that train first",
    ),
    ("1_copies", "group-check", "def by_frame(rng): return np.arange(60)", "return two arrays"),
    ("1_copies", "honest-check", "honest = 'at random'", "were trained on"),
    ("2_two_means", "each-check", "per_image = pooled", "take the mean last"),
    ("2_two_means", "pooled-check", "pooled = per_image", "mean over images again"),
    (
        "2_two_means",
        "size-check",
        "smallest, largest = largest, smallest",
        "exchanged the smallest",
    ),
    ("2_two_means", "weight-check", "small_counts = 'pooled'", "of all lesion pixels"),
    ("2_two_means", "printed-check", "miss_per_image *= -1", "Dice minus harmonic mean"),
    ("3_missed_lesions", "missed-check", "hd95 = honest['hd95'].median()", "that is the median"),
    ("3_missed_lesions", "missed-check", "missed = 60 - missed", "how many images have an answer"),
    (
        "3_missed_lesions",
        "both-check",
        "def story(s): f = s[~s['missed']]; return {'hd95, found': s['hd95'].mean(), "
        "'missed': s['missed'].sum(), 'surface Dice': f['nsd'].mean()}",
        "a miss has a surface Dice of 0",
    ),
    ("3_missed_lesions", "worse-check", "better = 'cautious'", "lesions more"),
    (
        "4_threshold",
        "choose-check",
        "def best(rows): return dice[rows].mean(axis=0).max()",
        "return the column",
    ),
    ("4_threshold", "honest-check", "honest = flattered", "exchanged the two"),
    ("4_threshold", "honest-check", "flattered = each_its_own", "which no network can know"),
    ("4_threshold", "oracle-check", "each_its_own = flattered", "one threshold for all"),
    (
        "4_threshold",
        "matter-check",
        "larger = 'the gain'; honest = flattered - 1",
        "moves the score",
    ),
    ("5_doing_nothing", "empty-check", "doing_nothing = accuracy", "accuracy of the network"),
    ("5_doing_nothing", "last-check", "on_the_last = (~truth[-12:]).mean()", "not sorted yet"),
    ("5_doing_nothing", "formula-check", "by_formula = 1 - s", "the background alone"),
    (
        "5_doing_nothing",
        "right-check",
        "dice_of_lesions = tools.dice_of_each(y, answer).mean()",
        "images without a lesion are in this mean",
    ),
    ("5_doing_nothing", "right-check", "dice_of_lesions = _pooled", "Dice of all pixels together"),
    ("5_doing_nothing", "which-check", "convincing = 'accuracy'", "an empty mask reaches"),
]
"""Notebook, check, a wrong answer, and what its check has to say."""


def code_of(notebook, left_out):
    content = rebuild.without(SOURCE / f"{notebook}.ipynb", [left_out])
    return {c["id"]: "".join(c["source"]) for c in content["cells"] if c["cell_type"] == "code"}


@cache
def solved(notebook):
    """The variables of a notebook whose solutions were executed; each check has passed."""
    told = [
        c
        for c in rebuild.without(SOURCE / f"{notebook}.ipynb", ["task"])["cells"]
        if "outputs" in c
    ]
    return cells.page(told, {}, "")[1]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Stand in a folder with the counts, where the tools can be imported."""
    course.counts().to_csv(tmp_path / "published.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(SOURCE)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_each_task_is_followed_by_its_solution_and_its_check(notebook):
    content = json.loads((SOURCE / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in code)
    tags = [(cell["metadata"].get("tags") or [""])[0] for cell in code]
    assert tags.count("task") == tags.count("solution") >= 3
    for place, tag in enumerate(tags):
        if tag == "task":
            assert tags[place + 1] == "solution" and "..." in "".join(code[place]["source"])


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_solutions_pass_their_checks(notebook):
    assert solved(notebook)["checks"]


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_check_asks_for_what_is_not_written_yet(notebook):
    names, todo = solved(notebook), code_of(notebook, "solution")
    answered = []
    for name in [name for name in todo if name.endswith("-check")]:
        trial = dict(names)
        exec(todo[name.replace("-check", "-task")], trial)
        with pytest.raises(names["checks"].NotYet):
            exec(todo[name], trial)
        answered.append(name)
    assert len(answered) >= 3


@pytest.mark.parametrize(
    ("notebook", "check", "wrong", "words"), WRONG, ids=[f"{w[0]} {w[3]}" for w in WRONG]
)
def test_a_check_says_what_is_wrong(notebook, check, wrong, words):
    names = dict(solved(notebook))
    exec(wrong, names)
    with pytest.raises(names["checks"].NotYet, match=words):
        exec(code_of(notebook, "task")[check], names)


def test_both_folders_stand_alone_and_never_replace_work(tmp_path, capsys):
    assert cli.main(["course", "--to", str(tmp_path / "of a class")]) == 0
    for name, left_out in course.FOLDERS.items():
        folder = tmp_path / "of a class" / name
        assert {file.stem for file in folder.glob("*.ipynb")} == set(NOTEBOOKS)
        for notebook in folder.glob("*.ipynb"):
            assert not any(sources.tagged(cell, left_out) for cell in sources.cells(notebook))
        told = "import busutils, tools; print(busutils.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", told], cwd=folder, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(folder / "busutils" / "__init__.py")
        python = (folder / "runtime.txt").read_text().strip()  # for Binder, whose own is older
        assert python in {"python-3.11", "python-3.12", "python-3.13"}
    work = tmp_path / "of a class" / "students" / "0_lab.ipynb"
    work.write_text("mine")
    assert cli.main(["course", "--to", str(tmp_path / "of a class")]) == 2
    assert "perhaps with somebody's work" in capsys.readouterr().err
    assert work.read_text() == "mine"


def test_the_requirements_are_what_is_imported():
    """Of the modules that notebooks and tools load, wherever they lie in this package."""
    code = (
        "import sys, checks, tools\nfrom busutils import surface\n"
        "for name, module in sys.modules.items():\n"
        "    if name.startswith('busutils'):\n        print(module.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    files = [Path(name) for name in done.stdout.splitlines()] + [*SOURCE.glob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    trees += [sources.tree(notebook) for notebook in SOURCE.glob("*.ipynb")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
    named += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module]
    own = {"busutils", "checks", "tools", "IPython"}  # the last comes with ipykernel
    wanted = {name.split(".")[0] for name in named} - set(sys.stdlib_module_names) - own
    packages = {"PIL": "pillow", "sklearn": "scikit-learn"}
    listed = set((SOURCE / "requirements.txt").read_text().split())
    assert {packages.get(name, name) for name in wanted} <= listed
    beside = {"-c", "constraints.txt", "ipykernel", "jupyterlab", "tensorflow"}
    assert listed - beside == {packages.get(name, name) for name in wanted}


def test_wheels_that_cannot_be_collected_are_told_and_leave_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert cli.main(["course", "--to", str(tmp_path / "mine"), "--offline"]) == 1
    assert "the wheels were not collected" in capsys.readouterr().err
    assert not (tmp_path / "mine" / course.WHEELS).exists()


@pytest.mark.parametrize("text", ["course/1_copies.ipynb", "book/teaching.md"])
def test_the_images_of_shared_frames_are_as_many_as_published(text):
    run = runs.Run(paths.published() / "notebooks" / "00_data-busi-cpu")
    by_label = run.numbers["summary"].values()
    shared, images = (sum(of[key] for of in by_label) for key in ("in groups", "images"))
    told = (paths.project() / text).read_text(encoding="utf-8").replace("BUSI's ", "")
    assert f"{shared} of {images} images" in told
