"""The first read of a set (decoding) against a later one (the cache).

    python -m benchmarks.bench_reading [--data-root FOLDER]

Reads BUSI where its folder is named, else phantoms.
"""

import argparse
import tempfile
import time
from pathlib import Path

from busutils.data import busi, reading
from busutils.phantoms import write_busi


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print and return seconds of both reads, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of BUSI")
    parser.add_argument("--phantoms", type=int, default=240, help="how many, without a folder")
    options = parser.parse_args([] if arguments is None else arguments)
    root = options.data_root
    with tempfile.TemporaryDirectory() as store:
        if root is None:
            root = Path(store) / "phantoms"
            write_busi(root, n=options.phantoms)
        listing = busi.listing(root)
        reading.groups(listing, Path(store))  # the search for near-duplicates is another matter
        seconds = [_read(listing, Path(store)) for _ in range(6)]
    record = {"cases": len(listing.cases), "first_s": seconds[0], "cached_s": min(seconds[1:])}
    record["ratio"] = record["first_s"] / record["cached_s"]
    print(
        "reading {cases} images: first {first_s:.2f} s, cached {cached_s:.3f} s, "
        "ratio {ratio:.0f}".format(**record)
    )
    return record


def _read(listing, store: Path) -> float:
    start = time.perf_counter()
    reading.load(listing, 128, store=store)
    return time.perf_counter() - start


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
