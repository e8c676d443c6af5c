"""Begin the page of another paper: a notebook, its profiles, and made-up printed numbers.

What stands in ``new_paper/`` builds and tests from the first minute; then it is replaced, piece by
piece, by what the paper says.
"""

import hashlib
import re
from pathlib import Path

from busutils import paths
from busutils.errors import UserError

NAMED = re.compile(r"([1-9]\d|0[1-9])_[a-z][a-z0-9_]*")
ABOVE = "      - glob: book/papers/07_*\n"
"""The line of ``_toc.yml`` above which the page is entered."""


def write(name: str, root: Path | None = None) -> list[Path]:
    """Write the files of a new paper, and enter its page and its numbers where they are listed.

    Parameters
    ----------
    name : two digits, which are the paper's number, and a name, as in ``08_wang2026``
    root : the project

    Raises
    ------
    UserError
        If the name is none, its number is taken, or the page cannot be entered.
    """
    root = root or paths.project()
    if not NAMED.fullmatch(name):
        raise UserError(f"{name!r} names no paper: write two digits and a name, as 08_wang2026")
    digits, number = name[:2], str(int(name[:2]))
    taken = sorted((root / "notebooks").glob(f"{digits}_*"))
    taken += sorted((root / "book" / "reported").glob(f"paper{number}[._]*"))
    if taken:
        raise UserError(f"{taken[0].relative_to(root)} is there: take another number than {digits}")
    contents = root / "_toc.yml"
    listed = contents.read_text(encoding="utf-8")
    if ABOVE not in listed:
        raise UserError(f"_toc.yml has no line {ABOVE.strip()!r}, above which the page is entered")
    files = {
        "notebook.ipynb": f"notebooks/{name}.ipynb",
        "cpu.yaml": f"params/{name}/cpu.yaml",
        "paper.yaml": f"params/{name}/paper.yaml",
        "reported.yaml": f"book/reported/paper{number}.yaml",
        "table1.csv": f"book/reported/paper{number}_table1.csv",
    }
    for template, place in files.items():
        text = (root / "new_paper" / template).read_text(encoding="utf-8")
        content = text.replace("PAPER_NUMBER", number).replace("PAGE_NAME", name)
        paths.write(root / place, content.encode())
    contents.write_text(
        listed.replace(ABOVE, f"      - glob: book/papers/{name}-*\n{ABOVE}"), "utf-8"
    )
    table = root / files["table1.csv"]
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    with (root / "tests" / "transcribed.sha256").open("a", encoding="utf-8") as known:
        known.write(f"{digest}  {table.name}\n")
    return [root / place for place in files.values()]
