"""Contact sheets of duplicate groups, for a person to judge."""

from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from busutils.data.files import Listing, joined_mask, read_image
from busutils.errors import UserError
from busutils.figures.cases import outline, show
from busutils.figures.look import COLOURS

_COLUMNS, _ROWS = 4, 5  # pictures on a page


def draw(listing: Listing, groups: pd.Series, path: Path) -> list[Path]:
    """Draw the groups of two or more cases side by side, with the outline of the truth.

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
    table = groups.rename("group").rename_axis("case").reset_index()
    table["label"] = table["case"].map({c.case: c.label for c in listing.cases})
    table = table[table.duplicated("group", keep=False)]
    pages = [_page(listing, table, rows) for rows in _pages(table)]
    if path.suffix == ".pdf" and pages:
        with PdfPages(path) as pdf:
            for page in pages:
                pdf.savefig(page)
        return [path]
    names = [path, *(path.with_stem(f"{path.stem}-{i}") for i in range(2, len(pages) + 1))]
    for page, name in zip(pages, names, strict=False):
        page.savefig(name)
    return names[: len(pages)]


def _pages(table: pd.DataFrame) -> list[list[list[str]]]:
    """Cases in rows and pages: groups stand side by side while they fit, long ones are wrapped."""
    rows = [[]]
    for _, members in table.groupby("group", sort=False):
        cases = members["case"].tolist()
        if rows[-1] and len(rows[-1]) + len(cases) > _COLUMNS:
            rows.append([])
        while cases:
            room = _COLUMNS - len(rows[-1])
            rows[-1] += cases[:room]
            if cases := cases[room:]:
                rows.append([])
    rows = [row for row in rows if row]
    return [rows[i : i + _ROWS] for i in range(0, len(rows), _ROWS)]


def _page(listing: Listing, table: pd.DataFrame, rows: list[list[str]]) -> Figure:
    by_name = {case.case: case for case in listing.cases}
    members = table.set_index("case")
    number = members["group"].map({g: i for i, g in enumerate(members["group"].unique(), 1)})
    mixed = members.groupby("group")["label"].transform("nunique") > 1
    height = 1.6 * len(rows)
    page = Figure(figsize=(7, height), dpi=150)
    grid = page.add_gridspec(
        len(rows), _COLUMNS, left=0.01, right=0.99, top=1 - 0.2 / height, bottom=0.2 / height,
        hspace=0.4, wspace=0.06,
    )  # fmt: skip
    before = None
    for i, row in enumerate(rows):
        for j, case in enumerate(row):
            axes = page.add_subplot(grid[i, j])
            image = read_image(by_name[case].image)
            show(axes, image)
            outline(axes, joined_mask(by_name[case], image.shape), "truth")
            # frames of two greys tell where a group ends
            grey = "0.75" if number[case] % 2 else "0.25"
            axes.spines[:].set(visible=True, color=grey, linewidth=2)
            colour = COLOURS["false"] if mixed[case] else "black"
            axes.set_xlabel(case, fontsize=7, labelpad=2, color=colour)
            if number[case] != before:
                axes.set_title(f"group {number[case]}", fontsize=7, loc="left", pad=3)
            before = number[case]
    return page
