"""Keeps what frameworks log off the terminal; exceptions and a process's last words are shown."""

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = r"(WARNING: All log messages before absl|[IWE][0-9]{4} [0-9]{2}:[0-9]{2}:)"
PROGRESS = re.compile(
    rf"\r((?!{CHATTER}|\S+:[0-9]+: \w*Warning: ).)*\n?|^F[0-9]{{4}} .*\n?", re.MULTILINE
)
"""What a terminal shows of a notebook's stderr: what begins with a carriage return, as progress
does, up to a log line or a warning behind it; and the last words of a process."""


@contextmanager
def loading() -> Iterator[None]:
    """Import a framework without what it writes to the terminal's file while it loads.

    That is before its log level counts, so lines go through `grep`, a process of its own, which
    shows the last words of an import that kills this one.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # 3: fatal errors; others become exceptions
    if "keras" in sys.modules or not shutil.which("grep"):
        yield
        _hush()
        return
    terminal = os.dup(2)
    command = ["grep", "-vE", f"^{CHATTER}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=terminal) as kept:
        os.dup2(kept.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
    _hush()


def _hush() -> None:
    """Silence TensorFlow's warnings, as that one process predicts with several networks."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
