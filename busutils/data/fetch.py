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
from pathlib import Path, PurePosixPath

from busutils.data import sets, sources
from busutils.data.sources import File, Source
from busutils.errors import RunError, UserError, choose
from busutils.paths import whole_folder


def fetch(name: str, root: Path, progress: bool = True) -> Path:
    """Download a set into a data root, or go on with one that was cut off; generate phantoms.

    Parameters
    ----------
    name : str
        A key of :func:`busutils.data.sources.known`, or a set that is generated.
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
    sets.refuse_without_masks(name)
    root, known = Path(root), sources.known()
    generated = [of for of, entry in sets.SETS.items() if entry.generate]
    if choose(name, [*known, *generated], "data set") in generated:
        sets.SETS[name].generate(root)
        return root
    source = known[name]
    places = source.places(root)
    missing = {place: files for place, files in places.items() if not place.exists()}
    if missing and not source.files:
        raise UserError(
            f"{source.title} is only on Kaggle, behind a login: (1) `kaggle datasets download "
            f"{source.kaggle}` with your own account, (2) unpack it so that "
            f"{root / source.folder} is there"
        )
    if missing and progress:
        absent = [f for files in missing.values() for f in files if not (root / f.name).exists()]
        about = f"{source.title}: {_size_text(absent)}; licence: {source.licence}"
        print(f"{about}; cite: {source.citation}", file=sys.stderr)
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

    def resume(url: str, output_file: str, pooch: object) -> None:
        part = path.with_name(f".{path.name}.part")
        _resume(file, part, verify, progress)
        shutil.move(part, output_file)  # pooch verifies it there, and deletes what is wrong
        if file.sha256 is None and Path(output_file).stat().st_size != file.size:
            raise ValueError(f"no {file.size} bytes")

    pooch.get_logger().setLevel("WARNING")
    by_hand = f"download {file.url} with a browser to {path} and run again"
    try:
        pooch.retrieve(
            file.url,
            file.sha256 and f"sha256:{file.sha256}",
            fname=path.name,
            path=path.parent,
            downloader=resume,
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


def _resume(file: File, part: Path, verify: bool, progress: bool) -> None:
    """Download what `part` lacks of a file."""
    import requests
    from tqdm import tqdm
    from urllib3.exceptions import InsecureRequestWarning

    done = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)  # see `Source.verify`
        response = requests.get(file.url, headers=headers, stream=True, timeout=30, verify=verify)
    with response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # all of it is there
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            done = 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        options = {"unit": "B", "unit_scale": True, "disable": not progress}
        with (
            part.open("ab" if done else "wb") as opened,
            tqdm(desc=file.name, total=total, initial=done, **options) as bar,
        ):
            for chunk in response.iter_content(1 << 14):
                opened.write(chunk)
                bar.update(len(chunk))


def _unpack(archives: list[Path], inner: str, folder: Path) -> None:
    """Unpack `inner` of each zip archive (all of it if empty) as `folder`, whole or not at all."""
    with whole_folder(folder) as part:
        for archive in archives:
            try:
                with zipfile.ZipFile(archive) as packed:
                    _extract(packed, archive, inner, part)
            except (zipfile.BadZipFile, EOFError) as error:
                raise RunError(
                    f"{archive} is no whole zip ({error}): delete it and fetch again"
                ) from error


def _extract(packed: zipfile.ZipFile, archive: Path, inner: str, folder: Path) -> None:
    kept = []
    for member in packed.infolist():
        name = PurePosixPath(member.filename.replace("\\", "/"))
        link = stat.S_ISLNK(member.external_attr >> 16)
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or link:
            raise RunError(
                f"{archive} would write outside its folder ({member.filename}): "
                "delete it, and do not use this copy"
            )
        if not member.is_dir() and name.is_relative_to(inner) and "__MACOSX" not in name.parts:
            kept.append((member, name))
    if not kept:
        what = f"folder {inner}" if inner else "files"
        raise RunError(f"{archive} holds no {what}: delete it and fetch again")
    for member, name in kept:
        member.filename = str(name.relative_to(inner))
        packed.extract(member, folder)
