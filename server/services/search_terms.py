"""Read what somebody typed into a search: words, phrases, and operators such as from:me."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, get_args

from federation.handles import Handle, parse_handle
from federation.translate.incoming_parts import hashtag_named
from server.storage.search import Those, Trait, Wanted, Who

#: What is typed beyond this is not read.
LONGEST: Final = 500
MOST_TERMS: Final = 12

_TERM: Final = re.compile(r'(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|([^\s"]+))')
_HERE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DECEMBER: Final = 12
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_HAS: Final = frozenset({"media", "link", "is-answer"})
# An answer is something that a question has, and something that a post is.
_TRAITS: Final[dict[tuple[str, str], Trait]] = {
    **{("is", trait): trait for trait in get_args(Trait) if trait not in _HAS},
    ("is", "answer"): "is-answer",
    ("has", "answer"): "answer",
    ("has", "poll"): "poll",
    ("has", "media"): "media",
    ("has", "link"): "link",
}
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read; `cut`: more was typed than is looked for."""

    wanted: Wanted
    cut: bool

    @property
    def empty(self) -> bool:
        return self.wanted == Wanted()


class _Reading:
    """What was read so far; each term says of itself what it is, or is a word."""

    def __init__(self, here: str) -> None:
        self._here = here
        self.words: list[str] = []
        self.tags: list[str] = []
        self.authors: list[Who] = []
        self.communities: list[Who] = []
        self.topics: list[str] = []
        self.traits: list[Trait] = []

    def take(self, operator: str, value: str, typed: str) -> None:
        """Take one term: `typed` as it is without its sign."""
        if (operator, value) in _TRAITS:
            self.traits.append(_TRAITS[operator, value])
        elif operator == "topic" and value:
            self.topics.append(value)
        elif operator in {"from", "in"} and (who := self._who(operator, value)):
            (self.authors if operator == "from" else self.communities).append(who)
        elif not operator and value.startswith("#") and (tag := hashtag_named(value)):
            self.tags.append(tag.slug)
        elif typed:
            self.words.append(typed)

    def _who(self, operator: str, value: str) -> Who | None:
        if operator == "from" and value == "me":
            return Who(name="", host="")
        bare = value.removeprefix("@").removeprefix("!")
        if _HERE.fullmatch(bare):
            return Who(name=bare, host=self._here)
        handle = parse_handle(value)
        return Who(name=handle.name, host=handle.host) if isinstance(handle, Handle) else None

    def those(self) -> Those:
        return Those(
            words=_once(self.words),
            tags=_once(self.tags),
            authors=_once(self.authors),
            communities=_once(self.communities),
            topics=_once(self.topics),
            traits=_once(self.traits),
        )


def read(text: str, *, here: str) -> Read:
    """Read a search; whatever is typed is one, and an unknown operator is a word.

    Args:
        text: what was typed.
        here: the authority of this agency, where handles without a host are at home.
    """
    found = list(_TERM.finditer(text[:LONGEST]))
    wanted, unwanted = _Reading(here), _Reading(here)
    since, until = _FIRST, _LAST
    for term in found[:MOST_TERMS]:
        minus, operator, phrase, word = term.groups("")
        value = phrase or word
        days = None if minus else _days(operator.lower(), value)
        if days is not None:
            since, until = max(since, days[0]), min(until, days[1])
            continue
        typed = f"{operator}:{value}" if operator else value
        (unwanted if minus else wanted).take(operator.lower(), value.lower(), typed)
    return Read(
        wanted=Wanted(
            wanted=wanted.those(),
            unwanted=unwanted.those(),
            since=None if since == _FIRST else since,
            until=None if until == _LAST else until,
        ),
        cut=len(found) > MOST_TERMS or len(text) > LONGEST,
    )


def _once(those: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(those))


def _days(operator: str, value: str) -> tuple[datetime, datetime] | None:
    """Read a year, a month or a day as a span of time in UTC; None where it is none."""
    written = _DATE.fullmatch(value) if operator in {"before", "after", "during"} else None
    if written is None:
        return None
    year, month, day = (int(part) if part else 0 for part in written.groups())
    try:
        begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
        end = _end(begin, has_month=bool(month), has_day=bool(day))
    except (ValueError, OverflowError):
        return None
    if operator == "before":
        return _FIRST, begin
    return (end, _LAST) if operator == "after" else (begin, end)


def _end(begin: datetime, *, has_month: bool, has_day: bool) -> datetime:
    if has_day:
        return begin + timedelta(days=1)
    if has_month and begin.month < _DECEMBER:
        return begin.replace(month=begin.month + 1)
    return begin.replace(year=begin.year + 1, month=1)
