"""Films and sound: containers are walked, not decoded; notes about their making are blanked."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from server.services.media_forms import M4A, MP4, Form, refused

#: Notes: names, places, cameras; anybody may invent a uuid.
_NOTES: Final = frozenset({b"udta", b"meta", b"uuid"})
_BESIDE: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pdin"})
#: What fragments of a film are, and what says where they begin.
_FRAGMENTS: Final = frozenset({b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"prft", b"emsg"})
_SHOWN: Final = frozenset({b"vide", b"soun", b"text", b"sbtl", b"subt"})
_MOST_BOXES: Final = 20_000
_MOST_NOTES: Final = 16 * 1_048_576  # bytes
_MOST_HEAD: Final = 16
_LARGE: Final = 1
_ID3_HEAD: Final = 10
_ID3_END: Final = 128
_SYNCSAFE: Final = 0x80
_SYNC: Final = 0xFF
_LAYER: Final = 0xE0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of an MP4: where it begins and ends in the file, and where its content begins."""

    kind: bytes
    start: int
    content: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What is in a film; pixels, and None where there is nothing to see."""

    width: int | None
    height: int | None

    @property
    def is_seen(self) -> bool:
        return self.width is not None


def clean_mp4(path: Path) -> Film:
    """Check an MP4, and blank out in place what it says of where and how it was made (VIS-18).

    Raises:
        Invalid: field media; "media-damaged", "media-hidden-track".
    """
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        found = list(_boxes(file, 0, size))
        movies = [each for each in found if each.kind == b"moov"]
        if len(movies) != 1 or not any(each.kind == b"mdat" for each in found):
            raise refused("media-damaged")
        for each in found:
            if each.kind in _NOTES or each.kind not in _BESIDE | _FRAGMENTS:
                _blank(file, each)
        return _clean_movie(file, movies[0])


def _clean_movie(file: BinaryIO, movie: Box) -> Film:
    width = height = None
    tracks = 0
    for part in list(_boxes(file, movie.content, movie.end)):
        if part.kind in _NOTES:
            _blank(file, part)
        if part.kind != b"trak":
            continue
        tracks += 1
        inside = {each.kind: each for each in _boxes(file, part.content, part.end)}
        for kind in _NOTES & inside.keys():
            _blank(file, inside[kind])
        handler = _handler(file, inside)
        if handler not in _SHOWN:
            raise refused("media-hidden-track")
        if handler == b"vide" and b"tkhd" in inside:
            width, height = _size(file, inside[b"tkhd"])
    if not tracks:
        raise refused("media-damaged")
    return Film(width=width, height=height)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Walk the parts between two places; a part that does not fit is damage."""
    at = start
    for _ in range(_MOST_BOXES):
        if at == end:
            return
        file.seek(at)
        head = file.read(min(_MOST_HEAD, end - at))
        if len(head) < 8:  # noqa: PLR2004 four bytes of size, four of kind
            break
        size, kind = struct.unpack(">I4s", head[:8])
        content = at + 8
        if size == _LARGE and len(head) == _MOST_HEAD:
            (size,) = struct.unpack(">Q", head[8:])
            content = at + _MOST_HEAD
        if size == 0:
            size = end - at
        if size < content - at or at + size > end:
            break
        yield Box(kind=kind, start=at, content=content, end=at + size)
        at += size
    raise refused("media-damaged")


def _blank(file: BinaryIO, box: Box) -> None:
    """Make a part free space of the same length, so that nothing else moves."""
    length = box.end - box.content
    if length > _MOST_NOTES:
        raise refused("media-damaged")
    file.seek(box.start + 4)
    file.write(b"free")
    file.seek(box.content)
    file.write(bytes(length))


def _handler(file: BinaryIO, track: dict[bytes, Box]) -> bytes:
    media = track.get(b"mdia")
    if media is None:
        raise refused("media-damaged")
    for part in _boxes(file, media.content, media.end):
        if part.kind == b"hdlr":
            file.seek(part.content + 8)
            return file.read(4)
    raise refused("media-damaged")


def _size(file: BinaryIO, header: Box) -> tuple[int, int]:
    """Read how large a film is shown: the last two numbers, in 65536ths of a pixel."""
    file.seek(header.end - 8)
    width, height = struct.unpack(">II", file.read(8))
    return max(1, width >> 16), max(1, height >> 16)


def form_of(film: Film) -> Form:
    """Say what an MP4 is, whatever its first bytes called it: a film, or sound alone."""
    return MP4 if film.is_seen else M4A


def clean_mp3(path: Path) -> None:
    """Check an MP3, and cut off what is written before and after the sound.

    Raises:
        Invalid: field media; "media-damaged".
    """
    content = path.read_bytes()
    while content.startswith(b"ID3"):
        content = content[_length_of_id3(content) :]
    if content[-_ID3_END:].startswith(b"TAG"):
        content = content[:-_ID3_END]
    begins = len(content) > 3 and content[0] == _SYNC and content[1] & _LAYER == _LAYER  # noqa: PLR2004
    if not begins:
        raise refused("media-damaged")
    path.write_bytes(content)


def _length_of_id3(content: bytes) -> int:
    size = content[6:_ID3_HEAD]
    if len(size) < 4 or any(byte & _SYNCSAFE for byte in size):  # noqa: PLR2004
        raise refused("media-damaged")
    length = 0
    for byte in size:
        length = length << 7 | byte
    return length + _ID3_HEAD
