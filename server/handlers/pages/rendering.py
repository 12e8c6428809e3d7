"""The Jinja environment of the pages: where templates come from and the filters they use."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from gettext import NullTranslations
from math import ceil, inf
from typing import Literal, Protocol

import jinja2
from babel.dates import (
    format_date,
    format_datetime,
    format_timedelta,
    get_timezone,
)
from babel.numbers import format_decimal
from jinja2.runtime import Context
from markupsafe import Markup

from schemas.records import KUDOS_EMOJI
from server.services.faces import hue, initials

#: Older than this, a date says more than "7 weeks ago".
_RECENT = timedelta(days=30)
_Unit = Literal["year", "month", "week", "day", "hour", "minute"]
#: Units in seconds; one is used from 85 % of it on, as Babel has it: 51 minutes are an hour.
_UNITS: tuple[tuple[_Unit, int], ...] = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
_THRESHOLD = 0.85
#: What a browser offers to choose; the bytes of a file decide later.
ACCEPTED_FILES = (
    "image/jpeg,image/png,image/gif,image/webp,image/avif,video/mp4,audio/mpeg,audio/mp4,"
    ".pdf,.odt,.ods,.odp,.odg,.docx,.xlsx,.pptx,.txt"
)
ACCEPTED_PICTURES = "image/jpeg,image/png,image/gif,image/webp,image/avif"
_KILOBYTE = 1000


class Threaded(Protocol):
    """Any post that knows its replies."""

    @property
    def children(self) -> "Iterable[Threaded]": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One line of a flattened thread: the post, how deep it sits, what it replies to."""

    post: Threaded
    depth: int
    parent: Threaded | None


def environment(translations: NullTranslations | None = None) -> jinja2.Environment:
    """One environment per language: macros imported without context see its translations."""
    loader = jinja2.ChoiceLoader(
        [
            jinja2.PackageLoader("server", "templates"),
            jinja2.PrefixLoader(
                {"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")}
            ),
        ]
    )
    # Templates ship inside the package, so nothing looks at the disk again after loading.
    env = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    _install(env, translations or NullTranslations())
    env.policies["ext.i18n.trimmed"] = True
    env.globals["kudos_emoji"] = KUDOS_EMOJI
    env.globals["accepted_files"] = ACCEPTED_FILES
    env.globals["accepted_pictures"] = ACCEPTED_PICTURES
    env.filters.update(
        ago=ago,
        ahead=ahead,
        when=when,
        initials=initials,
        hue=hue,
        threaded=threaded,
        filesize=filesize,
    )
    return env


def _install(env: jinja2.Environment, translations: NullTranslations) -> None:
    # The extension adds this method to the environment where the stubs cannot see it.
    install = env.__dict__["install_gettext_translations"]
    install(translations, newstyle=True)
    env.globals["_"] = env.globals["gettext"] = _sentences(translations)


def _sentences(translations: NullTranslations) -> Callable[..., str]:
    """Make the `_` of templates: as Jinja's, but what has no variables is looked up once."""

    @lru_cache(maxsize=2048)
    def plain(message: str) -> Markup:
        return Markup(translations.gettext(message)) % {}  # noqa: S704 our own sentence

    def sentence(message: str, /, **variables: object) -> Markup:
        if not variables:
            return plain(message)
        # The percent sign of Markup escapes what it fills in.
        return Markup(translations.gettext(message)) % variables  # noqa: S704 our own sentence

    return sentence


def render(env: jinja2.Environment, name: str, **context: object) -> str:
    return env.get_template(name).render(context)


@jinja2.pass_context
def ago(context: Context, moment: datetime) -> str:
    """How long before the page's `now` something happened; a date when long ago."""
    passed = context["now"] - moment
    if passed > _RECENT:
        return _day(_in_zone(context, moment).date(), _locale(context))
    # A member's clock and another agency's differ by seconds: never "in 3 seconds".
    at_least_a_minute = max(ceil(passed.total_seconds()), 60)
    return _since(*_in_one_unit(at_least_a_minute), _locale(context))


def _in_one_unit(seconds: int) -> tuple[_Unit, int]:
    """Say a length of time in the unit that Babel would choose, and how many of it."""
    for unit, length in _UNITS:
        if seconds / length >= _THRESHOLD:
            return unit, round(seconds / length)
    return "minute", 1


@lru_cache(maxsize=1024)
def _since(unit: _Unit, many: int, locale: str) -> str:
    seconds = dict(_UNITS)[unit] * many
    # The unit is chosen already: no threshold lets Babel take a larger one.
    return format_timedelta(
        timedelta(seconds=-seconds),
        granularity=unit,
        threshold=inf,
        add_direction=True,
        locale=locale,
    )


@lru_cache(maxsize=1024)
def _day(day: date, locale: str) -> str:
    return format_date(day, format="long", locale=locale)


@jinja2.pass_context
def ahead(context: Context, moment: datetime) -> str:
    """How long after the page's `now` something will happen; what is late is due any minute."""
    wait = max(moment - context["now"], timedelta(minutes=1))
    return format_timedelta(wait, add_direction=True, locale=_locale(context))


@jinja2.pass_context
def when(context: Context, moment: datetime) -> str:
    """The full time in the member's zone, with the zone's name."""
    return _full_time(moment, context.get("time_zone") or "UTC", _locale(context))


@lru_cache(maxsize=8192)
def _full_time(moment: datetime, zone: str, locale: str) -> str:
    local = moment.astimezone(_zone(zone))
    return format_datetime(local, "EEEE d MMMM y, HH:mm zzz", locale=locale)


def _in_zone(context: Context, moment: datetime) -> datetime:
    return moment.astimezone(_zone(context.get("time_zone") or "UTC"))


@cache
def _zone(name: str) -> tzinfo:
    return get_timezone(name)


def _locale(context: Context) -> str:
    return (context.get("language") or "en").replace("-", "_")


@jinja2.pass_context
def filesize(context: Context, size: int) -> str:
    """Say how large a file is, as people do: 1.4 MB."""
    unit, many = ("kB", size / _KILOBYTE)
    if many >= _KILOBYTE:
        unit, many = "MB", many / _KILOBYTE
    whole = many >= 10 or many < 1  # noqa: PLR2004 two digits are enough
    shown = max(1, round(many)) if whole else round(many, 1)
    return f"{format_decimal(shown, locale=_locale(context))} {unit}"


def threaded(posts: Iterable[Threaded]) -> list[Reply]:
    """Flatten replies in reading order; a loop, because a thread may be deeper than a stack."""
    lines: list[Reply] = []
    open_posts: list[tuple[Iterator[Threaded], Threaded | None]] = [(iter(posts), None)]
    while open_posts:
        siblings, parent = open_posts[-1]
        post = next(siblings, None)
        if post is None:
            open_posts.pop()
            continue
        lines.append(Reply(post=post, depth=len(open_posts), parent=parent))
        open_posts.append((iter(_children(post)), post))
    return lines


def _children(post: Threaded) -> Iterable[Threaded]:
    return post["children"] if isinstance(post, Mapping) else post.children
