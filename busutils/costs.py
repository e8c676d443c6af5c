"""What jobs will cost before they start, hours on two idle cores and disk; what a network costs.

Measured with TensorFlow on two idle cores at 128 x 128 pixels, batch 8; from there on time grows
with the number of pixels, and smaller images gain less. A network that was not measured is set
beside one that was, by their operations. A guess for planning, not a result.
"""

import json
import subprocess
import sys
import time
import timeit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from busutils import jobs, models
from busutils.errors import RunError, UserError
from busutils.job import Job

if TYPE_CHECKING:
    import keras

PASSES = {
    "plain_unet": 85,
    "attention_unet": 65,
    "multitask_unet": 50,
    "fgfeu_net": 15,
    "mu_net": 10,
    "segnet": 90,
    "fcn": 20,
    "cnn": 300,
    "lstm": 300,
    "vgg16": 38,
    "vgg19": 33,
    "resnet50": 30,
    "resnext50": 15,
    "seresnet50": 28,
    "seresnext50": 13,
    "densenet121": 50,
    "inceptionv3": 40,
    "mobilenetv2": 60,
}
"""Thousand images an hour that are trained on, an encoder frozen but for its batch norm; networks
without one with 16 filters in their first block."""

KNOWN = "plain_unet"
"""What a network that is not listed is set beside."""
UNFROZEN = 0.45
"""Share of that speed that is left when the encoder trains too."""
SMALL = 1.6
"""Power of the side by which time falls under 128 pixels (2 would be the number of pixels): five
networks at 32 to 96 pixels took 3 times less at 64 than at 128, and 9 times less at 32."""
FORWARD = 0.35
"""Time of a prediction as a share of that of a training step."""
START = 40 / 3600
"""Hours until the first step."""
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
"""Where Linux tells what a process holds, and sets its peak back."""


@dataclass(frozen=True)
class Cost:
    """Hours on two idle cores, and megabytes of what stays."""

    hours: float
    megabytes: float

    @property
    def time(self) -> str:
        """The hours in words; in minutes if it is less than one."""
        minutes = max(1, round(60 * self.hours))
        if minutes < 60:
            return f"{minutes} minute{'s' * (minutes > 1)}"
        return f"{self.hours:.1f} hours"


def cost(planned: Sequence[Job]) -> Cost:
    """Add up what training `planned` takes."""
    scored = ["val", "test", "normal"]
    pixels = sum(job.size**2 * jobs.read_split(job)["role"].isin(scored).sum() for job in planned)
    return Cost(sum(map(hours, planned)), pixels / 1e6 + 0.2 * len(planned))


def hours(job: Job) -> float:
    """Return the hours that a job takes."""
    role = jobs.read_split(job)["role"].value_counts()
    passes = role.get("train", 0) + FORWARD * role.get("val", 0)
    quicker = (128 / job.size) ** (SMALL if job.size < 128 else 2)  # than at 128 pixels
    return START + job.epochs * passes / (1000 * _speed(job) * quicker)


def _speed(job: Job) -> float:
    """Thousand images an hour at 128 pixels."""
    name = job.options.get("backbone", job.model)
    if name not in PASSES:
        known = _operations(KNOWN, 128, "{}") * (job.size / 128) ** 2
        return PASSES[KNOWN] * known / _operations(job.model, job.size, json.dumps(job.options))
    unfrozen = job.freeze == "none" and "backbone" in job.options
    return PASSES[name] * (16 / job.options.get("filters", 16)) ** 2 * (UNFROZEN if unfrozen else 1)


@cache
def _operations(model: str, size: int, options: str) -> int:
    """Operations of a network for one image; `options` as JSON."""
    from busutils.models.operations import operations  # imports a framework, which takes seconds

    return operations(models.outline(model, size, **json.loads(options)))


def seconds(model: "keras.Model", image: np.ndarray, n: int) -> float:
    """Median time of predicting one image `n` times, after one that is not counted.

    Parameters
    ----------
    image : array of shape (1, height, width, channels), as the network reads it
    """
    one = partial(model.predict_on_batch, image)
    return float(np.median(timeit.repeat(one, timer=time.perf_counter, number=1, repeat=n + 1)[1:]))


def memory(model: str, size: int, options: Mapping[str, Any]) -> float:
    """Return the MiB that building a network and predicting one image add at their peak (Linux).

    Measured in a process of its own. What that holds after the framework is loaded is taken off;
    weights, activations and what the framework needs for them remain. The random start of the
    weights is not counted: the peak is set back before the prediction.

    Parameters
    ----------
    model, size, options : as :func:`busutils.models.build` takes them; with 3 channels

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


def _print_memory(model: str, size: str, options: str) -> None:
    """Print what `memory` returns."""
    import keras

    keras.ops.zeros(1)  # wakes the framework
    before = _held("VmRSS")
    built = models.build(model, int(size), **json.loads(options))
    built.compile(jit_compile=keras.backend.backend() == "jax")
    RESET.write_text("5")  # sets the peak back to what is held now
    built.predict_on_batch(np.zeros((1, int(size), int(size), 3), "float32"))
    print(_held("VmHWM") - before)


def _held(key: str) -> float:
    """MiB of one entry of this process's status, such as VmRSS (now) or VmHWM (peak)."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    _print_memory(*sys.argv[1:])
