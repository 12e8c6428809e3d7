"""What handlers say to people: looked up in the catalogue of whoever reads, then filled in."""

from aiohttp import web

from server.middleware import CONTEXT, SESSION
from server.services.catalogue import DOMAIN, LOCALES, codes, noted, translations

__all__ = [
    "DOMAIN",
    "LOCALES",
    "codes",
    "language_of",
    "noted",
    "say",
    "say_many",
    "translations",
]


def say(request: web.Request, message: str, /, **variables: object) -> str:
    """Say a sentence in the reader's language; what it lacks is said in English."""
    told = translations(language_of(request)).gettext(message) if message else ""
    return told % variables if variables else told


def say_many(
    request: web.Request, one: str, many: str, number: int, /, **variables: object
) -> str:
    """Say a sentence about a number of things; it is `num` in the sentence."""
    told = translations(language_of(request)).ngettext(one, many, number)
    return told % (variables | {"num": number})


def language_of(request: web.Request) -> str:
    """Give a member's language; a guest's is what a link to us asks for, if we have it."""
    session = request[SESSION]
    if session is not None:
        return session.member.language
    asked = request.query.get("lang", "")
    for code in (asked, asked.partition("-")[0]):
        if code in codes():
            return code
    return request.app[CONTEXT].settings.language
