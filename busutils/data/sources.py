"""Where the files of public sets come from, and what is due to their authors: ``sources.yaml``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


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
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Source:
    """Where files come from, and under which terms.

    Attributes
    ----------
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


@cache
def known() -> dict[str, Source]:
    """Return all sources by the name that `busutils data fetch` is asked for."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return {
        key: Source(**about | {"files": tuple(File(**file) for file in about.get("files", ()))})
        for key, about in yaml.safe_load(text).items()
    }
