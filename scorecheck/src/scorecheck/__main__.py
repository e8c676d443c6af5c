"""The command line: ``scorecheck FILE.csv --context FILE.yaml``. Exit codes: 0 done, 2 refused."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from scorecheck import check, read, report
from scorecheck.errors import InputError


def main(
    arguments: Sequence[str] | None = None,
    program: str = "scorecheck",
    read: Callable = read,
    check: Callable = check,
) -> int:
    """Check one paper and return the exit code.

    A terminal that lacks a character shows "?" for it, and a reader that has gone, as in
    ``| head -1``, ends the command without a word.
    """
    text = "Can printed scores be true together?"
    parser = argparse.ArgumentParser(program, description=text, allow_abbrev=False)
    add = parser.add_argument
    add("files", metavar="FILE.csv", nargs="+", type=Path, help="printed numbers")
    add("--context", type=Path, required=True, metavar="FILE.yaml", help="what the numbers mean")
    add("--json", action="store_true", help="print JSON")
    streams = [s for s in (sys.stdout, sys.stderr) if isinstance(s, io.TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="replace")
    try:
        try:
            args = parser.parse_args(arguments)
            paper = read(args.files, args.context)
            for note in paper.notes:
                print(f"{program}: {note}", file=sys.stderr)
            checks = check(paper)
            print(report.to_json(checks) if args.json else report.text(checks))
        finally:  # after --help too; at exit it would be too late to catch what goes wrong
            print(end="", flush=True)
    except BrokenPipeError:
        for stream in streams:  # what is left in their buffers is not wanted either
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except InputError as error:
        print(f"{program}: {error}", file=sys.stderr, flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
