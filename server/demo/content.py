"""Who lives in the demo and what they ask and answer: read from content/, checked, frozen."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Final, Literal, TypeVar

from pydantic import ValidationError

from schemas.records import KUDOS_EMOJI
from server.demo.shapes import (
    ActEntry,
    CommunitiesFile,
    CommunityEntry,
    Entry,
    PeopleFile,
    PostEntry,
    ThreadEntry,
    ThreadsFile,
)

EventKind = Literal[
    "answer",
    "comment",
    "helpful",
    "kudos",
    "accept",
    "edit",
    "pin",
    "lock",
    "outdated",
    "delete",
    "remove",
]

_Shape = TypeVar("_Shape", bound=Entry)


class ContentError(ValueError):
    """The content contradicts itself; the message names the file's entry and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    key: str
    name: str
    about: str
    moderators: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    display: str
    about: str
    agency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    key: str
    name: str
    agency: str
    summary: str
    charter: str
    topics: tuple[str, ...]
    stewards: tuple[str, ...]
    audience: Literal["public", "members"]
    join: Literal["open", "approval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A wish to belong: granted at once, or still waiting for a steward."""

    person: str
    community: str
    at: timedelta
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened in a thread, `at` before now.

    `target` is the key of the post it is about; an answer, a comment and an outdated notice
    are posts themselves and have a `key`. `text` is the body, the edited body, the note of a
    kudos or the reason. An outdated notice is a steward's comment, always followed by a lock.
    """

    kind: EventKind
    at: timedelta
    actor: str
    target: str
    text: str = ""
    key: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    key: str
    kind: Literal["question", "discussion"]
    community: str
    author: str
    title: str
    body: str
    topic: str
    at: timedelta
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    agencies: tuple[Agency, ...]
    people: tuple[Person, ...]
    communities: tuple[Community, ...]
    joins: tuple[Join, ...]
    threads: tuple[Thread, ...]


def founder(content: Content, community: Community) -> Person:
    """Say who opens a community: its first steward at the agency that hosts it."""
    people = {person.name: person for person in content.people}
    return next(
        people[name] for name in community.stewards if people[name].agency == community.agency
    )


def load() -> Content:
    return read(files("server.demo") / "content")


def read(folder: Traversable) -> Content:
    people = _parse(folder / "people.toml", PeopleFile)
    communities = _parse(folder / "communities.toml", CommunitiesFile).community
    content = Content(
        agencies=tuple(
            Agency(key=a.key, name=a.name, about=a.about, moderators=tuple(a.moderators))
            for a in people.agency
        ),
        people=tuple(
            Person(name=p.name, display=p.display, about=p.about, agency=p.agency)
            for p in people.person
        ),
        communities=tuple(_community(entry) for entry in communities),
        joins=tuple(join for entry in communities for join in _joins(entry)),
        threads=tuple(
            sorted(
                (
                    _thread(entry, community.key)
                    for community in communities
                    for entry in _parse(folder / f"{community.key}.toml", ThreadsFile).thread
                ),
                key=lambda thread: -thread.at,
            )
        ),
    )
    _check_references(content)
    for thread in content.threads:
        _check_thread(thread, content)
    return content


def _parse(file: Traversable, shape: type[_Shape]) -> _Shape:
    try:
        return shape.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ContentError(f"{file.name}: {error}") from error


def _community(entry: CommunityEntry) -> Community:
    return Community(
        key=entry.key,
        name=entry.name,
        agency=entry.agency,
        summary=entry.summary,
        charter=entry.charter,
        topics=tuple(entry.topics),
        stewards=tuple(entry.stewards),
        audience=entry.audience,
        join=entry.join,
    )


def _joins(entry: CommunityEntry) -> Iterator[Join]:
    for waves, waiting in ((entry.joined, False), (entry.waiting, True)):
        for wave in waves:
            for person in wave.who:
                at = timedelta(days=wave.days)
                yield Join(person=person, community=entry.key, at=at, waiting=waiting)


def _thread(entry: ThreadEntry, community: str) -> Thread:
    asked = timedelta(days=entry.asked)
    events = sorted(_events(entry, asked), key=lambda event: -event.at)
    return Thread(
        key=entry.key,
        kind=entry.kind,
        community=community,
        author=entry.by,
        title=entry.title,
        body=entry.body,
        topic=entry.topic,
        at=asked,
        events=tuple(events),
    )


def _events(entry: ThreadEntry, asked: timedelta) -> Iterator[Event]:
    yield from _events_about(entry, entry.key, asked)
    for number, answer in enumerate(entry.answer, start=1):
        key = f"{entry.key}/{number}"
        at = _since(asked, answer.after)
        yield Event(
            kind="answer", at=at, actor=answer.by, target=entry.key, text=answer.body, key=key
        )
        yield from _events_about(answer, key, asked)
        if answer.accepted is not None:
            accepter = answer.accepted_by or entry.by
            at = _since(asked, answer.accepted)
            yield Event(kind="accept", at=at, actor=accepter, target=key)
    yield from _steward_events(entry, asked)


def _steward_events(entry: ThreadEntry, asked: timedelta) -> Iterator[Event]:
    if entry.pinned:
        yield _act("pin", entry.pinned, entry.key, asked)
    if entry.outdated:
        yield _act("outdated", entry.outdated, entry.key, asked, key=f"{entry.key}/outdated")
        yield _act("lock", entry.outdated, entry.key, asked)
    if entry.locked:
        yield _act("lock", entry.locked, entry.key, asked)


def _events_about(post: PostEntry, key: str, asked: timedelta) -> Iterator[Event]:
    for person, after in post.helpful.items():
        yield Event(kind="helpful", at=_since(asked, after), actor=person, target=key)
    for kudos in post.kudos:
        yield Event(
            kind="kudos",
            at=_since(asked, kudos.after),
            actor=kudos.by,
            target=key,
            text=kudos.note,
            category=kudos.why,
        )
    for number, comment in enumerate(post.comments, start=1):
        yield _act("comment", comment, key, asked, key=f"{key}/c{number}")
    for edit in post.edits:
        at = _since(asked, edit.after)
        yield Event(kind="edit", at=at, actor=post.by, target=key, text=edit.body)
    if post.deleted is not None:
        yield Event(kind="delete", at=_since(asked, post.deleted), actor=post.by, target=key)
    if post.removed:
        yield _act("remove", post.removed, key, asked)


def _act(
    kind: EventKind, act: ActEntry, target: str, asked: timedelta, *, key: str = ""
) -> Event:
    at = _since(asked, act.after)
    return Event(kind=kind, at=at, actor=act.by, target=target, text=act.text, key=key)


def _since(asked: timedelta, hours: float) -> timedelta:
    return asked - timedelta(hours=hours)


def _check_references(content: Content) -> None:
    agencies = {agency.key for agency in content.agencies}
    people = {person.name for person in content.people}
    for agency in content.agencies:
        strangers = set(agency.moderators) - people
        _must(not strangers, agency.key, f"nobody is called {strangers}")
    for person in content.people:
        _must(person.agency in agencies, person.name, f"no agency {person.agency}")
    for community in content.communities:
        _must(community.agency in agencies, community.key, f"no agency {community.agency}")
    for join in content.joins:
        _must(join.person in people, join.community, f"nobody is called {join.person}")
    _check_stewards(content)
    _check_unique(content)


def _check_stewards(content: Content) -> None:
    joined = {(join.community, join.person) for join in content.joins if not join.waiting}
    for community in content.communities:
        for steward in community.stewards:
            member = (community.key, steward) in joined
            _must(member, community.key, f"its steward {steward} is not a member")


def _check_unique(content: Content) -> None:
    for what, names in (
        # People and communities share one namespace (product.md, settled 5).
        ("name", [p.name for p in content.people] + [c.key for c in content.communities]),
        ("join", [f"{join.person} in {join.community}" for join in content.joins]),
        ("thread", [thread.key for thread in content.threads]),
    ):
        for one, next_one in pairwise(sorted(names)):
            _must(one != next_one, what, f"{one} is there twice")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What a thread has become so far, while its events are checked in order."""

    thread: Thread
    stewards: frozenset[str]
    moderators: frozenset[str]
    authors: dict[str, str]
    answers: set[str] = field(default_factory=set)
    marks: set[tuple[str, str]] = field(default_factory=set)
    locked: bool = False


_MAY: Final[Mapping[EventKind, Callable[[_Walk, Event], bool]]] = {
    "answer": lambda walk, event: not walk.locked and event.target == walk.thread.key,
    "comment": lambda walk, _: not walk.locked,
    "helpful": lambda walk, event: walk.authors[event.target] != event.actor,
    "kudos": lambda walk, event: walk.authors[event.target] != event.actor,
    "accept": lambda walk, event: (
        walk.thread.kind == "question"
        and event.target in walk.answers
        and event.actor in walk.stewards | {walk.thread.author}
    ),
    "edit": lambda walk, event: walk.authors[event.target] == event.actor,
    "delete": lambda walk, event: walk.authors[event.target] == event.actor,
    "pin": lambda walk, event: event.actor in walk.stewards,
    "lock": lambda walk, event: event.actor in walk.stewards,
    "outdated": lambda walk, event: not walk.locked and event.actor in walk.stewards,
    "remove": lambda walk, event: event.actor in walk.stewards | walk.moderators,
}


def _check_thread(thread: Thread, content: Content) -> None:
    community = next(c for c in content.communities if c.key == thread.community)
    host = next(agency for agency in content.agencies if agency.key == community.agency)
    since = {
        join.person: join.at
        for join in content.joins
        if join.community == thread.community and not join.waiting
    }
    _must(thread.topic in community.topics, thread.key, f"no topic {thread.topic}")
    _must(_belongs(thread.author, thread.at, since), thread.key, f"{thread.author} not joined")
    walk = _Walk(
        thread=thread,
        stewards=frozenset(community.stewards),
        moderators=frozenset(host.moderators),
        authors={thread.key: thread.author},
    )
    for event in thread.events:
        _check_event(event, walk, since)


def _check_event(event: Event, walk: _Walk, since: Mapping[str, timedelta]) -> None:
    where = f"{walk.thread.key}: {event.kind} by {event.actor}"
    guard = event.kind == "remove" and event.actor in walk.moderators
    _must(guard or _belongs(event.actor, event.at, since), where, "is not a member by then")
    _must(timedelta(0) <= event.at <= walk.thread.at, where, "is outside the thread's time")
    _must(event.target in walk.authors, where, f"{event.target} is not there at that time")
    _must(_MAY[event.kind](walk, event), where, f"is not theirs to do on {event.target}")
    _must(
        not event.category or event.category in KUDOS_EMOJI, where, f"no kudos {event.category}"
    )
    if event.kind in {"helpful", "kudos"}:
        mark = (event.actor, event.target)
        _must(mark not in walk.marks, where, f"marks {event.target} twice")
        walk.marks.add(mark)
    if event.key:
        walk.authors[event.key] = event.actor
    if event.kind == "answer":
        walk.answers.add(event.key)
    if event.kind in {"delete", "remove"}:
        del walk.authors[event.target]
    walk.locked = walk.locked or event.kind == "lock"


def _belongs(person: str, at: timedelta, since: Mapping[str, timedelta]) -> bool:
    return person in since and since[person] >= at


def _must(holds: bool, where: str, problem: str) -> None:  # noqa: FBT001 - an assertion reads best so
    if not holds:
        raise ContentError(f"{where}: {problem}")
