"""Memory that predicting one image takes, measured in a process of its own (Linux).

What the process holds after the framework is loaded is taken off; weights, activations and what
the framework needs for them remain. The random start of the weights is not counted: the peak is
set back before the prediction.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from busutils.errors import RunError, UserError

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def memory(model: str, size: int, options: dict) -> float:
    """Return the MiB that building a network and predicting one image add at their peak.

    Raises
    ------
    UserError
        On a system that does not tell (``/proc`` of Linux).
    RunError
        If the process fails.
    """
    if not RESET.exists():
        raise UserError(
            f"{RESET} is not there, so peak memory cannot be measured: take measure_memory false"
        )
    command = [sys.executable, "-m", __name__, model, str(size), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"memory of {model} was not measured ({last}): take measure_memory false")
    return float(done.stdout)


def status(key: str) -> float:
    """MiB of one entry of this process's status, such as VmRSS (now) or VmHWM (peak)."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) / 1024


def main(model: str, size: str, options: str) -> None:
    """Print what `memory` returns."""
    import keras

    from busutils import models

    keras.ops.zeros(1)  # wakes the framework
    before = status("VmRSS")
    built = models.build(model, int(size), **json.loads(options))
    built.compile(jit_compile=keras.backend.backend() == "jax")
    RESET.write_text("5")  # sets the peak back to what is held now
    built.predict_on_batch(np.zeros((1, int(size), int(size), 3), "float32"))
    print(status("VmHWM") - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
