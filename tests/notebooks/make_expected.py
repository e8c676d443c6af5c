"""Write ``expected/`` (`make expected`): what nbval compares, from the runs of `make book`.

All notebooks, or those named. The reason belongs in the commit.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import quick

from busutils import paths, runs


def main() -> None:
    """Keep of each run the outputs that are the same everywhere."""
    for name in sys.argv[1:] or quick.NOTEBOOKS:
        executed = quick.run(name, paths.store()).folder / f"{name}.ipynb"
        runs.write_json(quick.EXPECTED / f"{name}.ipynb", quick.without_other_outputs(executed))


if __name__ == "__main__":
    main()
