"""The command line: exit codes, one sentence for what went wrong, nothing heavy for --help."""

import errno
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from busutils import __main__ as cli
from busutils import execution, jobs, runs
from busutils.errors import RunError, UserError
from tests import finished
from tests.discs import JOB


def called(capsys, *words):
    code = cli.main(list(words))
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UserError("no such thing: take another"), 2, "busutils: no such thing: take another\n"),
        (RunError("cell 3 failed"), 1, "busutils: cell 3 failed\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/x"),
            1,
            "busutils: /data/x: No space left on device: free space, "
            "or set BUSUTILS_RUNS to a folder on another disk\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/data"),
            1,
            "busutils: /data: Permission denied: change its permissions, or name another folder\n",
        ),
        (
            KeyboardInterrupt(),
            1,
            "busutils: interrupted; finished trainings are kept, call again to go on\n",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence(project, capsys, monkeypatch, error, code, sentence):
    def fail(*args):
        raise error

    monkeypatch.setattr(execution, "execute", fail)
    assert called(capsys, "run", "00_small") == (code, "", sentence)


def test_an_error_of_the_program_is_not_hidden(project, monkeypatch):
    monkeypatch.setattr(execution, "execute", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["run", "00_small"])


def test_run_gives_profile_and_parameters_and_prints_the_folder(project, capsys, monkeypatch):
    monkeypatch.setattr(execution, "execute", lambda *args: args)
    words = ["-q", "--profile", "cpu", "-p", "epochs=3", "-p", "rows=a=b", "--data-root", "x"]
    overrides = {"epochs": "3", "rows": "a=b", "data_root": "x"}
    code, out, _ = called(capsys, "run", "00_small", *words)
    assert (code, out) == (0, f"{('00_small', 'cpu', overrides, True)}\n")


def test_run_help_lists_the_parameters_of_the_notebook(project, capsys):
    code, out, _ = called(capsys, "run", "00_small", "--help")
    assert code == 0
    assert "profiles of 00_small: quick, cpu" in out
    assert "  epochs = 2 (a whole number from 1 to 100)\n      passes over the data\n" in out
    assert "  rows = ['vgg16'] (a list, each item one of base, vgg16, vgg19)\n" in out


def test_run_help_without_a_notebook_lists_the_notebooks(project, capsys):
    assert "notebooks:\n  00_small\n" in called(capsys, "run", "--help")[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run"], "name a notebook"),
        (["run", "00_small", "-p", "epochs"], "-p epochs has no value: write -p name=value"),
        (
            ["run", "00_small", "-p", "a=1", "-p", "b=1", "-p", "b=2"],
            "-p b is given twice: give it",
        ),
        (["run", "00_small", "--dry-run"], "00_small trains nothing"),
        (["run", "00_small", "-p", "epoch=3"], "did you mean 'epochs'"),
        (["jobs"], "name either a notebook or --bundle DIR"),
        (["jobs", "00_small", "--bundle", "x"], "name either a notebook or --bundle DIR"),
        (["jobs", "--bundle", "x", "-p", "a=1"], "-p is for a notebook, and a bundle has its own"),
        (
            ["jobs", "--bundle", "x", "--profile", "cpu"],
            "--profile is for a notebook, and a bundle",
        ),
        (["jobs", "00_small", "--minutes", "3"], "--minutes is for --train"),
        (["jobs", "00_small", "--json", "--train", "all"], "--json is for a list of jobs"),
        (["run", "00_small", "--profile", ""], "unknown profile ''"),
        (["merge", "none.zip"], "none.zip is not there"),
        (["compare", "a", "b"], "there are no runs yet"),
        (["publish", "a"], "there are no runs yet"),
        (["data", "check", ".", "--images", "*"], "give --images and --masks together"),
    ],
)
def test_a_wrong_call_ends_with_2(project, capsys, words, sentence):
    code, out, err = called(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("busutils: ")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["walk"], ["course", "--t", "x"]])
def test_an_unknown_command_or_option_ends_with_2(words):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2


def test_compare_prints_both_runs(project, capsys):
    for name, dice in (("one", 0.5), ("two", 0.75)):
        folder = project / "runs" / "notebooks" / name
        runs.write_json(folder / "manifest.json", {"run": name})
        runs.write_json(folder / "numbers.json", {"dice": dice})
    _, out, _ = called(capsys, "compare", "one", "two")
    assert [line.split() for line in out.splitlines()] == [
        ["one", "two", "difference"],
        ["dice", "0.5", "0.75", "0.25"],
    ]


def test_data_fetch_phantom_makes_phantoms(project, capsys, monkeypatch):
    from busutils.data import sets

    few = replace(sets.SETS["phantom"], generate=lambda root: root.mkdir(parents=True))
    monkeypatch.setitem(sets.SETS, "phantom", few)
    code, out, _ = called(capsys, "data", "fetch", "phantom")
    assert (code, out) == (0, f"{project / 'data' / 'phantom'}\n")
    assert (project / "data" / "phantom").is_dir()


def test_data_list_names_what_can_be_fetched(project, capsys):
    code, out, _ = called(capsys, "data", "list")
    assert code == 0
    for name in ("busi", "isic2018", "ham10000-masks", "figshare", "lgg"):
        assert re.search(rf"^fetch {name}: .+\. Licence: .+\. Cite .+$", out, re.MULTILINE)


HEAVY = {"keras", "tensorflow", "jax", "numpy", "pandas", "papermill", "matplotlib", "yaml"}


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from busutils import __main__\n"
        "try:\n    __main__.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "execute a notebook" in done.stdout


def test_dry_run_counts_what_a_page_trains_again(store, capsys, monkeypatch):
    elsewhere, here = replace(JOB, init_seed=1), replace(JOB, init_seed=2)
    for job in (elsewhere, here):
        finished.write(job, lambda case, threshold: (5, 2, 3, 1014))
    (jobs.folder(elsewhere) / jobs.MERGED).touch()
    twice = [JOB, elsewhere, here, here]  # a training may stand in two parts of a page
    monkeypatch.setattr(cli, "_planned", lambda args: twice)
    monkeypatch.setattr(execution, "kept", lambda name: {"weights", "film"})
    code, out, _ = called(capsys, "run", "01_unet_backbones", "--dry-run")
    assert code == 0
    assert "3 jobs, 1 of them to train\n" in out
    assert "1 finished jobs lack their weights: those that the page shows, and that no " in out
    assert "1 merged jobs lack their weights: if the page shows one, copy its model.weights" in out
    assert "film" not in out  # no job of these records one
