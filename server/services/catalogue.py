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


@lru_cache(maxsize=32)
def translations(language: str, locales: str = LOCALES) -> NullTranslations:
    return translation(DOMAIN, locales, languages=[language], fallback=True)
