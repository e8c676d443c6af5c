"""The text of a file, whatever program wrote it, and names as they compare."""

import codecs
import re
import unicodedata
from pathlib import Path

from scorecheck.errors import InputError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods) or another zip archive",
    b"\xd0\xcf\x11\xe0": "a workbook of old Excel (.xls)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
}
SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


def read(file: Path, what: str) -> tuple[str, list[str]]:
    """Return the text of a file, lines ending in "\\n", and what a reader should know of it.

    Parameters
    ----------
    what : what the file should be, for the remedy
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder: give {what}")
    if not file.is_file():
        raise InputError(f"{file} is not there: give {what}")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}: check its permissions") from error
    for start, kind in NO_TEXT.items():
        if data.startswith(start):
            raise InputError(f"{file} is {kind}: export {what}, in UTF-8")
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), _unmarked(data))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no text in {encoding}: save {what}, in UTF-8") from error
    if "\0" in text:
        raise InputError(f"{file} is no text: give {what}, in UTF-8")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain, [] if encoding.startswith("utf-8") else [f"{file} was read as {encoding}"]


def name(text: str) -> str:
    """Return a text with one kind of spaces, nothing invisible, and letters in their short form."""
    return unicodedata.normalize("NFC", SPACES.sub(" ", INVISIBLE.sub("", text)).strip())


def _unmarked(data: bytes) -> str:
    """Encoding of bytes without a mark: UTF-8, UTF-16 if nearly every other is 0, else cp1252."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        every_other = data[start::2]
        if every_other.count(0) > 0.8 * len(every_other):
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
