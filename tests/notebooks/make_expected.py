"""Write ``expected/``: the quick outputs and numbers that tests compare with (`make expected`).

All notebooks, or those named. It prints how the numbers differ from before. The reason belongs in
the commit.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))
import quick

from busutils import runs


def main() -> None:
    """Execute notebooks afresh and keep what is to be compared."""
    for name in sys.argv[1:] or quick.NOTEBOOKS:
        with TemporaryDirectory() as store:
            run = quick.execute(name, Path(store))
            numbers = runs.flat(run.numbers)
            if (quick.EXPECTED / f"{name}.json").exists():
                print(name, *quick.differences(name, numbers) or ["as before"], sep="\n  ")
            notebook = quick.without_other_outputs(run.folder / f"{name}.ipynb")
        runs.write_json(quick.EXPECTED / f"{name}.ipynb", notebook)
        runs.write_json(quick.EXPECTED / f"{name}.json", numbers)


if __name__ == "__main__":
    main()
