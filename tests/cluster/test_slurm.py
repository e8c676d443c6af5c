"""Jobs distributed by a real Slurm on this machine: one process is killed, and nothing is lost.

It needs root and Debian's packages slurmctld, slurmd, slurm-client and munge, and takes minutes.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from busutils import execution, jobs, training

ROOT = Path(__file__).resolve().parents[2]
CONTROL = Path(__file__).with_name("slurm")
DAEMONS = ("slurmctld", "slurmd", "munged", "sbatch")
NOTEBOOK = "02_attention_unet"
COMMAND = [
    *(sys.executable, "-m", "snakemake", "study", "--config", f"notebook={NOTEBOOK}"),
    *("--executor", "slurm", "--jobs", "2", "--retries", "1", "--nolock"),
    *("--default-resources", "mem_mb=1800", "runtime=30", "slurm_partition=main"),
    *("--slurm-status-command", "squeue"),  # this Slurm keeps no accounts
    *("--seconds-between-status-checks", "5", "--slurm-init-seconds-before-status-checks", "5"),
]
LONGEST = 900  # seconds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, DAEMONS)),
        reason="needs root and Debian's slurmctld, slurmd, slurm-client and munge",
    ),
    pytest.mark.skipif(
        Path("/etc/slurm/slurm.conf").exists(), reason="this machine has a Slurm of its own"
    ),
]


@pytest.fixture
def slurm(tmp_path):
    subprocess.run([CONTROL, "start", tmp_path / "slurm"], check=True)
    yield
    subprocess.run([CONTROL, "stop", tmp_path / "slurm"], check=True)


def test_a_job_whose_process_is_killed_goes_on_and_gives_the_same_table(
    slurm, tmp_path, monkeypatch
):
    store = tmp_path / "distributed"
    with (tmp_path / "log.txt").open("w") as log:
        apart = os.environ | {"BUSUTILS_RUNS": str(store)}
        started = subprocess.Popen(COMMAND, cwd=ROOT, stdout=log, stderr=log, env=apart)
        killed = kill_one(store, started)
        assert started.wait(LONGEST) == 0, (tmp_path / "log.txt").read_text()
    assert "Trying to restart job" in (tmp_path / "log.txt").read_text()
    monkeypatch.setenv("BUSUTILS_RUNS", str(tmp_path / "here"))
    planned = execution.plan(NOTEBOOK, "quick", {})
    assert killed in {job.id for job in planned}
    training.complete(planned)
    for job in planned:
        there, here = jobs.read(job.id, store), jobs.read(job.id)
        pd.testing.assert_frame_equal(there.cases, here.cases)
        pd.testing.assert_frame_equal(
            there.history.drop(columns="seconds"), here.history.drop(columns="seconds")
        )


def kill_one(store, started):
    """Kill the process of a job that has finished an epoch, as if its node had died."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and started.poll() is None:
        for state in store.glob("jobs/.*.training/last.npz"):
            name = state.parent.name.split(".")[1]
            asked = ["pgrep", "-f", "--", f"--train {name}$"]
            found = subprocess.run(asked, capture_output=True, text=True, check=False)
            if pids := found.stdout.split():
                for pid in pids:
                    os.kill(int(pid), signal.SIGKILL)
                return name
        time.sleep(0.2)
    raise AssertionError("no job finished an epoch")
