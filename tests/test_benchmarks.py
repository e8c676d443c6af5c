"""Each benchmark runs, for one tiny size, and measures what it says."""

import pytest

from benchmarks import (
    bench_photographs,
    bench_reading,
    bench_surface,
    bench_thresholds,
    bench_training_step,
)


def test_photographs():
    record = bench_photographs.main(smaller=32)
    assert record["cases"] == 64
    assert record["all"] == pytest.approx(record["seconds"] / 64 * 2594 / 60)


def test_reading():
    record = bench_reading.main(["--phantoms", "12"])
    assert record["cases"] == 12
    assert record["ratio"] == pytest.approx(record["first_s"] / record["cached_s"])


def test_thresholds():
    record = bench_thresholds.main(cases=3, size=16)
    assert record["ratio"] == pytest.approx(record["eleven_passes_s"] / record["one_pass_s"])


def test_surface():
    record = bench_surface.main(cases=3, size=32)
    assert record["ratio"] == pytest.approx(record["medpy_s"] / record["ours_s"])


@pytest.mark.slow
def test_training_step():
    tiny = ["--backbone", "vgg16", "--size", "32", "--batch", "1", "--steps", "1"]
    (record,) = bench_training_step.main(tiny)
    assert (record["backbone"], record["size"], record["batch"]) == ("vgg16", 32, 1)
    assert record["ratio"] == pytest.approx(record["ours_ms"] / record["theirs_ms"])
