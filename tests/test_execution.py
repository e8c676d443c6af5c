"""Executing a notebook: whole results, or none and a notebook that shows what failed."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from busutils import execution, paths
from busutils.errors import RunError, UserError
from busutils.runs import Run, write_json


@pytest.fixture
def fetched(project):
    (project / "data" / "busi").mkdir(parents=True)
    return project / "data" / "busi"


def test_a_run_folder_holds_notebook_numbers_tables_and_manifest(project):
    job = project / "runs" / "jobs" / "aaaaaaaaaaaa" / "manifest.json"
    write_json(job, {"backend": "jax", "minutes": 3})
    folder = execution.execute("00_small", "cpu", {"rows": "vgg16,vgg19"}, quiet=True)
    assert folder.parent == project / "runs" / "notebooks"
    assert folder.name.startswith("00_small-phantom-cpu-")
    assert {f.name for f in folder.iterdir()} == {
        *("00_small.ipynb", "cases.csv", "log.txt", "manifest.json", "numbers.json", "tables"),
        "verdicts.md",
    }
    assert [f for f in folder.parent.iterdir() if f != folder] == []
    run = Run(folder)
    assert run.numbers["rows"] == [{"dice": 0.8}]  # epochs 30 of the profile
    assert run.numbers["interpreter"] == sys.executable
    check_manifest(run.manifest, folder.name)
    executed = json.loads((folder / "00_small.ipynb").read_text())
    streams = [o for c in executed["cells"] for o in c.get("outputs", []) if "name" in o]
    assert [o["name"] for o in streams] == ["stdout"]  # no progress bar
    assert "".join(streams[0]["text"]) == f"30 {project}\n"
    assert (folder / "log.txt").read_text() == "a progress bar\n"


def check_manifest(manifest, name):
    assert manifest["run"] == name
    assert manifest["profile"] == "cpu"
    assert manifest["overrides"] == ["rows"]
    assert manifest["parameters"]["rows"] == ["vgg16", "vgg19"]
    assert manifest["parameters"]["epochs"] == 30
    assert manifest["data"]["cases"] == 60
    assert manifest["jobs"] == ["aaaaaaaaaaaa"]
    assert manifest["backend"] == "jax"  # that of the job, for this run trained nothing itself
    assert manifest["minutes"] > 0
    assert manifest["versions"]["numpy"]
    assert "cores" in manifest["machine"]


def test_a_failed_run_leaves_nothing_but_the_notebook_that_shows_the_cell(project):
    with pytest.raises(RunError, match="ValueError: 13 epochs bring bad luck") as failed:
        execution.execute("00_small", "quick", {"epochs": "13"}, quiet=True)
    assert failed.value.exit_code == 1
    assert list((project / "runs" / "notebooks").iterdir()) == []
    log, kept = sorted((project / "runs" / "failed").iterdir(), reverse=True)
    assert str(kept) in str(failed.value)
    assert "13 epochs bring bad luck" in kept.read_text()
    assert (log.stem, log.read_text()) == (kept.stem, "a progress bar\n")


def _listen_to_interrupts():
    """Undo what a shell does to its background jobs, which ignore SIGINT and hand that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_run_ends_with_one_sentence_and_leaves_nothing(project):
    code = (
        "import sys; from pathlib import Path; from busutils import __main__, paths\n"
        "paths.project = Path.cwd\n"
        "sys.exit(__main__.main(['run', '00_small', '-q', '-p', 'epochs=99']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=project,
        env=os.environ,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_listen_to_interrupts,
    )
    deadline = time.monotonic() + 60
    while not (project / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does, to the kernel too
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert told.splitlines()[-1].startswith("busutils: interrupted")
    assert list((project / "runs" / "notebooks").iterdir()) == []


def test_the_same_parameters_give_the_same_folder_and_others_another(project):
    values = execution.prepare("00_small", "quick", {})
    one = execution.folder("00_small", "quick", values)
    assert one == execution.folder("00_small", "quick", dict(reversed(values.items())))
    assert one != execution.folder("00_small", "quick", values | {"epochs": 3})


def test_a_fetched_set_is_found_without_naming_it(fetched):
    assert execution.prepare("00_small", "quick", {"dataset": "busi"})["data_root"] == str(fetched)


def test_a_data_root_is_made_absolute(fetched, monkeypatch):
    monkeypatch.chdir(fetched.parent)
    values = execution.prepare("00_small", "quick", {"dataset": "busi", "data_root": "busi"})
    assert values["data_root"] == str(fetched)


def test_missing_data_is_told_before_anything_starts(project):
    with pytest.raises(UserError, match="needs its folder: give --data-root FOLDER, or call"):
        execution.execute("00_small", "quick", {"dataset": "busi"})
    with pytest.raises(UserError, match=r"data_root '.*nowhere' is not there"):
        execution.execute("00_small", "quick", {"data_root": "nowhere"})
    assert not (project / "runs").exists()


def test_a_notebook_that_trains_nothing_has_no_jobs(project):
    with pytest.raises(UserError, match="00_small trains nothing"):
        execution.plan("00_small", "quick", {})


def test_the_environment_is_as_before(project, monkeypatch):
    monkeypatch.delenv("BUSUTILS_RUN_DIR", raising=False)
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    with paths.variables({"BUSUTILS_RUN_DIR": "here", "JUPYTER_PREFER_ENV_PATH": "1"}):
        assert os.environ["BUSUTILS_RUN_DIR"] == "here"
    assert "BUSUTILS_RUN_DIR" not in os.environ
    assert os.environ["JUPYTER_PREFER_ENV_PATH"] == "0"


def test_a_parameter_that_may_be_none_is_not_called_unknown(project, caplog):
    folder = execution.execute("00_small", "cpu", {"limit": 3}, quiet=True)
    assert Run(folder).manifest["parameters"]["limit"] == 3
    assert [r.getMessage() for r in caplog.records if r.name == "papermill"] == []


CHATTER = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1795233559.214775   15172 port.cc:153] oneDNN custom operations are on.\n"
    "E0000 00:00:1795233559.214775   15172 cuda_platform.cc:51] failed call to cuInit: INTERNAL\n"
    "2026-01-01 00:00:00.1: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.\n"
    "To enable the following instructions: AVX2, rebuild TensorFlow.\n"
    "/a/look.py:9: UserWarning: constrained_layout not applied\n"
    "  figure.draw_without_rendering()\n"
)


