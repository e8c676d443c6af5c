"""Downloads of public sets by address and hash: resumed, verified, unpacked whole or not at all.

The archive is verified before it is opened. An archive that lies in the data root under its own
name, put there by hand, is used instead of a download.
"""

import errno
import shutil
import stat
import sys
import warnings
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from busutils.data.busi import FOLDER
from busutils.errors import RunError, UserError, choose
from busutils.paths import whole_folder


@dataclass(frozen=True)
class Source:
    """Where a set comes from.

    Attributes
    ----------
    title : str
    url : str or None
        Zip archive; None where only Kaggle has the set.
    sha256 : str or None
        Of the archive; None only without `url`.
    folder : str
        Folder inside the archive that is kept, and its name in the data root.
    licence, citation : str
    size : int or None
        Bytes of the archive; None where nobody published it.
    kaggle : str or None
        ``owner/name`` of a copy on Kaggle.
    verify : bool
        False where the server's certificate is known to be faulty; the hash vouches all the same.
    """

    title: str
    url: str | None
    sha256: str | None
    folder: str
    licence: str
    citation: str
    size: int | None = None
    kaggle: str | None = None
    verify: bool = True

    def size_text(self) -> str:
        return "size not published" if self.size is None else f"{self.size / 1e6:.1f} MB"


SOURCES = {
    "busi": Source(
        title="BUSI, breast ultrasound, 780 images",
        url="https://scholar.cu.edu.eg/Dataset_BUSI.zip",
        sha256="b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
        folder=FOLDER,
        licence="official text not found; third-party copies state CC BY 4.0",
        citation="Al-Dhabyani, Gomaa, Khaled, Fahmy, Data in Brief 28:104863, 2020, "
        "doi 10.1016/j.dib.2019.104863",
        kaggle="aryashah2k/breast-ultrasound-images-dataset",
        verify=False,
    ),
}


def sources() -> list[dict[str, object]]:
    """List what can be fetched: one dict a set, with its name and the fields of `Source`."""
    return [{"name": name, **asdict(source)} for name, source in SOURCES.items()]


def fetch(name: str, root: Path, progress: bool = True) -> Path:
    """Download a set into a data root, or go on with a download that was cut off.

    Parameters
    ----------
    name : str
        A key of `SOURCES`.
    root : Path
        Data root; made if absent. While it works, the archive lies there as ``.<archive>.part``,
        which a later call goes on with.
    progress : bool
        Say size, licence and progress on standard error.

    Returns
    -------
    Path
        Folder of the set in `root`; at once if it is there already.

    Raises
    ------
    UserError
        If the name is unknown or the set has to be fetched from Kaggle by hand.
    RunError
        If it cannot be downloaded, verified or written; no half-written folder is left.
    """
    source = SOURCES[choose(name, SOURCES, "data set")]
    root = Path(root)
    folder = root / source.folder
    if source.url is None:
        raise UserError(_kaggle_steps(source, root))
    if folder.is_dir():
        return folder
    if progress:
        print(
            f"{source.title}: {source.size_text()}; licence: {source.licence}; "
            f"cite: {source.citation}",
            file=sys.stderr,
        )
    archive = root / PurePosixPath(source.url).name
    by_hand = archive.exists()
    _download(source, archive, progress)
    _unpack(archive, source.folder, folder)
    if not by_hand:
        archive.unlink()
    return folder


def _kaggle_steps(source: Source, root: Path) -> str:
    return (
        f"{source.title} is only on Kaggle, behind a login: (1) `kaggle datasets download "
        f"{source.kaggle}` with your own account, (2) unpack it so that {root / source.folder} "
        "is there"
    )


def _download(source: Source, archive: Path, progress: bool) -> None:
    import pooch  # with requests half a second to import, and rarely needed
    from requests.exceptions import HTTPError, RequestException

    pooch.get_logger().setLevel("WARNING")
    by_hand = f"download {source.url} with a browser to {archive} and run again"
    try:
        pooch.retrieve(
            source.url,
            f"sha256:{source.sha256}",
            fname=archive.name,
            path=archive.parent,
            downloader=_Resuming(archive, source.verify, progress),
        )
    except HTTPError as error:
        raise RunError(
            f"{source.url} answered {error.response.status_code}: try later, or {by_hand}"
        ) from error
    except RequestException as error:
        raise RunError(
            f"{source.url} cannot be reached or broke off ({type(error).__name__}): check the "
            f"network and run again to go on from there, or {by_hand}"
        ) from error
    except ValueError as error:
        raise RunError(
            f"what {source.url} sent is damaged or another version (its sha256 differs): run "
            f"again to start afresh, or {by_hand}"
        ) from error
    except OSError as error:
        raise RunError(_cannot_write(archive, error)) from error


def _cannot_write(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk is full at {path}: free space and run again to go on from there"
    # pooch adds a sentence of its own to a PermissionError
    reason = "permission denied" if isinstance(error, PermissionError) else error.strerror or error
    return (
        f"{path} cannot be written ({reason}): change the permissions of "
        f"{path.parent}, or name another data root"
    )


class _Resuming:
    """A downloader for pooch that keeps what it has in a part file and asks for the rest."""

    def __init__(self, archive: Path, verify: bool, progress: bool) -> None:
        self.part = archive.with_name(f".{archive.name}.part")
        self.verify, self.progress = verify, progress

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        import requests
        from urllib3.exceptions import InsecureRequestWarning

        done = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)  # see `Source.verify`
            response = requests.get(
                url, headers=headers, stream=True, timeout=30, verify=self.verify
            )
        with response:
            nothing_left = response.status_code == requests.codes.requested_range_not_satisfiable
            if not nothing_left:
                response.raise_for_status()
                resumed = response.status_code == requests.codes.partial_content
                with self.part.open("ab" if resumed else "wb") as file:
                    self._write(response, file, done if resumed else 0)
        shutil.move(self.part, output_file)  # pooch verifies it there, and deletes what is wrong

    def _write(self, response: object, file: BinaryIO, done: int) -> None:
        from tqdm import tqdm

        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        options = {"unit": "B", "unit_scale": True, "disable": not self.progress}
        with tqdm(total=total, initial=done, **options) as bar:
            for chunk in response.iter_content(1 << 14):
                file.write(chunk)
                bar.update(len(chunk))


def _unpack(archive: Path, inner: str, folder: Path) -> None:
    """Unpack `inner` of a zip archive as `folder`, whole or not at all."""
    try:
        with zipfile.ZipFile(archive) as packed, whole_folder(folder) as part:
            members = [m for m in packed.infolist() if _is_safe(m, archive) and not m.is_dir()]
            kept = [m for m in members if PurePosixPath(m.filename).parts[0] == inner]
            if not kept:
                raise RunError(f"{archive} holds no folder {inner}: delete it and fetch again")
            for member in kept:
                member.filename = str(PurePosixPath(member.filename).relative_to(inner))
                packed.extract(member, part)
    except (zipfile.BadZipFile, EOFError) as error:
        raise RunError(f"{archive} is no whole zip ({error}): delete it and fetch again") from error


def _is_safe(member: zipfile.ZipInfo, archive: Path) -> bool:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or link:
        raise RunError(
            f"{archive} would write outside its folder ({member.filename}): "
            "delete it, and do not use this copy"
        )
    return True
