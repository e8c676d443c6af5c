"""All benchmarks, one after the other: ``python -m benchmarks``.

Each prints a ratio with both absolute times, taken in one run on one machine.
"""

from benchmarks import (
    bench_photographs,
    bench_reading,
    bench_surface,
    bench_thresholds,
    bench_training_step,
)

if __name__ == "__main__":
    bench_reading.main()
    bench_photographs.main()
    bench_thresholds.main()
    bench_surface.main()
    bench_training_step.main([])