def test_progress_is_shown_without_the_log_lines_of_frameworks(capsys):
    log = io.StringIO()
    shown = execution._Progress(log, quiet=False)
    line = "job 1/3 vgg16: epoch 1/2, loss 0.774"
    shown.write(f"{CHATTER}\r{line}")
    shown.write(CHATTER)
    shown.write(f"\r{line}{CHATTER}")
    shown.write("\rnote: few lesions\nF0000 00:00:17 cpu.cc:9] no AVX\n")
    shown.flush()
    told = f"\r{line}" * 2 + "\rnote: few lesions\nF0000 00:00:17 cpu.cc:9] no AVX\n"
    assert capsys.readouterr().err == told
    assert log.getvalue().count("oneDNN") == 6 and f"\n{line}" in log.getvalue()


LOUD = f"""
import os, subprocess, sys, warnings
chatter = {CHATTER!r}
os.write(2, chatter.encode())  # as C++ parts do
subprocess.run([sys.executable, "-c", "import os, sys; os.write(2, sys.argv[1].encode())", chatter])
print(chatter, file=sys.stderr)
warnings.warn("constrained_layout not applied")
print("\\rnote: few lesions", file=sys.stderr, flush=True)
"""


@pytest.mark.parametrize("watched", [True, False])
def test_no_chatter_of_a_notebook_reaches_the_terminal(project, capfd, monkeypatch, watched):
    """Neither what IPython hands on, nor what goes past it to the file of the terminal."""
    if watched:  # else IPython leaves the file to pytest
        monkeypatch.delenv("PYTEST_CURRENT_TEST")
    file = project / "notebooks" / "00_small.ipynb"
    notebook = json.loads(file.read_text())
    notebook["cells"][3]["source"] = LOUD + "".join(notebook["cells"][3]["source"])
    file.write_text(json.dumps(notebook))
    folder = execution.execute("00_small", "quick", {})
    told = capfd.readouterr()
    assert "note: few lesions" in told.err
    loud = re.findall(r"oneDNN|absl|cuInit|AVX2|layout|rendering", told.out + told.err)
    assert loud == []
    log = (folder / "log.txt").read_text()
    assert "cuInit" in log and "constrained_layout" in log


LOADS = """
import os, sys
from busutils import frameworks
with frameworks.loading():
    os.write(2, b"I0000 00:00:17 port.cc:153] oneDNN custom operations are on\\na real error\\n")
    if sys.argv[1:]:
        os.abort()
os.write(2, b"W0000 00:00:17 later")
"""


@pytest.mark.parametrize("dies", [[], ["aborted"]])
def test_a_framework_loads_without_its_log_lines_but_errors_are_shown(dies):
    command = [sys.executable, "-c", LOADS, *dies]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == "a real error\n" + ("" if dies else "W0000 00:00:17 later")
    assert (done.returncode == 0) is not bool(dies)


@pytest.mark.parametrize("overrides", [{}, {"dataset": "phantom"}])
def test_a_folder_without_the_name_of_its_set_is_refused(project, tmp_path, overrides):
    for name, folder in (("busi", "Dataset_BUSI_with_GT"), ("isic", "ISIC2018_Task1_Training")):
        root = tmp_path / "sets" / name
        (root / folder).mkdir(parents=True)
        with pytest.raises(UserError, match=rf"sets/{name} is given as data, .* dataset={name} by"):
            execution.prepare("00_small", "quick", {"data_root": str(root), **overrides})
        assert [f.name for f in root.rglob("*")] == [folder]  # nothing was written there
        named = {"data_root": str(root), "dataset": name}
        assert execution.prepare("00_small", "quick", named)["data_root"] == str(root)


def test_what_a_page_keeps_of_its_jobs_is_read_from_its_code(project):
    file = project / "notebooks" / "00_small.ipynb"
    notebook = json.loads(file.read_text())
    code = ['study.train(a, keep={"film"}, also={"weights"})\n', "x.duplicated(keep=False)"]
    notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": code})
    file.write_text(json.dumps(notebook))
    assert execution.kept("00_small") == {"film", "weights"}
