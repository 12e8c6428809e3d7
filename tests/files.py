"""Files as members bring them: small real ones, and those that somebody made to do harm."""

import io
import struct
import zipfile
from typing import Any

from PIL import Image


def picture(
    form: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **how: Any
) -> bytes:
    raw = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(raw, form, **how)
    return raw.getvalue()


def moving(form: str, frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    raw = io.BytesIO()
    first, *others = (Image.new("L", size, number * 97 % 256) for number in range(frames))
    first.save(raw, form, save_all=True, append_images=others, duration=40)
    return raw.getvalue()


def photograph() -> bytes:
    """Give a photograph that was taken on its side, at a place that it tells."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Cameramaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (46.0, 31.0, 12.0)
    return picture(size=(60, 40), exif=exif.tobytes(), comment=b"at home")


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def track(handler: bytes, *beside: bytes, size: tuple[int, int] = (320, 180)) -> bytes:
    header = bytes(76) + struct.pack(">II", size[0] << 16, size[1] << 16)
    handled = box(b"hdlr", bytes(8) + handler + bytes(13))
    return box(b"trak", box(b"tkhd", header) + box(b"mdia", handled) + b"".join(beside))


def film(*tracks: bytes, brand: bytes = b"isom", beside: bytes = b"") -> bytes:
    movie = b"".join(tracks or (track(b"vide"), track(b"soun")))
    return (
        box(b"ftyp", brand + bytes(4) + brand)
        + box(b"moov", box(b"mvhd", bytes(100)) + movie)
        + beside
        + box(b"mdat", b"frames")
    )


def sound(*, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + b"\xff\xfb\x90\x00" + bytes(400) + after


def id3(content: bytes) -> bytes:
    size = len(content)
    length = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    return b"ID3\x04\x00\x00" + length + content


def zipped(**files: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/")), content)
    return raw.getvalue()


def odt() -> bytes:
    return zipped(
        mimetype=b"application/vnd.oasis.opendocument.text", **{"content.xml": b"<x/>"}
    )


def docx(**more: bytes) -> bytes:
    parts = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}
    return zipped(**parts, **more)


PDF = b"%PDF-1.7\n1 0 obj\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'
