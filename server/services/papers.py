"""Documents: which of those that are zip files are documents; no XML is read (MED-04)."""

import struct
import zipfile
from pathlib import Path
from typing import Final

from schemas.attached import MediaKind
from server.services.media_forms import Form, refused

_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN_KINDS: Final = frozenset({"text", "spreadsheet", "presentation", "graphics"})
#: The part that only such a document has, and what it is then.
_OFFICE_KINDS: Final = {
    "word/document.xml": f"{_OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}presentationml.presentation",
}
_MACROS: Final = ("vbaproject.bin", "basic/script-lc.xml", "basic/script-lb.xml")
_LONGEST_KIND: Final = 100
_MOST_ENTRIES: Final = 3000
_MOST_LIST: Final = 1_000_000  # bytes
_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_FARTHEST: Final = 65_557  # a comment may follow

#: Ends of names by media type: what a browser calls the file that it saves.
ENDINGS: Final = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    **{
        f"{_OPEN_DOCUMENT}{kind}": ending
        for kind, ending in (
            ("text", "odt"),
            ("spreadsheet", "ods"),
            ("presentation", "odp"),
            ("graphics", "odg"),
        )
    },
    _OFFICE_KINDS["word/document.xml"]: "docx",
    _OFFICE_KINDS["xl/workbook.xml"]: "xlsx",
    _OFFICE_KINDS["ppt/presentation.xml"]: "pptx",
}


def document_of(path: Path) -> Form:
    """Say which document a zip file is.

    Raises:
        Invalid: field media; "media-unknown", "media-damaged", "media-macros".
    """
    _check_list(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            declared = _declared(archive) if "mimetype" in names else ""
    except (
        zipfile.BadZipFile,
        OSError,
        RuntimeError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise refused("media-damaged") from error
    if any(name.lower().endswith(_MACROS) for name in names):
        raise refused("media-macros")
    media_type = _open_document(declared) or _office(names)
    if media_type is None:
        raise refused("media-unknown")
    return Form(kind=MediaKind.FILE, media_type=media_type)


def _check_list(path: Path) -> None:
    """Look how long the list of entries is before it is read, for reading it costs memory."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - _FARTHEST))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_LENGTH:
        raise refused("media-damaged")
    entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > _MOST_ENTRIES or length > _MOST_LIST:
        raise refused("media-damaged")


def _declared(archive: zipfile.ZipFile) -> str:
    with archive.open("mimetype") as file:
        return file.read(_LONGEST_KIND).decode("ascii", "replace").strip()


def _open_document(declared: str) -> str | None:
    kind = declared.removeprefix(_OPEN_DOCUMENT)
    return declared if kind != declared and kind in _OPEN_KINDS else None


def _office(names: set[str]) -> str | None:
    if "[Content_Types].xml" not in names:
        return None
    found = (kind for part, kind in _OFFICE_KINDS.items() if part in names)
    return next(found, None)
