"""Faces of those who have no picture: initials, on a colour of their own."""

import io
from functools import lru_cache
from typing import Final
from zlib import crc32

from PIL import Image, ImageColor, ImageDraw, ImageFont

_SIZE: Final = 240  # pixels
_HEADER: Final = (600, 200)
_LARGEST_HUE: Final = 359
_LONGEST: Final = 2


def initials(name: str) -> str:
    """One or two capitals for an avatar: of the first word and of the last."""
    words = ["".join(filter(str.isalnum, word)) for word in name.split()]
    letters = [word[0].upper() for word in words if word]
    return "".join(letters[:1] + letters[1:][-1:]) or "?"


def hue(text: str) -> int:
    """A colour angle that stays the same for the same text, in degrees."""
    return crc32(text.encode()) % 360


@lru_cache(maxsize=512)
def face(letters: str, angle: int) -> bytes:
    """Draw a picture of so many pixels square, as PNG, in the colours of the pages."""
    picture = Image.new("RGB", (_SIZE, _SIZE), _colour(angle, 35))
    font = ImageFont.load_default(size=_SIZE * 0.42)
    middle = (_SIZE / 2, _SIZE / 2)
    ImageDraw.Draw(picture).text(middle, letters, font=font, fill="white", anchor="mm")
    return _png(picture)


@lru_cache(maxsize=1)
def banner() -> bytes:
    """Draw what stands behind a profile; clients need one."""
    return _png(Image.new("RGB", _HEADER, _colour(170, 24)))


def is_face(letters: str, angle: int) -> bool:
    """Say whether there can be such a face, so that nobody has us draw without end."""
    return 0 < len(letters) <= _LONGEST and angle <= _LARGEST_HUE


def _colour(angle: int, lightness: int) -> tuple[int, ...]:
    return ImageColor.getrgb(f"hsl({angle}, 45%, {lightness}%)")


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
