"""The catalogue of all that people read: sentences noted for it, and what it says for them."""

from functools import lru_cache
from gettext import NullTranslations, translation
from importlib.resources import files
from typing import Final

DOMAIN: Final = "commonlore"
LOCALES: Final = str(files("server") / "locales")


def noted(message: str) -> str:
    """Note a sentence for the catalogue that is looked up elsewhere."""
    return message


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """List the languages that there are pages in."""
    catalogues = files("server") / "locales"
    # Without a catalogue there is no such folder: the pages are written in English.
    found = catalogues.iterdir() if catalogues.is_dir() else ()
    return frozenset({each.name for each in found if (each / "LC_MESSAGES").is_dir()} | {"en"})


@lru_cache(maxsize=32)
def translations(language: str, locales: str = LOCALES) -> NullTranslations:
    return translation(DOMAIN, locales, languages=[language], fallback=True)
