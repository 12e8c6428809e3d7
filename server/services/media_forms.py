"""What a file is, by its bytes alone; what we do not take is refused by name (MED-03)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.attached import MediaKind
from server.services.errors import Invalid

#: How many files a post carries, and characters of a description.
MOST: Final = 4
LONGEST_DESCRIPTION: Final = 1500
#: Bytes, by what it is.
LARGEST_PICTURE: Final = 16 * 1_048_576
LARGEST_FILM: Final = 99 * 1_048_576
LARGEST: Final = {
    MediaKind.IMAGE: LARGEST_PICTURE,
    MediaKind.VIDEO: LARGEST_FILM,
    MediaKind.AUDIO: LARGEST_FILM,
    MediaKind.FILE: LARGEST_PICTURE,
}

_SENTENCES: Final = {
    "media-empty": "This file is empty.",
    "media-unknown": "We take JPEG, PNG, GIF, WebP and AVIF pictures, MP4 films, MP3 and M4A "
    "sound, PDF, Office and OpenDocument files, and plain text. This is none of them.",
    "portrait-unknown": "We take JPEG, PNG, GIF, WebP and AVIF pictures. This is none of them.",
    "media-too-large": "This file is too large: pictures and documents may have 16 MB, films "
    "and sound 99 MB.",
    "media-pixels": "This picture has too many pixels; make it smaller first.",
    "media-frames": "This moving picture is too long; make it shorter or smaller first.",
    "media-damaged": "This file is damaged, or is not what it says it is.",
    "media-slow": "This picture takes too long to read; save it in another form first.",
    "decoder-too-old": "Pictures cannot be taken now. Tell the people who run this.",
    "media-hidden-track": "This film carries hidden notes, such as where it was made, that we "
    "cannot take out. Export it once more without them.",
    "media-macros": "This document has macros; save it without them first.",
    "media-too-many": "A post can have four files; leave some out.",
    "media-not-yours": "One of these files is not there any more. Choose it once more.",
    "media-quota": "You have used all the room that each member has for files.",
    "media-description": "A description may have 1500 characters; this one has more.",
}


def refused(reason: str) -> Invalid:
    """Make the refusal of a file, with the sentence for its member."""
    return Invalid({"media": _SENTENCES[reason]}, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of files that we take: `pillow` is the one decoder that may open a picture."""

    kind: MediaKind
    media_type: str
    pillow: str = ""


_JPEG: Final = Form(kind=MediaKind.IMAGE, media_type="image/jpeg", pillow="JPEG")
_PNG: Final = Form(kind=MediaKind.IMAGE, media_type="image/png", pillow="PNG")
_GIF: Final = Form(kind=MediaKind.IMAGE, media_type="image/gif", pillow="GIF")
_WEBP: Final = Form(kind=MediaKind.IMAGE, media_type="image/webp", pillow="WEBP")
_AVIF: Final = Form(kind=MediaKind.IMAGE, media_type="image/avif", pillow="AVIF")
MP4: Final = Form(kind=MediaKind.VIDEO, media_type="video/mp4")
M4A: Final = Form(kind=MediaKind.AUDIO, media_type="audio/mp4")
MP3: Final = Form(kind=MediaKind.AUDIO, media_type="audio/mpeg")
PDF: Final = Form(kind=MediaKind.FILE, media_type="application/pdf")
ZIP: Final = Form(kind=MediaKind.FILE, media_type="application/zip")
TEXT: Final = Form(kind=MediaKind.FILE, media_type="text/plain")

#: What clients are told that they may bring.
CLIENTS_MAY_BRING: Final = tuple(
    each.media_type for each in (_JPEG, _PNG, _GIF, _WEBP, _AVIF, MP4, MP3, M4A)
)
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"ID3", MP3),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_FILM_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"}
)
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
#: A text that begins like this is for a browser to run, not for a person to read.
_MARKUP: Final = b"<"
_SYNC: Final = 0xFF
_MPEG_LAYERS: Final = frozenset({0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3})
_BOX_HEAD: Final = 12
_CONTROLS: Final = frozenset(range(32)) - {9, 10, 12, 13}


def form_of(path: Path) -> Form:
    """Say what a file is.

    Raises:
        Invalid: field media; "media-empty", "media-unknown".
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise refused("media-empty")
    found = _by_beginning(head)
    if found is None and _is_text(path):
        return TEXT
    if found is None:
        raise refused("media-unknown")
    return found


def _by_beginning(head: bytes) -> Form | None:
    for beginning, form in _BEGINNINGS:
        if head.startswith(beginning):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if len(head) >= _BOX_HEAD and head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if len(head) > 1 and head[0] == _SYNC and head[1] in _MPEG_LAYERS:
        return MP3
    return None


def _by_brand(brand: bytes) -> Form | None:
    if brand in _AVIF_BRANDS:
        return _AVIF
    if brand in _FILM_BRANDS:
        return MP4
    return M4A if brand in _SOUND_BRANDS else None


def _is_text(path: Path) -> bool:
    """Say whether it is words in UTF-8, and no page, picture or feed written as text."""
    if path.stat().st_size > LARGEST_PICTURE:
        return False
    content = path.read_bytes()
    if content.lstrip(b"\xef\xbb\xbf \t\r\n\f").startswith(_MARKUP):
        return False
    if not _CONTROLS.isdisjoint(content):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
