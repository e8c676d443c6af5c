"""Downloads from a server on this machine: whole, resumed, wrong, cut off, unwritable, several."""

import errno
import hashlib
import io
import os
import re
import stat
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from busutils.data import busi, fetch, isic, sets, sources
from busutils.data.sources import File
from busutils.errors import RunError, UserError
from busutils.phantoms import write_busi

FOLDER = busi.FOLDER


class Server(ThreadingHTTPServer):
    """Serves BUSI's archive and what else is in `files`; remembers what was asked for."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.ranges = {"Dataset_BUSI.zip": content}, [], []
        self.cut, self.knows_ranges = None, True

    @property
    def content(self) -> bytes:
        return self.files["Dataset_BUSI.zip"]

    @content.setter
    def content(self, content: bytes) -> None:
        self.files["Dataset_BUSI.zip"] = content

    @property
    def folder(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    @property
    def url(self) -> str:
        return self.folder + "Dataset_BUSI.zip"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.ranges.append(asked)
        server.asked.append(name := self.path.removeprefix("/"))
        if name not in server.files:
            return self.send_error(404)
        content = server.files[name]
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and server.knows_ranges else 0
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : server.cut])
        return None

    def log_message(self, *args):
        pass


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("__MACOSX/._junk", "junk")
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(folder.parent))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return zipped(write_busi(tmp_path_factory.mktemp("made"), n=12, size=96))


@pytest.fixture
def server(content, monkeypatch):
    with Server(content) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        offer(monkeypatch, server.url, content)
        yield server
        server.shutdown()
        thread.join()


def offer(monkeypatch, url, content):
    file = File("Dataset_BUSI.zip", url, hashlib.sha256(content).hexdigest())
    change(monkeypatch, "busi", files=(file,), verify=True)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def change(monkeypatch, key, **other):
    """Give a source other values."""
    monkeypatch.setitem(sources.known(), key, replace(sources.known()[key], **other))


def left_in(root):
    return sorted(path.name for path in root.iterdir())


def test_a_set_is_downloaded_and_unpacked(server, tmp_path, capsys):
    folder = fetch.fetch("busi", tmp_path / "new" / "root")
    assert folder == tmp_path / "new" / "root" / FOLDER
    assert len(busi.listing(folder.parent).cases) == 12
    assert left_in(folder.parent) == [FOLDER]
    assert len(list(folder.rglob("*.png"))) == 26
    said = capsys.readouterr().err
    assert "size not published" in said and "CC BY 4.0" in said and "104863" in said


def test_what_is_there_is_not_fetched_again(server, tmp_path):
    fetch.fetch("busi", tmp_path, progress=False)
    fetch.fetch("busi", tmp_path, progress=False)
    assert server.ranges == [None]


def test_quiet_says_nothing(server, tmp_path, capsys):
    fetch.fetch("busi", tmp_path, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_cut_off_download_is_resumed(server, content, tmp_path):
    server.cut = 50_000
    with pytest.raises(RunError, match=r"broke off .* run again to go on"):
        fetch.fetch("busi", tmp_path, progress=False)
    assert left_in(tmp_path) == [".Dataset_BUSI.zip.part"]
    server.cut = None
    fetch.fetch("busi", tmp_path, progress=False)
    first, second = server.ranges
    assert first is None and 20_000 < int(second.removeprefix("bytes=").rstrip("-")) <= 50_000
    assert left_in(tmp_path) == [FOLDER]


def test_a_server_without_ranges_starts_over(server, content, tmp_path):
    (tmp_path / ".Dataset_BUSI.zip.part").write_bytes(content[:1234])
    server.knows_ranges = False
    assert len(busi.listing(fetch.fetch("busi", tmp_path, progress=False)).cases) == 12


def test_a_whole_part_is_not_loaded_again(server, content, tmp_path):
    (tmp_path / ".Dataset_BUSI.zip.part").write_bytes(content)
    fetch.fetch("busi", tmp_path, progress=False)
    assert server.ranges == [f"bytes={len(content)}-"]
    assert left_in(tmp_path) == [FOLDER]


def test_an_archive_put_there_by_hand_is_used_and_kept(server, content, tmp_path):
    (tmp_path / "Dataset_BUSI.zip").write_bytes(content)
    fetch.fetch("busi", tmp_path, progress=False)
    assert server.ranges == []
    assert left_in(tmp_path) == ["Dataset_BUSI.zip", FOLDER]


def test_a_wrong_hash_leaves_nothing(server, content, tmp_path):
    server.content = content[:-1] + b"x"
    with pytest.raises(RunError, match="its sha256 differs"):
        fetch.fetch("busi", tmp_path, progress=False)
    assert left_in(tmp_path) == []


def test_a_wrong_part_is_forgotten(server, content, tmp_path):
    (tmp_path / ".Dataset_BUSI.zip.part").write_bytes(b"another version")
    with pytest.raises(RunError, match="start afresh"):
        fetch.fetch("busi", tmp_path, progress=False)
    assert len(busi.listing(fetch.fetch("busi", tmp_path, progress=False)).cases) == 12


def test_a_moved_address_is_named(server, content, tmp_path, monkeypatch):
    offer(monkeypatch, server.url + ".moved", content)
    with pytest.raises(RunError, match=r"zip.moved answered 404: .* with a browser to .*moved"):
        fetch.fetch("busi", tmp_path, progress=False)
    assert left_in(tmp_path) == []


def test_no_network(content, tmp_path, monkeypatch):
    with Server(content) as closed:
        url = closed.url
    offer(monkeypatch, url, content)
    with pytest.raises(RunError, match="cannot be reached") as caught:
        fetch.fetch("busi", tmp_path, progress=False)
    assert caught.value.exit_code == 1
    assert left_in(tmp_path) == []


def test_a_full_disk_while_downloading_can_be_resumed(server, tmp_path, monkeypatch):
    def full(self, size):
        yield self.raw.read(700)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("requests.Response.iter_content", full)
        with pytest.raises(RunError, match=r"the disk is full .* free space"):
            fetch.fetch("busi", tmp_path, progress=False)
    assert left_in(tmp_path) == [".Dataset_BUSI.zip.part"]
    fetch.fetch("busi", tmp_path, progress=False)
    assert server.ranges == [None, "bytes=700-"]


def test_a_full_disk_while_unpacking_leaves_no_folder(server, tmp_path, monkeypatch):
    extract = zipfile.ZipFile.extract

    def full(self, member, path):
        if "malignant" in member.filename:
            raise OSError(errno.ENOSPC, "No space left on device")
        return extract(self, member, path)

    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(RunError, match="No space left on device"):
        fetch.fetch("busi", tmp_path, progress=False)
    assert left_in(tmp_path) == ["Dataset_BUSI.zip"]


def test_a_file_in_place_of_the_data_root(server, tmp_path):
    root = tmp_path / "file"
    root.write_text("")
    with pytest.raises(RunError, match=r"cannot be written .* another data root"):
        fetch.fetch("busi", root, progress=False)


def test_a_refused_permission_is_one_sentence(server, tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError("[Errno 13] | Pooch could not write to data cache folder")

    monkeypatch.setattr("pooch.retrieve", refuse)
    with pytest.raises(RunError, match=r"\(permission denied\): change the permissions of"):
        fetch.fetch("busi", tmp_path, progress=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root is not refused by permissions")
def test_a_folder_without_write_permission(server, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="change the permissions"):
        fetch.fetch("busi", tmp_path, progress=False)


def archive_with(name: str, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{FOLDER}/benign/benign (1).png", "picture")
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, "/etc")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../evil.png", 0o644),
        (f"{FOLDER}/../../evil.png", 0o644),
        ("/evil.png", 0o644),
        ("C:\\evil.png", 0o644),
        (f"{FOLDER}\\..\\..\\evil.png", 0o644),
        (f"{FOLDER}/link", stat.S_IFLNK | 0o777),
    ],
)
def test_an_archive_that_reaches_outside_is_refused(server, tmp_path, monkeypatch, name, mode):
    root = tmp_path / "root"
    server.content = archive_with(name, mode)
    offer(monkeypatch, server.url, server.content)
    with pytest.raises(RunError, match="would write outside"):
        fetch.fetch("busi", root, progress=False)
    assert left_in(root) == ["Dataset_BUSI.zip"]
    assert left_in(tmp_path) == ["root"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(b"no zip", "is no whole zip"), (b"PK\x05\x06" + bytes(18), f"holds no folder {FOLDER}")],
)
def test_an_archive_of_another_kind(server, tmp_path, monkeypatch, wrong, message):
    server.content = wrong
    offer(monkeypatch, server.url, wrong)
    with pytest.raises(RunError, match=message):
        fetch.fetch("busi", tmp_path, progress=False)
    assert not (tmp_path / FOLDER).exists()


def test_a_set_on_kaggle_alone_gets_two_steps(tmp_path, monkeypatch):
    change(monkeypatch, "busi", files=(), kaggle="someone/some-set")
    with pytest.raises(UserError, match=r"\(1\) .*download someone/some-set.* \(2\) unpack") as e:
        fetch.fetch("busi", tmp_path)
    assert e.value.exit_code == 2


def test_an_unknown_set_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean 'busi'"):
        fetch.fetch("bussi", tmp_path)


def test_lgg_is_asked_for_on_kaggle_until_it_is_there(tmp_path, capsys):
    steps = r"download mateuszbuda/lgg-mri-segmentation.*kaggle_3m is there$"
    with pytest.raises(UserError, match=steps):
        fetch.fetch("lgg", tmp_path)
    (tmp_path / "kaggle_3m").mkdir()
    assert fetch.fetch("lgg", tmp_path) == tmp_path / "kaggle_3m"
    assert capsys.readouterr().err == ""


def test_every_source_is_complete():
    for source in sources.known().values():
        assert source.title and source.licence and source.citation
        assert source.files or (source.kaggle and source.folder)


def test_every_file_but_one_has_a_hash():
    files = [file for source in sources.known().values() for file in source.files]
    for file in files:
        assert file.url.startswith("https://")
        assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
    assert [(f.name, f.size) for f in files if f.sha256 is None] == [("cvind.mat", 5736)]
    assert len({f.sha256 for f in files}) == len({f.url for f in files}) == len(files) == 13


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ([None], "size not published"),
        ([None, None], "size not published"),
        ([10808743], "10.8 MB"),
        ([10_400_000_000, None, None], "10.4 GB, size not published for 2 of 3 files"),
    ],
)
def test_sizes_are_said(sizes, text):
    assert fetch._size_text([File("a.zip", "", "", size) for size in sizes]) == text


def archive_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return buffer.getvalue()


def serve(server, monkeypatch, name, contents):
    """Let a set of ``sources.yaml`` come from `server`, with `contents` in place of its files."""
    files = []
    for file in sources.known()[name].files:
        server.files[file.name] = content = contents[file.name]
        sha256 = file.sha256 and hashlib.sha256(content).hexdigest()
        files.append(replace(file, url=server.folder + file.name, sha256=sha256))
    change(monkeypatch, name, files=tuple(files))


ISIC = [
    f"ISIC2018_{task}_{part}_{kind}"
    for part in isic.PARTS
    for task, kind in (("Task1-2", "Input"), ("Task1", "GroundTruth"))
]


@pytest.fixture
def skin(server, monkeypatch):
    contents = {}
    for number, folder in enumerate(ISIC):
        file = f"ISIC_000000{number // 2}" + ("_segmentation.png" if number % 2 else ".jpg")
        contents[f"{folder}.zip"] = archive_of(f"{folder}/{file}", f"{folder}/LICENSE.txt")
    serve(server, monkeypatch, "isic2018", contents)
    return server


def test_six_archives_are_unpacked_beside_each_other(skin, tmp_path, capsys):
    assert fetch.fetch("isic2018", tmp_path) == tmp_path
    assert left_in(tmp_path) == sorted(ISIC)
    cases = isic.listing(tmp_path).cases
    assert [(c.case, len(c.masks)) for c in cases] == [(f"ISIC_000000{i}", 1) for i in range(3)]
    assert "10.4 GB, size not published for 5 of 6 files" in capsys.readouterr().err


def test_only_the_archives_that_are_missing_are_fetched(skin, tmp_path, capsys):
    (tmp_path / ISIC[0]).mkdir()
    (tmp_path / f"{ISIC[3]}.zip").write_bytes(skin.files[f"{ISIC[3]}.zip"])
    fetch.fetch("isic2018", tmp_path)
    rest = [ISIC[1], ISIC[2], ISIC[4], ISIC[5]]
    assert skin.asked == [f"{name}.zip" for name in rest]
    assert "lesions, 3694 images: size not published; licence" in capsys.readouterr().err
    assert left_in(tmp_path) == sorted([*ISIC, f"{ISIC[3]}.zip"])
    fetch.fetch("isic2018", tmp_path)
    assert len(skin.asked) == 4
    assert capsys.readouterr().err == ""


def test_one_of_several_is_damaged(skin, tmp_path):
    whole = skin.files[f"{ISIC[2]}.zip"]
    skin.files[f"{ISIC[2]}.zip"] = whole[:-1] + b"x"
    with pytest.raises(RunError, match=f"sent as {ISIC[2]}.zip is damaged .*its sha256 differs"):
        fetch.fetch("isic2018", tmp_path, progress=False)
    assert left_in(tmp_path) == sorted(ISIC[:2])
    skin.files[f"{ISIC[2]}.zip"] = whole
    fetch.fetch("isic2018", tmp_path, progress=False)
    assert left_in(tmp_path) == sorted(ISIC)
    assert skin.asked == [f"{name}.zip" for name in [*ISIC[:3], *ISIC[2:]]]


HAM_MASKS = "HAM10000_segmentations_lesion_tschandl"


def test_what_a_mac_adds_is_not_kept(server, monkeypatch, tmp_path):
    mask = "ISIC_0025504_segmentation.png"
    content = archive_of(f"{HAM_MASKS}/{mask}", f"__MACOSX/{HAM_MASKS}/._{mask}")
    serve(server, monkeypatch, "ham10000-masks", {f"{HAM_MASKS}.zip": content})
    folder = fetch.fetch("ham10000-masks", tmp_path, progress=False)
    assert folder == tmp_path / HAM_MASKS
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")] == [Path(HAM_MASKS, mask)]


SLICES = "brainTumorDataPublic"
PARTS = [f"{SLICES}_{part}.zip" for part in ("1-766", "767-1532", "1533-2298", "2299-3064")]


@pytest.fixture
def brain(server, monkeypatch):
    contents = {name: archive_of(f"{i}.mat", "__MACOSX/._x.mat") for i, name in enumerate(PARTS)}
    serve(server, monkeypatch, "figshare", contents | {"cvind.mat": bytes(5736)})
    return server


def test_files_without_a_folder_come_into_one(brain, tmp_path, capsys):
    assert fetch.fetch("figshare", tmp_path) == tmp_path
    assert left_in(tmp_path) == [SLICES, "cvind.mat"]
    assert left_in(tmp_path / SLICES) == ["0.mat", "1.mat", "2.mat", "3.mat"]
    assert (tmp_path / SLICES / "2.mat").read_text() == "content of 2.mat"
    said = capsys.readouterr().err
    assert "879 MB; licence" in said
    assert "cvind.mat is unverified: no hash of it is published, only its size of 5736 " in said
    fetch.fetch("figshare", tmp_path)
    assert len(brain.asked) == 5


def test_the_folder_of_several_archives_is_whole_or_not_there(brain, tmp_path):
    whole = brain.files[PARTS[2]]
    brain.files[PARTS[2]] = b"damaged"
    with pytest.raises(RunError, match=f"sent as {PARTS[2]} is damaged"):
        fetch.fetch("figshare", tmp_path, progress=False)
    assert left_in(tmp_path) == sorted(PARTS[:2])
    brain.files[PARTS[2]] = whole
    fetch.fetch("figshare", tmp_path, progress=False)
    assert brain.asked == [*PARTS[:3], *PARTS[2:], "cvind.mat"]
    assert left_in(tmp_path) == sorted([SLICES, *PARTS[:2], "cvind.mat"])
    assert len(left_in(tmp_path / SLICES)) == 4


def test_a_bare_archive_without_files_is_named(brain, monkeypatch, tmp_path):
    contents = brain.files | {PARTS[3]: archive_of("__MACOSX/._x.mat")}
    serve(brain, monkeypatch, "figshare", contents)
    with pytest.raises(RunError, match=r"2299-3064.zip holds no files: delete it and fetch"):
        fetch.fetch("figshare", tmp_path, progress=False)
    assert left_in(tmp_path) == sorted(PARTS)


def test_a_single_file_is_fetched_where_it_alone_is_missing(brain, tmp_path, capsys):
    (tmp_path / SLICES).mkdir()
    fetch.fetch("figshare", tmp_path, progress=False)
    assert brain.asked == ["cvind.mat"]
    assert (tmp_path / "cvind.mat").stat().st_size == 5736
    assert capsys.readouterr() == ("", "")


def test_an_unverified_file_of_another_size_is_not_kept(brain, tmp_path):
    (tmp_path / SLICES).mkdir()
    brain.files["cvind.mat"] = b"<html>not now</html>"
    with pytest.raises(RunError, match=r"cvind.mat is damaged .* \(its size differs\): run again"):
        fetch.fetch("figshare", tmp_path, progress=False)
    assert left_in(tmp_path) == [SLICES]
    (tmp_path / "cvind.mat").write_bytes(b"put there by hand")
    fetch.fetch("figshare", tmp_path, progress=False)
    assert brain.asked == ["cvind.mat"]


def test_pictures_of_a_public_set_are_credited_by_its_name():
    assert sets.credit("BUSI").startswith("Images: Al-Dhabyani, Gomaa, Khaled, Fahmy, Data in")
    assert "BY-NC-SA" in sets.credit("LGG")
    assert sets.credit("Phantoms") == sets.credit("my images") == ""
