"""Downloads of public sets by address and hash: resumed, verified, unpacked whole or not at all.

An archive is verified before it is opened. An archive that lies in the data root under its own
name, put there by hand or left by a call that was cut off, is used instead of a download, and kept.
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
    """Where a set comes from.

    Attributes
    ----------
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
        found = {root / self.folder: []} if self.folder else {}
        for file in self.files:
            path = root / file.name
            place = root / (self.folder or path.stem) if path.suffix == ".zip" else path
            found.setdefault(place, []).append(file)
        return found


def _isic(part: str, sha256: str) -> File:
    name = f"ISIC2018_Task1{'-2' if part.endswith('Input') else ''}_{part}.zip"
    url = f"https://isic-challenge-data.s3.amazonaws.com/2018/{name}"
    return File(name, url, sha256, 10_400_000_000 if part == "Training_Input" else None)


def _figshare(name: str, number: int, sha256: str | None, size: int) -> File:
    return File(name, f"https://ndownloader.figshare.com/files/{number}", sha256, size)


_ISIC = {
    "Training_Input": "80f98572347a2d7a376227fa9eb2e4f7459d317cb619865b8b9910c81446675f",
    "Training_GroundTruth": "99f8b2bb3c4d6af483362010715f7e7d5d122d9f6c02cac0e0d15bef77c7604c",
    "Validation_Input": "0ea920fcfe512d12a6e620b50b50233c059f67b10146e1479c82be58ff15a797",
    "Validation_GroundTruth": "f6911e9c0a64e6d687dd3ca466ca927dd5e82145cb2163b7a1e5b37d7a716285",
    "Test_Input": "e59ae1f69f4ed16f09db2cb1d76c2a828487b63d28f6ab85997f5616869b127d",
    "Test_GroundTruth": "2e8f6edce454a5bdee52485e39f92bd6eddf357e81f39018d05512175238ef82",
}

