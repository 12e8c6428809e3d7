"""The process in which strangers' pictures are decoded: it opens nothing, and ends soon."""

# It is run by its path, and imports nothing of ours: `pictures.py` starts it.

import io
import json
import math
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final

import PIL
from blurhash_rs import blurhash_encode
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageColor,
    ImageOps,
    ImagePalette,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

#: Older releases have holes that are known.
OLDEST_PILLOW: Final = (12, 2)
#: Pixels of a still picture: 7680 by 4320.
MOST_PIXELS: Final = 33_177_600
MOST_FRAMES: Final = 500
#: Pixels of all frames of a moving picture together.
MOST_MOVING_PIXELS: Final = 100_000_000
_LONGEST_SIDE: Final = 16_383  # WebP has no more
_PREVIEW_PIXELS: Final = 640 * 360
_THUMB: Final = (48, 48)
_DEEP: Final = frozenset({"I", "F", "I;16", "I;16B", "I;16L"})
_TENTHS: Final = 100  # milliseconds that a frame lasts where it does not say

#: Pillow loads these when it needs them, and then nothing can be loaded any more. That of TIFF
#: reads what cameras write into other forms; no file of that form is opened.
LOADED: Final = (
    AvifImagePlugin,
    GifImagePlugin,
    ImageColor,
    ImagePalette,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
_CPU: Final = 30  # seconds
_MEMORY: Final = 1_200_000_000  # bytes of addresses, the interpreter's own among them
_OUTPUT: Final = 128_000_000  # bytes of a file

_WRITTEN: Final = {
    "JPEG": ("image/jpeg", {"quality": 88, "optimize": True, "progressive": True}),
    "PNG": ("image/png", {}),
    "WEBP": ("image/webp", {"quality": 85}),
}


class Refused(Exception):
    """This picture is not taken; the message is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Developed:
    """What was made of a picture: sizes are in pixels."""

    media_type: str
    width: int
    height: int
    preview_width: int
    preview_height: int
    blurhash: str


def develop(
    source: BinaryIO,
    form: str,
    whole: BinaryIO,
    preview: BinaryIO,
    shape: tuple[int, int] | None = None,
) -> Developed:
    """Decode a picture of one form, and write it and a small one anew, without anything else.

    A picture of a profile stands still, and is cut to its shape: so wide and high at most.

    Raises:
        Refused: "media-pixels", "media-frames", "media-damaged".
    """
    with _bombs_refused():
        picture = Image.open(source, formats=(form,))
        if picture.width * picture.height > MOST_PIXELS:
            raise Refused("media-pixels")
        if max(picture.size) > _LONGEST_SIDE:
            raise Refused("media-pixels")
        if shape is None and form in {"GIF", "PNG", "WEBP"} and _moves(picture):
            first, written = _write_moving(picture, whole)
        else:
            first, written = _write_still(picture, form, whole, shape)
        small = _small(first)
        small.save(preview, "WEBP", quality=80)
        return Developed(
            media_type=written,
            width=first.width,
            height=first.height,
            preview_width=small.width,
            preview_height=small.height,
            blurhash=_blurhash(small),
        )


@contextmanager
def _bombs_refused() -> Iterator[None]:
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            # Twice as many pixels are an error for Pillow, and those between only a warning.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("media-pixels") from error
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError) as error:
        # What decoders raise for files that are none, or end too soon.
        raise Refused("media-damaged") from error
    except (ArithmeticError, RuntimeError, MemoryError, ImageCms.PyCMSError) as error:
        raise Refused("media-damaged") from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _moves(picture: Image.Image) -> bool:
    """Say whether it has several frames, counted before any of them is decoded."""
    frames: int = getattr(picture, "n_frames", 1)
    if frames == 1:
        return False
    if frames > MOST_FRAMES or frames * picture.width * picture.height > MOST_MOVING_PIXELS:
        raise Refused("media-frames")
    return True


def _write_moving(picture: Image.Image, whole: BinaryIO) -> tuple[Image.Image, str]:
    frames: list[Image.Image] = []
    lengths: list[int] = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()
        lengths.append(int(picture.info.get("duration") or _TENTHS))
        frames.append(_bare(picture.convert("RGBA")))
    first, *others = frames
    first.save(
        whole,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=lengths,
        loop=0,
        quality=75,
        method=2,
    )
    return first, "image/webp"


def _write_still(
    picture: Image.Image, form: str, whole: BinaryIO, shape: tuple[int, int] | None
) -> tuple[Image.Image, str]:
    picture.load()
    still = _bare(_in_plain_colours(ImageOps.exif_transpose(picture)))
    if shape is not None:
        still = _bare(_cut(still, shape))
    kept = {"GIF": "PNG", "AVIF": "WEBP"}.get(form, form)
    if kept == "JPEG" and still.mode == "RGBA":
        kept = "WEBP"
    media_type, how = _WRITTEN[kept]
    still.save(whole, kept, **how)
    return still, media_type


def _cut(picture: Image.Image, shape: tuple[int, int]) -> Image.Image:
    """Cut a picture to a shape from its middle; a small one stays as small as it is."""
    width, height = shape
    scale = min(1.0, picture.width / width, picture.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _in_plain_colours(picture: Image.Image) -> Image.Image:
    """Bring any colours to those of a screen, because the profile that explains them goes."""
    if picture.mode in _DEEP:
        return picture.point(lambda value: value / 256).convert("L")
    clear = picture.has_transparency_data
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "RGBA", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError):
            picture = (
                ImageCms.profileToProfile(
                    picture,
                    ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                    ImageCms.createProfile("sRGB"),
                    outputMode="RGBA" if picture.mode == "RGBA" else "RGB",
                )
                or picture
            )
    if picture.mode == "L" and not clear:
        return picture
    return picture.convert("RGBA" if clear else "RGB")


def _bare(picture: Image.Image) -> Image.Image:
    """Take off all that is said beside the pixels: places, names, cameras (VIS-18)."""
    picture.info = {}
    return picture


def _small(picture: Image.Image) -> Image.Image:
    scale = math.sqrt(_PREVIEW_PIXELS / (picture.width * picture.height))
    if scale >= 1:
        return picture.convert("RGBA" if picture.mode == "RGBA" else "RGB")
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small.convert("RGBA" if picture.mode == "RGBA" else "RGB")


def _blurhash(small: Image.Image) -> str:
    thumb = small.copy()
    thumb.thumbnail(_THUMB)
    ground = Image.new("RGBA", thumb.size, "white")
    ground.alpha_composite(thumb.convert("RGBA"))
    wide, high = (4, 3) if small.width >= small.height else (3, 4)
    return blurhash_encode(ground.convert("RGB"), wide, high)


def too_old(version: str) -> bool:
    """Say whether a release of Pillow has known holes (DEP-07)."""
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return numbers < OLDEST_PILLOW


def shut_in() -> None:
    """Give up all that decoding does not need; a decoder that is taken over finds nothing.

    No file and no socket can be opened, because no further descriptor can be had; what is
    open already is one file to read and two to write.
    """
    Image.preinit()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    with suppress(OSError):
        os.nice(10)
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _CPU),
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, _OUTPUT),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main(arguments: list[str]) -> None:
    """Develop what standard input is; the answer is one line of JSON."""
    form, whole, preview = arguments[0], int(arguments[1]), int(arguments[2])
    shape = (int(arguments[3]), int(arguments[4])) if arguments[3:] else None
    shut_in()
    if too_old(PIL.__version__):
        sys.stdout.write(json.dumps({"reason": "decoder-too-old"}))
        return
    answer: dict[str, object]
    try:
        with os.fdopen(whole, "wb") as large, os.fdopen(preview, "wb") as small:
            answer = asdict(develop(sys.stdin.buffer, form, large, small, shape))
    except Refused as refused:
        answer = {"reason": str(refused)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
