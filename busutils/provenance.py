"""What made a result: commit, versions, backend and machine. No host name, no user name."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from busutils import paths

PACKAGES = (
    *("busutils", "keras", "tensorflow", "jax", "numpy", "scipy", "pandas"),
    *("scikit-image", "scikit-learn", "pillow", "matplotlib"),
)


def provenance() -> dict:
    """Return commit, Python and package versions, and the machine, as plain values."""
    return {
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {p: v for p in PACKAGES if (v := _version(p))},
        "machine": machine(),
    }


def commit() -> str:
    """Return the commit of the checkout (``-dirty`` if files differ from it), or ``unknown``."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=paths.project(), capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def backend() -> str:
    """Return the Keras backend that is loaded, or ``none`` before Keras is imported."""
    keras = sys.modules.get("keras")
    return keras.backend.backend() if keras else "none"


def machine() -> str:
    """Return processor, cores and memory in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{[*names, platform.machine()][0]}, {cores} cores, {gib:.0f} GiB, {platform.system()}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