SOURCES = {
    "busi": Source(
        title="BUSI, breast ultrasound, 780 images",
        licence="official text not found; third-party copies state CC BY 4.0",
        citation="Al-Dhabyani, Gomaa, Khaled, Fahmy, Data in Brief 28:104863, 2020, "
        "doi 10.1016/j.dib.2019.104863",
        files=(
            File(
                "Dataset_BUSI.zip",
                "https://scholar.cu.edu.eg/Dataset_BUSI.zip",
                "b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
            ),
        ),
        folder=FOLDER,
        kaggle="aryashah2k/breast-ultrasound-images-dataset",
        verify=False,
    ),
    "isic2018": Source(
        title="ISIC 2018 Task 1, photographs of skin lesions, 3694 images",
        licence="third parties disagree (CC0 or CC BY-NC 4.0); "
        "https://challenge.isic-archive.com/data/#2018 decides",
        citation="Codella et al., arXiv 1902.03368; Tschandl, Rosendahl, Kittler, Scientific Data "
        "5:180161, 2018, doi 10.1038/sdata.2018.161",
        files=tuple(_isic(part, sha256) for part, sha256 in _ISIC.items()),
    ),
    "ham10000-masks": Source(
        title="HAM10000, 10015 masks of skin lesions without the images",
        licence="CC BY-NC 4.0",
        citation="Tschandl et al., Nature Medicine 26:1229-1234, 2020, "
        "doi 10.1038/s41591-020-0942-0; Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, "
        "2018, doi 10.1038/sdata.2018.161",
        files=(
            File(
                "HAM10000_segmentations_lesion_tschandl.zip",
                "https://dataverse.harvard.edu/api/access/datafile/3838943",
                "6d88d7df8cc806c938932939d50c17fb9ad206c143343e4702c81cf3453c1e7a",
                10_808_743,
            ),
        ),
    ),
    "figshare": Source(
        title="figshare 1512427, brain MRI, 3064 slices with a tumour",
        licence="CC BY 4.0",
        citation="Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381; Cheng et al., "
        "PLoS ONE 2016, doi 10.1371/journal.pone.0157112; data doi 10.6084/m9.figshare.1512427",
        files=(
            _figshare(
                "brainTumorDataPublic_1-766.zip",
                3381290,
                "cdac0a7f4152cb34dd79b13543da96c37a6928ad8cb823e2662150b1a73ade54",
                214_401_279,
            ),
            _figshare(
                "brainTumorDataPublic_767-1532.zip",
                3381296,
                "d18e896d14f7af791cdd3d9b9342f9f974742a06132effde5a5219209862b4ce",
                217_848_429,
            ),
            _figshare(
                "brainTumorDataPublic_1533-2298.zip",
                3381293,
                "612d9f506c55c54db5f2f38b6d50741ef97a6d7c32b3e1be76e789674a97aefb",
                215_563_856,
            ),
            _figshare(
                "brainTumorDataPublic_2299-3064.zip",
                3381302,
                "9a673c55d139133cfbc57097bf155b5ac9f33684ee97f40bf2afba332d416a3a",
                231_679_762,
            ),
            _figshare("cvind.mat", 7005344, None, 5736),
        ),
        folder="brainTumorDataPublic",
        bare=True,
    ),
    "lgg": Source(
        title="LGG, brain MRI, 110 patients",
        licence="CC BY-NC-SA 4.0, as a third party states; the page on Kaggle decides",
        citation="Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019; Mazurowski et "
        "al., Journal of Neuro-Oncology 2017",
        folder="kaggle_3m",
        kaggle="mateuszbuda/lgg-mri-segmentation",
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
        Data root; made if absent. While it works, a download lies there as ``.<name>.part``,
        which a later call goes on with.
    progress : bool
        Say size, licence, progress and what is not verified on standard error.

    Returns
    -------
    Path
        Folder of the set, or `root` where it has several; at once if all is there already.

    Raises
    ------
    UserError
        If the name is unknown or the set has to be fetched from Kaggle by hand.
    RunError
        If it cannot be downloaded, verified or written; no half-written folder is left.
    """
    source = SOURCES[choose(name, SOURCES, "data set")]
    root = Path(root)
    places = source.places(root)
    missing = {place: files for place, files in places.items() if not place.exists()}
    if missing and not source.files:
        raise UserError(_kaggle_steps(source, root))
    if missing and progress:
        absent = [f for files in missing.values() for f in files if not (root / f.name).exists()]
        print(
            f"{source.title}: {_size_text(absent)}; licence: {source.licence}; "
            f"cite: {source.citation}",
            file=sys.stderr,
        )
    for place, files in missing.items():
        _bring(source, files, place, progress)
    return next(iter(places)) if len(places) == 1 else root


def _size_text(files: list[File]) -> str:
    known = sum(file.size or 0 for file in files)
    unknown = sum(file.size is None for file in files)
    if unknown and unknown == len(files):
        return "size not published"
    text = f"{known / 1e9:.3g} GB" if known >= 1e9 else f"{known / 1e6:.3g} MB"
    return f"{text}, size not published for {unknown} of {len(files)} files" if unknown else text


def _kaggle_steps(source: Source, root: Path) -> str:
    return (
        f"{source.title} is only on Kaggle, behind a login: (1) `kaggle datasets download "
        f"{source.kaggle}` with your own account, (2) unpack it so that {root / source.folder} "
        "is there"
    )


def _bring(source: Source, files: list[File], place: Path, progress: bool) -> None:
    """Download what `place` needs, and unpack it there unless it is the single file itself."""
    paths = [place.with_name(file.name) for file in files]
    fetched = [path for path in paths if not path.exists()]
    for file, path in zip(files, paths, strict=True):
        _download(file, path, source.verify, progress)
    if paths != [place]:
        _unpack(paths, "" if source.bare else place.name, place)
        for path in fetched:
            path.unlink()


def _download(file: File, path: Path, verify: bool, progress: bool) -> None:
    import pooch  # with requests half a second to import, and rarely needed
    from requests.exceptions import HTTPError, RequestException

    pooch.get_logger().setLevel("WARNING")
    by_hand = f"download {file.url} with a browser to {path} and run again"
    try:
        pooch.retrieve(
            file.url,
            file.sha256 and f"sha256:{file.sha256}",
            fname=path.name,
            path=path.parent,
            downloader=_Resuming(file, path, verify, progress),
        )
    except HTTPError as error:
        raise RunError(
            f"{file.url} answered {error.response.status_code}: try later, or {by_hand}"
        ) from error
    except RequestException as error:
        raise RunError(
            f"{file.url} cannot be reached or broke off ({type(error).__name__}): check the "
            f"network and run again to go on from there, or {by_hand}"
        ) from error
    except ValueError as error:
        wrong = "sha256" if file.sha256 else "size"
        raise RunError(
            f"what {file.url} sent as {file.name} is damaged or another version (its {wrong} "
            f"differs): run again to start afresh, or {by_hand}"
        ) from error
    except OSError as error:
        raise RunError(_cannot_write(path, error)) from error
    if progress and file.sha256 is None:
        print(
            f"{file.name} is unverified: no hash of it is published, only its size of "
            f"{file.size} bytes was checked",
            file=sys.stderr,
        )


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

    def __init__(self, file: File, path: Path, verify: bool, progress: bool) -> None:
        self.part = path.with_name(f".{path.name}.part")
        self.file, self.verify, self.progress = file, verify, progress

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
        if self.file.sha256 is None and Path(output_file).stat().st_size != self.file.size:
            raise ValueError(f"no {self.file.size} bytes")

    def _write(self, response: object, file: BinaryIO, done: int) -> None:
        from tqdm import tqdm

        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        options = {"unit": "B", "unit_scale": True, "disable": not self.progress}
        with tqdm(desc=self.file.name, total=total, initial=done, **options) as bar:
            for chunk in response.iter_content(1 << 14):
                file.write(chunk)
                bar.update(len(chunk))


def _unpack(archives: list[Path], inner: str, folder: Path) -> None:
    """Unpack `inner` of each zip archive (all of it if empty) as `folder`, whole or not at all."""
    with whole_folder(folder) as part:
        for archive in archives:
            try:
                _extract(archive, inner, part)
            except (zipfile.BadZipFile, EOFError) as error:
                raise RunError(
                    f"{archive} is no whole zip ({error}): delete it and fetch again"
                ) from error


def _extract(archive: Path, inner: str, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = [m for m in packed.infolist() if _is_safe(m, archive) and not m.is_dir()]
        names = {PurePosixPath(m.filename): m for m in members}
        kept = [n for n in names if n.is_relative_to(inner) and "__MACOSX" not in n.parts]
        if not kept:
            what = f"folder {inner}" if inner else "files"
            raise RunError(f"{archive} holds no {what}: delete it and fetch again")
        for name in kept:
            names[name].filename = str(name.relative_to(inner))
            packed.extract(names[name], folder)


def _is_safe(member: zipfile.ZipInfo, archive: Path) -> bool:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or link:
        raise RunError(
            f"{archive} would write outside its folder ({member.filename}): "
            "delete it, and do not use this copy"
        )
    return True
