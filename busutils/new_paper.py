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


def write(name: str, root: Path | None = None) -> list[Path]:
    """Write the files of a new paper, and enter its page and its numbers where they are listed.

    Parameters
    ----------
    name : two digits, which are the paper's number, and a name, as in ``08_wang2026``
    root : the project

    Raises
    ------
    UserError
        If the name is none, or its number is taken.
    """
    root = root or paths.project()
    if not NAMED.fullmatch(name):
        raise UserError(f"{name!r} names no paper: write two digits and a name, as 08_wang2026")
    digits, number = name[:2], str(int(name[:2]))
    taken = sorted((root / "notebooks").glob(f"{digits}_*"))
    taken += sorted((root / "book" / "reported").glob(f"paper{number}[._]*"))
    if taken:
        raise UserError(f"{taken[0].relative_to(root)} is there: take another number than {digits}")
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
    _enter(
        root / "_toc.yml",
        "      - glob: book/papers/07_*\n",
        f"      - glob: book/papers/{name}-*\n",
    )
    table = root / files["table1.csv"]
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    with (root / "tests" / "transcribed.sha256").open("a", encoding="utf-8") as listed:
        listed.write(f"{digest}  {table.name}\n")
    return [root / place for place in files.values()]


def _enter(file: Path, above: str, line: str) -> None:
    """Enter a line above another one."""
    text = file.read_text(encoding="utf-8")
    if above not in text:
        raise UserError(
            f"{file.name} has no line {above.strip()!r}, above which the page is entered"
        )
    file.write_text(text.replace(above, line + above), encoding="utf-8")
