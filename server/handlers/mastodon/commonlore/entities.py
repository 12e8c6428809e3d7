"""Actors, communities, threads and posts as /api/commonlore/v1 shows them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from federation.translate import sanitize
from schemas import attached
from schemas.commonlore.answers import (
    Actor,
    Choice,
    Community,
    Kudos,
    Mine,
    Poll,
    Post,
    ThreadLine,
    Topic,
)
from schemas.gate import Released
from schemas.records import Actor as KnownActor
from schemas.records import Kind
from schemas.records import Post as Content
from schemas.records import Topic as KnownTopic
from server.context import Context
from server.storage.communities import Listed
from server.storage.feeds import Entry
from server.storage.marks import Given

#: A post as it was released, and the row that it came in.
Shown = tuple[Entry, Released[Content]]


def actor(of: KnownActor) -> Actor:
    return Actor.model_validate(_actor(of))


def _actor(of: KnownActor) -> dict[str, object]:
    return {
        "id": str(of.id),
        "uri": of.uri,
        "handle": of.handle,
        "display_name": of.display_name or of.name,
        "agency": of.host,
        "local": of.local,
    }


def community(listed: Listed, *, inside: bool) -> Community:
    """Make a line of the directory; its topics are for those who may read inside."""
    of = listed.community
    about = of.actor.summary
    return Community.model_validate(
        _actor(of.actor)
        | {
            # Ours is kept as plain text; what came from elsewhere is clean HTML.
            "summary": about if of.actor.local else sanitize.words(about),
            "join": of.join.value,
            "visibility": of.visibility.value,
            "topics": [_topic(each) for each in of.topics] if inside else [],
            "members": listed.members,
            "questions": listed.questions,
            "unanswered": listed.unanswered,
            "my_state": listed.my_state,
        }
    )


def _topic(of: KnownTopic) -> Topic:
    return Topic(slug=of.slug, name=of.name)


def thread_line(context: Context, shown: Shown) -> ThreadLine:
    entry, released = shown
    of, facts = released.content, entry.post.facts
    gone = facts.deleted_at is not None
    return ThreadLine.model_validate(
        {
            "id": str(facts.id),
            "uri": facts.uri,
            "url": _url(context, of),
            "kind": facts.kind.value,
            "title": "" if gone else of.title,
            "topic": _topic(of.topic) if of.topic else None,
            "author": actor(entry.author),
            "published_at": facts.published_at,
            "active_at": entry.active_at,
            "answers": of.answers,
            "solved": bool(of.accepted),
            "helpful": of.helpful,
            "locked": facts.locked_at is not None,
            "pinned": facts.pinned_at is not None,
            "deleted": gone,
        }
    )


def _url(context: Context, of: Content) -> str:
    facts = of.facts
    place = f"#p{facts.id}" if facts.parent_id is not None else ""
    return f"{context.home.origin}/p/{facts.root_id}{place}"


def post(context: Context, shown: Shown, given: Sequence[Given], member: int | None) -> Post:
    """Make a post with who thanked for it, and what the member said of it themself."""
    entry, released = shown
    of, facts = released.content, entry.post.facts
    known: dict[str, object] = {
        "id": str(facts.id),
        "uri": facts.uri,
        "url": _url(context, of),
        "thread_id": str(facts.root_id),
        "parent_id": str(facts.parent_id) if facts.parent_id is not None else None,
        "kind": facts.kind.value,
        "author": actor(entry.author),
        "community": actor(entry.community),
        "visibility": facts.visibility.value,
        "published_at": facts.published_at,
        "edited_at": facts.edited_at,
        "deleted_at": facts.deleted_at,
        "deleted_by": facts.deleted_by.value if facts.deleted_by else None,
        "reason": of.reason,
        "language": of.language,
        "locked": facts.locked_at is not None,
        "pinned": facts.pinned_at is not None,
        "accepted": is_accepted(of),
        "answers": of.answers,
    }
    if facts.deleted_at is not None:
        return Post.model_validate(known | _EMPTY)
    return Post.model_validate(known | _words(of) | _thanks(of, given, member))


#: What there is of a deleted post.
_EMPTY: dict[str, object] = {
    "title": "",
    "topic": None,
    "warning": "",
    "sensitive": False,
    "html": "",
    "poll": None,
    "helpful": 0,
    "kudos": (),
    "mine": None,
}


def is_accepted(of: Content) -> bool:
    """Say whether it worked: of a question, whether any answer did."""
    return bool(of.accepted) if of.facts.kind is Kind.QUESTION else of.is_accepted


def _words(of: Content) -> dict[str, object]:
    return {
        "title": of.title,
        "topic": _topic(of.topic) if of.topic else None,
        "warning": of.warning,
        "sensitive": of.sensitive,
        "html": of.html,
        "poll": _poll(of.poll) if of.poll else None,
    }


def _poll(of: attached.Poll) -> Poll:
    return Poll(
        choices=tuple(Choice(name=each.name, votes=each.votes) for each in of.choices),
        several=of.several,
        closes_at=of.closes_at,
        voters=of.voters,
    )


def _thanks(of: Content, given: Iterable[Given], member: int | None) -> dict[str, object]:
    kudos, mine = [], Mine(helpful=False, kudos=None)
    for each in given:
        said = each.mark.kudos
        if said is not None:
            kudos.append(_kudos(each))
        if each.giver.id == member:
            mine = Mine(helpful=each.mark.helpful, kudos=said.category if said else None)
    return {
        "helpful": of.helpful,
        "kudos": kudos,
        "mine": mine if member is not None else None,
    }


def _kudos(given: Given) -> Kudos:
    said = given.mark.kudos
    return Kudos(
        category=said.category if said else "",
        emoji=said.emoji if said else "",
        note=said.note if said else "",
        giver=actor(given.giver),
        given_at=given.mark.given_at,
    )


def by_post(given: Iterable[Given]) -> Mapping[int, Sequence[Given]]:
    found: defaultdict[int, list[Given]] = defaultdict(list)
    for each in given:
        found[each.post_id].append(each)
    return found


def in_reading_order(shown: Sequence[Shown], root_id: int) -> list[Shown]:
    """Put a thread in the order of its page: a loop, for any depth (DOS-04).

    `shown` is in the order of writing, with the root; a reply whose parent is not shown hangs
    from the root, below which answers that worked come first, then what helped most.
    """
    by_id = {entry.post.facts.id: (entry, released) for entry, released in shown}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for number, (entry, _) in by_id.items():
        if number != root_id:
            parent = entry.post.facts.parent_id
            children[parent if parent in by_id and parent else root_id].append(number)
    children[root_id].sort(key=lambda number: _place(by_id[number][1].content))
    ordered, ahead = [], [root_id]
    while ahead:
        number = ahead.pop()
        ordered.append(by_id[number])
        ahead += reversed(children.pop(number, []))
    return ordered


def _place(of: Content) -> tuple[bool, int]:
    if of.facts.kind is not Kind.ANSWER:
        return (True, 0)
    return (not of.is_accepted, -of.helpful)
