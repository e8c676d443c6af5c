"""Downloads from a server on this machine: whole, resumed, wrong, cut off, unwritable."""

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

from busutils.data import busi, fetch, phantom
from busutils.errors import RunError, UserError

FOLDER = busi.FOLDER


class Server(ThreadingHTTPServer):
    """Serves one archive and remembers what was asked for."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.ranges, self.cut, self.knows_ranges = content, [], None, True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/Dataset_BUSI.zip"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.ranges.append(asked)
        if not self.path.endswith("Dataset_BUSI.zip"):
            return self.send_error(404)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and server.knows_ranges else 0
        if start >= len(server.content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        self.wfile.write(server.content[start : server.cut])
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
    return zipped(phantom.write_busi(tmp_path_factory.mktemp("made"), n=12, size=96))


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
    sha256 = hashlib.sha256(content).hexdigest()
    source = replace(fetch.SOURCES["busi"], url=url, sha256=sha256, verify=True)
    monkeypatch.setitem(fetch.SOURCES, "busi", source)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


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
    def full(self, response, file, done):
        file.write(response.raw.read(700))
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(fetch._Resuming, "_write", full)
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
    source = replace(fetch.SOURCES["busi"], url=None, sha256=None, kaggle="someone/some-set")
    monkeypatch.setitem(fetch.SOURCES, "some", source)
    with pytest.raises(UserError, match=r"\(1\) .*download someone/some-set.* \(2\) unpack") as e:
        fetch.fetch("some", tmp_path)
    assert e.value.exit_code == 2


def test_an_unknown_set_is_refused(tmp_path):
    with pytest.raises(UserError, match="did you mean 'busi'"):
        fetch.fetch("bussi", tmp_path)


def test_every_source_is_complete():
    for source in fetch.sources():
        assert source["licence"] and source["citation"] and source["folder"]
        assert source["kaggle"] if source["url"] is None else len(source["sha256"]) == 64


@pytest.mark.parametrize(("size", "text"), [(None, "size not published"), (10808743, "10.8 MB")])
def test_sizes_are_said_in_megabytes(size, text):
    assert replace(fetch.SOURCES["busi"], size=size).size_text() == text
