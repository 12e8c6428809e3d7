"""The blur of a picture, as the suite asks for it of the package of this name."""

from typing import Final

from blurhash_rs import decode_rgb

_DIGITS: Final = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
)


def components(blur: str) -> tuple[int, int]:
    """Give how many waves there are across and down."""
    size = _DIGITS.index(blur[0])
    return size % 9 + 1, size // 9 + 1


def decode(
    blur: str, width: int, height: int, punch: float = 1.0, *, linear: bool = False
) -> list[list[list[int]]]:
    """Give rows of pixels; `linear` makes no difference to how many there are."""
    pixels = decode_rgb(blur, width, height, punch)
    return [
        [list(pixels[at : at + 3]) for at in range(row, row + 3 * width, 3)]
        for row in range(0, 3 * width * height, 3 * width)
    ]
