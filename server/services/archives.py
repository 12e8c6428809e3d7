"""The archive of an account as a zip: written in plain formats, read with trust in nothing."""

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation.translate import sanitize
from server.services.errors import Invalid

#: Bytes of an archive that is brought; one with years of posts is smaller.
LARGEST: Final = 10_000_000
_MOST_FILES: Final = 50
_LARGEST_FILE: Final = 2_000_000  # bytes of a file that we read, unpacked
_LARGEST_UNPACKED: Final = 500_000_000  # bytes that all files together claim to be
_THICKEST: Final = 100  # no list of addresses is packed to a hundredth
_SMALL: Final = 50  # bytes; so few are no bomb, whatever comes out of them
_MOST_LINES: Final = 5000
_LONGEST_ABOUT: Final = 2000
_ADDRESS: Final = "Address"
_TABLES: Final = frozenset(
    {
        "follows.csv",
        "memberships.csv",
        "collections.csv",
        "mutes.csv",
        "blocks.csv",
        "domain_blocks.csv",
        "hashtags.csv",
    }
)
#: What a spreadsheet would take for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_NO_ARCHIVE: Final = (
    "This is no archive of an account: choose the zip file that you were given."
)
_TOO_LARGE: Final = "This archive is too large to be taken."
_BOMB: Final = "This file unpacks to far more than an archive holds, so we left it unread."
_DAMAGED: Final = "This archive is damaged. Fetch it again where you made it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What an archive says, none of it believed: addresses to ask at, and a text to offer."""

    follows: tuple[str, ...]
    memberships: tuple[str, ...]
    about: str
    mutes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Pack files, by name, into a zip."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A time of its own would make two archives of the same differ.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return raw.getvalue()


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table as CSV (RFC 4180) that no spreadsheet takes for formulas."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue().encode()


def unpacked(raw: bytes) -> Brought:
    """Read an archive that a member brings from elsewhere; one that lies is refused by name.

    Raises:
        Invalid: field archive; "archive-too-large", "archive-unknown", "archive-damaged",
            "archive-bomb".
    """
    if len(raw) > LARGEST:
        raise _refused("archive-too-large", _TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = _files(archive)
    except zipfile.BadZipFile:
        raise _refused("archive-unknown", _NO_ARCHIVE) from None
    except (zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        # RuntimeError: encrypted, or packed in a way that nobody here knows.
        raise _refused("archive-damaged", _DAMAGED) from error
    if not files.keys() & _TABLES:
        raise _refused("archive-unknown", _NO_ARCHIVE)
    return Brought(
        follows=(
            *_addresses(files.get("follows.csv", b"")),
            *_addresses(files.get("collections.csv", b"")),
        ),
        memberships=_addresses(files.get("memberships.csv", b"")),
        about=_about(files.get("actor.json", b"")),
        mutes=_addresses(files.get("mutes.csv", b"")),
        blocks=_addresses(files.get("blocks.csv", b"")),
        domains=_column(files.get("domain_blocks.csv", b""), "Domain"),
        hashtags=_column(files.get("hashtags.csv", b""), "Hashtag"),
    )


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    listed = archive.infolist()
    if len(listed) > _MOST_FILES:
        raise _refused("archive-bomb", _BOMB)
    if sum(each.file_size for each in listed) > _LARGEST_UNPACKED:
        raise _refused("archive-bomb", _BOMB)
    wanted = _TABLES | {"actor.json"}
    found: dict[str, bytes] = {}
    for each in listed:
        if each.filename not in wanted:
            continue
        if each.filename in found:
            raise _refused("archive-damaged", _DAMAGED)
        found[each.filename] = _content(archive, each)
    return found


def _content(archive: zipfile.ZipFile, each: zipfile.ZipInfo) -> bytes:
    """Unpack one file, and no more of it than it may be, whatever its header claims."""
    if each.file_size > _LARGEST_FILE:
        raise _refused("archive-bomb", _BOMB)
    if each.file_size > _THICKEST * max(each.compress_size, _SMALL):
        raise _refused("archive-bomb", _BOMB)
    with archive.open(each) as packed_file:
        content = packed_file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise _refused("archive-bomb", _BOMB)
    return content


def _addresses(content: bytes) -> tuple[str, ...]:
    cells = _column(content, _ADDRESS)
    return tuple(each for each in cells if each.startswith(("https://", "http://")))


def _column(content: bytes, name: str) -> tuple[str, ...]:
    """Read the cells of a column that say something, each once."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8", "replace")))
    found: dict[str, None] = {}
    try:
        for row in reader:
            cell = (row.get(name) or "").strip()
            if cell and "\0" not in cell:
                found[cell] = None
            if len(found) == _MOST_LINES:
                break
    except csv.Error as error:
        raise _refused("archive-damaged", _DAMAGED) from error
    return tuple(found)


def _about(content: bytes) -> str:
    """Find what somebody said about themselves: their Markdown, else the words of the HTML."""
    try:
        document: Any = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    source = document.get("source")
    written = source.get("content") if isinstance(source, dict) else None
    if not isinstance(written, str):
        html = document.get("summary")
        written = sanitize.from_html(html[:20_000]).text if isinstance(html, str) else ""
    return written.replace("\0", "")[:_LONGEST_ABOUT]


def _refused(reason: str, sentence: str) -> Invalid:
    return Invalid({"archive": sentence}, reason=reason)
