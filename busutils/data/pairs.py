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
from itertools import pairwise
from pathlib import Path, PurePosixPath

from busutils.data import folders
from busutils.data.files import Case, Listing, refuse_twins
from busutils.data.registry import ImageSet
from busutils.errors import UserError, choose

FIELDS = ("case", "label", "group")
VERSION = 1

Fields = dict[str, str]


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
    everything = {path: folders.name(path, root) for path in folders.files(root)}
    image_files, mask_files = _find_both(root, everything, _tidy(images), _tidy(masks))
    shared = sorted(_fields(masks))
    masks_of: dict[tuple[str, ...], list[Path]] = {}
    for path, fields in mask_files.items():
        masks_of.setdefault(tuple(fields[f] for f in shared), []).append(path)
    cases, levels = [], tuple(sorted(set(mask_levels)))
    for path, fields in image_files.items():
        own = masks_of.pop(tuple(fields[f] for f in shared), ())
        name = fields["case"]
        labelled = _read(label, name, "label") or fields.get("label") or "lesion"
        grouped = _read(group, name, "group") or fields.get("group")
        cases.append(Case(name, labelled, path, tuple(own), grouped, levels))
    refuse_twins(cases, "rename one, or let {case} cover what tells them apart")
    orphans = tuple(path for paths in masks_of.values() for path in paths)
    notes = _unused([everything[p] for p in everything if p not in image_files | mask_files])
    name = folders.plain(root.resolve().name)
    said = ({"labels": label} if label else {}) | ({"mask_levels": levels} if levels else {})
    return Listing(name, root, tuple(cases), VERSION, orphans, notes, said=said)


def _unused(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    files = "1 file matches" if len(names) == 1 else f"{len(names)} files match"
    return (f"{files} neither pattern ({', '.join(names[:3])}{', ...' * (len(names) > 3)})",)


def _find_both(
    root: Path, files: dict[Path, str], images: str, masks: str
) -> tuple[dict[Path, Fields], dict[Path, Fields]]:
    for pattern in (images, masks):
        _check(pattern, "case")
    for field in sorted(_fields(masks) - _fields(images)):
        raise UserError(
            f"mask pattern {masks!r} has {{{field}}}, which image pattern {images!r} lacks: "
            "put it in both, or write * for it"
        )
    found_images, found_masks = _find(files, images), _find(files, masks)
    both = found_images.keys() & found_masks.keys()
    if both and _literal(images) == _literal(masks):
        raise UserError(
            f"{min(both)} matches the image pattern {images!r} and the mask pattern {masks!r}: "
            "write more of what tells them apart"
        )
    loser = found_images if _literal(images) < _literal(masks) else found_masks
    for path in both:
        del loser[path]
    for found, pattern, what in ((found_images, images, "image"), (found_masks, masks, "mask")):
        if not found:
            raise UserError(_nothing(root, list(files.values()), pattern, what))
    return found_images, found_masks


def _find(files: dict[Path, str], pattern: str) -> dict[Path, Fields]:
    """Files that match, in their order, with the text of each field."""
    stem, dot, ending = pattern.rpartition(".")
    plain = dot and ending.isalnum()
    regex = _regex(stem) + rf"\.(?i:{ending})" if plain else _regex(pattern)
    matches = {path: re.fullmatch(regex, name) for path, name in files.items()}
    return {path: match.groupdict() for path, match in matches.items() if match}


def _read(pattern: str, case: str, field: str) -> str:
    """What `pattern` finds in a case's name; a label without fields is the answer itself."""
    if not pattern or (field == "label" and not _fields(pattern)):
        return pattern
    _check(pattern, field)
    match = re.fullmatch(_regex(folders.plain(pattern), least=True), case)
    if not match:
        raise UserError(f"case {case!r} does not match the {field} pattern {pattern!r}: widen it")
    return match[field]


def _check(pattern: str, needed: str) -> None:
    parts = _split(pattern)
    for field in _fields(pattern):
        choose(field, FIELDS, f"field in pattern {pattern!r}")
    if needed not in _fields(pattern):
        raise UserError(
            f"pattern {pattern!r} has no {{{needed}}}: write {{{needed}}} for the part that names "
            f"the {needed}"
        )
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise UserError(f"pattern {pattern!r} leaves the folder: give it relative to the folder")
    for first, second in pairwise(part for part in parts if part):
        if _is_wild(first) and _is_wild(second):
            raise UserError(
                f"in pattern {pattern!r} nothing tells where {first} ends and {second} begins: "
                "write the text between them"
            )


def _split(pattern: str) -> list[str]:
    """Literal and wild parts in turn."""
    return re.split(r"(\{[^{}]*\}|\*)", pattern)


def _is_wild(part: str) -> bool:
    return part == "*" or (part.startswith("{") and part.endswith("}"))


def _fields(pattern: str) -> set[str]:
    return {part[1:-1] for part in _split(pattern) if _is_wild(part) and part != "*"}


def _literal(pattern: str) -> int:
    return sum(len(part) for part in _split(pattern) if not _is_wild(part))


def _regex(pattern: str, least: bool = False) -> str:
    """Regular expression of a pattern; a wild part takes as much text as it can, or as little."""
    regex, seen, lazy = "", set(), "?" * least
    for part in _split(pattern):
        if not _is_wild(part):
            regex += re.escape(part)
        elif part == "*":
            regex += f"[^/]*{lazy}"
        else:
            name = part[1:-1]
            regex += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+{lazy})"
            seen.add(name)
    return regex


def _tidy(pattern: str) -> str:
    """The pattern without ``./`` and double slashes, spelled as names are."""
    return folders.plain(str(PurePosixPath(pattern))) if pattern else ""


def _nothing(root: Path, names: list[str], pattern: str, what: str) -> str:
    hint = f"{names[0]} is there, for example" if names else "the folder holds no files"
    return f"no file in {root} matches the {what} pattern {pattern!r} ({hint}): mend the pattern"


SET = ImageSet(
    "pairs", "your own: a folder, a pattern for images and one for masks", listing, own=True
)
