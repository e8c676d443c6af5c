"""Contact sheets of duplicate groups, for a person to judge."""

from itertools import zip_longest
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from busutils.data.files import Case, Listing, joined_mask, read_image
from busutils.errors import UserError
from busutils.figures.cases import outline, show
from busutils.figures.look import COLOURS, new_figure

_COLUMNS, _ROWS = 4, 5  # pictures on a page


def draw(listing: Listing, groups: pd.Series, path: Path) -> list[Path]:
    """Draw the groups of two or more cases, each from a new row on, with the outline of the truth.

    The names of groups that hold several classes are in another colour.

    Parameters
    ----------
    listing : Listing
    groups : Series
        Group by case, from :func:`busutils.data.copies.duplicates.groups`.
    path : Path
        A PDF holds all pages; any other kind of picture gets a file a page, numbered from the
        second on.

    Returns
    -------
    list of Path
        The files written, none if there is no group.

    Raises
    ------
    UserError
        If there is no folder to write to, or `path` is no kind of picture.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise UserError(f"{path.parent} is not a folder: make it, or name another for the figure")
    if path.suffix[1:] not in Figure().canvas.get_supported_filetypes():
        raise UserError(f"{path} is no kind of picture: end its name in .png or .pdf")
    members: dict[str, list[Case]] = {}
    for case in listing.cases:
        members.setdefault(groups[case.case], []).append(case)
    shared = [cases for cases in members.values() if len(cases) > 1]
    rows = [
        (f"group {number}" if i == 0 else "", cases[i : i + _COLUMNS], cases)
        for number, cases in enumerate(shared, start=1)
        for i in range(0, len(cases), _COLUMNS)
    ]
    pages = [_page(rows[i : i + _ROWS]) for i in range(0, len(rows), _ROWS)]
    if path.suffix == ".pdf" and pages:
        with PdfPages(path) as pdf:
            for page in pages:
                pdf.savefig(page)
        return [path]
    names = [path, *(path.with_stem(f"{path.stem}-{i}") for i in range(2, len(pages) + 1))]
    for page, name in zip(pages, names, strict=False):
        page.savefig(name, dpi=150)
    return names[: len(pages)]


def _page(rows: list[tuple[str, list[Case], list[Case]]]) -> Figure:
    """Draw rows of a title, the cases that stand there, and all cases of their group."""
    page, grid = new_figure(1.6 * len(rows), len(rows), _COLUMNS)
    for line, (title, shown, group) in zip(grid, rows, strict=True):
        line[0].set_title(title, fontsize=7, loc="left", pad=3)
        colour = COLOURS["false"] if len({case.label for case in group}) > 1 else "black"
        for axes, case in zip_longest(line, shown):
            if case is None:
                axes.set_axis_off()
                continue
            image = read_image(case.image)
            show(axes, image)
            outline(axes, joined_mask(case, image.shape), "truth")
            axes.set_xlabel(case.case, fontsize=7, labelpad=2, color=colour)
    return page
