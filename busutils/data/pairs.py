"""Your own data: a folder, a pattern for images and one for masks.

A pattern is a path relative to the folder. ``{case}`` marks the part that names the case, and
``{label}`` and ``{group}`` (a patient, say) may mark others; ``*`` stands for any text. Neither
crosses a folder. A field takes as much text as it can, and stands for the same text wherever the
pattern repeats it.

=======================================  ==========================  =========================
files                                    images                      masks
=======================================  ==========================  =========================
``images/7.png``, ``masks/7.png``        ``images/{case}.png``       ``masks/{case}.png``
``7.png``, ``7_mask.png, 7_mask_1.png``  ``{case}.png``              ``{case}_mask*.png``
``cyst/7/us.png``, ``cyst/7/roi_1.png``  ``{label}/{case}/us.png``   ``{label}/{case}/roi_*.png``
=======================================  ==========================  =========================

A file that both patterns match (``7_mask.png`` above) belongs to the one with more literal text.
Capitals in the ending of a name do not matter: ``{case}.png`` is ``7.PNG`` too.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from busutils.data import folders
from busutils.data.files import Case, Listing, refuse_twins
from busutils.errors import UserError, choose

FIELDS = ("case", "label", "group")


def listing(
    root: Path,
    images: str = "images/{case}.png",
    masks: str = "masks/{case}.png",
    label: str = "",
    group: str = "",
    mask_levels: Sequence[int] = (),
) -> Listing:
    """List the cases of a folder in the natural order of their files.

    Parameters
    ----------
    root : Path
    images, masks : str
        Patterns with ``{case}``. A case may have several masks, which are joined. Masks that
        belong to no image are listed as orphans.
    label : str
        Label of all cases, or a pattern of the case's name such as ``"*_{label}_*"``, in which
        each part takes as little text as it can; by default what ``{label}`` is in `images`, or
        "lesion". Images labelled "normal" need no mask.
    group : str
        Pattern of the case's name such as ``"{group}_*"``, for images that a split must keep
        together (a patient's); by default what ``{group}`` is in `images`, or none.
    mask_levels : sequence of int
        Values of masks that are lesion; none leaves it to each file.

    Raises
    ------
    UserError
        If a pattern is faulty or matches nothing, or two images have one case name.
    """
    root = folders.root(root, "your images and masks")
    names = folders.names(root)
    image_files, mask_files = _find(root, names, _tidy(images), _tidy(masks))
    masks_of, orphans = folders.paired(image_files, mask_files)
    cases, levels = [], tuple(sorted(set(mask_levels)))
    for path, fields in image_files.items():
        case = fields["case"]
        labelled = _read(label, case, "label") or fields.get("label") or "lesion"
        grouped = _read(group, case, "group") or fields.get("group")
        cases.append(Case(case, labelled, path, masks_of[path], grouped, levels))
    refuse_twins(cases, "rename one, or let {case} cover what tells them apart")
    notes = _unused([name for path, name in names.items() if path not in image_files | mask_files])
    said = ({"labels": label} if label else {}) | ({"mask_levels": levels} if levels else {})
    return Listing(
        folders.plain(root.resolve().name), root, tuple(cases), orphans, notes, said=said
    )


def _unused(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    files = "1 file matches" if len(names) == 1 else f"{len(names)} files match"
    return (f"{files} neither pattern ({', '.join(names[:3])}{', ...' * (len(names) > 3)})",)


def _find(
    root: Path, names: dict[Path, str], images: str, masks: str
) -> tuple[dict[Path, folders.Fields], dict[Path, folders.Fields]]:
    """Images and masks with their fields; a file of both is that of the more literal pattern."""
    for pattern in (images, masks):
        _check(pattern, "case")
    for field in sorted(_fields(masks) - _fields(images)):
        raise UserError(
            f"mask pattern {masks!r} has {{{field}}}, which image pattern {images!r} lacks: "
            "put it in both, or write * for it"
        )
    found_images, found_masks = (
        folders.matching(names, _with_any_ending(pattern)) for pattern in (images, masks)
    )
    both = found_images.keys() & found_masks.keys()
    literal = [sum(map(len, _split(pattern)[::2])) for pattern in (images, masks)]
    if both and literal[0] == literal[1]:
        raise UserError(
            f"{min(both)} matches the image pattern {images!r} and the mask pattern {masks!r}: "
            "write more of what tells them apart"
        )
    for path in both:
        del (found_images if literal[0] < literal[1] else found_masks)[path]
    for found, pattern, what in ((found_images, images, "image"), (found_masks, masks, "mask")):
        if not found:
            first = next(iter(names.values()), "")
            hint = f"{first} is there, for example" if first else "the folder holds no files"
            raise UserError(
                f"no file in {root} matches the {what} pattern {pattern!r} ({hint}): mend the "
                "pattern"
            )
    return found_images, found_masks


def _read(pattern: str, case: str, field: str) -> str:
    """What `pattern` finds in a case's name; a label without fields is the answer itself."""
    if not pattern or (field == "label" and not _fields(pattern) and "*" not in pattern):
        return pattern
    _check(pattern, field)
    match = re.fullmatch(_regex(folders.plain(pattern), least=True), case)
    if not match:
        raise UserError(f"case {case!r} does not match the {field} pattern {pattern!r}: widen it")
    return match[field]


def _check(pattern: str, needed: str) -> None:
    for field in _fields(pattern):
        choose(field, FIELDS, f"field in pattern {pattern!r}")
    if needed not in _fields(pattern):
        raise UserError(
            f"pattern {pattern!r} has no {{{needed}}}: write {{{needed}}} for the part that names "
            f"the {needed}"
        )
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise UserError(f"pattern {pattern!r} leaves the folder: give it relative to the folder")
    parts = _split(pattern)
    for first, between, second in zip(parts[1::2], parts[2::2], parts[3::2], strict=False):
        if not between:
            raise UserError(
                f"in pattern {pattern!r} nothing tells where {first} ends and {second} begins: "
                "write the text between them"
            )


def _split(pattern: str) -> list[str]:
    """Literal and wild parts in turn."""
    return re.split(r"(\{[^{}]*\}|\*)", pattern)


def _fields(pattern: str) -> set[str]:
    return {wild[1:-1] for wild in _split(pattern)[1::2] if wild != "*"}


def _regex(pattern: str, least: bool = False) -> str:
    """Regular expression of a pattern; a wild part takes as much text as it can, or as little."""
    regex, seen, lazy = "", set(), "?" * least
    for i, part in enumerate(_split(pattern)):
        name = part[1:-1]
        if i % 2 == 0:
            regex += re.escape(part)
        elif part == "*":
            regex += f"[^/]*{lazy}"
        else:
            regex += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+{lazy})"
            seen.add(name)
    return regex


def _with_any_ending(pattern: str) -> str:
    """Regular expression of a pattern, which takes the ending in capitals too."""
    stem, _, ending = pattern.rpartition(".")
    return rf"{_regex(stem)}\.(?i:{ending})" if stem and ending.isalnum() else _regex(pattern)


def _tidy(pattern: str) -> str:
    """The pattern without ``./`` and double slashes, spelled as names are."""
    return folders.plain(str(PurePosixPath(pattern))) if pattern else ""
