"""What is known of a data set: how it is read, where its files are, what is due to its authors.

The file of each set describes it by a `ImageSet`; :mod:`busutils.data.sets` lists them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from busutils.data.files import Listing


@dataclass(frozen=True)
class File:
    """One file to download: a zip archive, or a file that is kept as it is.

    Attributes
    ----------
    name : str
        Its own name, which the address need not end in.
    url : str
    sha256 : str or None
        None where nobody published it; then only the size is checked, and said.
    size : int or None
        Bytes, rounded where a hash is there to check; None where nobody published it.
    """

    name: str
    url: str
    sha256: str | None
    size: int | None = None


@dataclass(frozen=True)
class Source:
    """Where files come from, and under which terms.

    Attributes
    ----------
    key : str
        What `busutils data fetch` is asked for, and the folder in ``data/`` that it writes.
    name : str
        That of the `Dataset` which is read from them.
    title, licence, citation : str
    files : tuple of File
        Empty where only Kaggle has the set.
    folder : str or None
        Folder in the data root that all archives are unpacked to; None where each has a folder of
        its own name.
    bare : bool
        True where the archives hold their files without that folder.
    kaggle : str or None
        ``owner/name`` of a copy on Kaggle.
    verify : bool
        False where the server's certificate is known to be faulty; the hash vouches all the same.
    """

    key: str
    name: str
    title: str
    licence: str
    citation: str
    files: tuple[File, ...] = ()
    folder: str | None = None
    bare: bool = False
    kaggle: str | None = None
    verify: bool = True

    def places(self, root: Path) -> dict[Path, list[File]]:
        """Folders and single files of the set in `root`, each with the downloads it needs."""
        places: dict[Path, list[File]] = {root / self.folder: []} if self.folder else {}
        for file in self.files:
            path = root / file.name
            place = root / (self.folder or path.stem) if path.suffix == ".zip" else path
            places.setdefault(place, []).append(file)
        return places


@dataclass(frozen=True)
class ImageSet:
    """A set of images that a run can name.

    Attributes
    ----------
    name : str
        As in ``dataset=busi``.
    about : str
        What it is, in a line.
    listing : callable
        Lists the cases in a data root; for images of one's own it takes patterns too.
    sources : tuple of Source
        Where its files come from; any of them will do.
    recognises : callable
        Whether a folder looks like this set.
    generate : callable or None
        Writes a set that needs no files to a data root, where `folder` appears.
    own : bool
        Whether a person has to say which files are images and masks.
    without_masks : dict
        Names that papers give to sets of the kind which have no masks (letters and digits alone),
        and what to take instead.
    """

    name: str
    about: str
    listing: Callable[..., Listing]
    sources: tuple[Source, ...] = ()
    recognises: Callable[[Path], bool] = lambda root: False
    generate: Callable[[Path], object] | None = None
    folder: str = ""
    own: bool = False
    without_masks: Mapping[str, str] = field(default_factory=dict)
