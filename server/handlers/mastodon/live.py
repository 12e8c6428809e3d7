"""What happened, as the clients of members are told it: each what its member may read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.records import MemberPrincipal, Post, PostFacts, Surface, Visibility
from server.context import BOOST, Context
from server.handlers.mastodon import announcements, notifications
from server.handlers.mastodon.conversations import rendered
from server.handlers.mastodon.status_entities import Made, Reader, boost, of_entries
from server.services import sharing
from server.storage import bulletins, conversations, desk, stream
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.stream import Fact, Listening, Told
from server.streaming import Listener, Message, Stream

_DIRECT: Final[Stream] = ("direct",)


async def render(
    context: Context, facts: Sequence[Fact], listeners: Sequence[Listener]
) -> None:
    """Tell each listener what is theirs of these facts, in their order."""
    async with context.database.reading() as tx:
        ids = {fact.post_id for fact in facts if fact.kind is not Told.NOTIFIED}
        entries = await desk.entries(tx, sorted(each for each in ids if each is not None))
        for fact in facts:
            if fact.kind is Told.NOTIFIED:
                await _notify(tx, context, fact, listeners)
            elif fact.kind in announcements.TOLD:
                await announcements.tell(tx, context, fact, listeners)
            elif fact.post_id in entries:
                await _tell(tx, context, fact, entries[fact.post_id], listeners)


async def _notify(
    tx: Transaction, context: Context, fact: Fact, listeners: Sequence[Listener]
) -> None:
    theirs = [each for each in listeners if each.member_id == fact.member_id]
    wanted = [each for each in theirs if each.streams & {("user",), ("user:notification",)}]
    if not wanted or fact.notification_id is None:
        return
    found = await bulletins.find(tx, wanted[0].member_id, [fact.notification_id])
    belongs = await desk.joined(tx, wanted[0].member_id)
    shown = await notifications.rendered(
        tx, context, _reader(wanted[0], belongs, member_id=wanted[0].member_id), found
    )
    for notification in shown:
        payload = notification.model_dump_json()
        for each in wanted:
            names = each.streams & {("user",), ("user:notification",)}
            each.tell(
                Message(stream=name, event="notification", payload=payload)
                for name in sorted(names)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One listener before one post: on which streams it stands, and in which form."""

    listener: Listener
    boosted: tuple[Stream, ...]
    plain: tuple[Stream, ...]


async def _tell(
    tx: Transaction,
    context: Context,
    fact: Fact,
    entry: Entry,
    listeners: Sequence[Listener],
) -> None:
    facts = entry.post.facts
    members = {each.member_id for each in listeners}
    known = await stream.audience(
        tx, members, community_id=facts.community_id, author_id=facts.author_id
    )
    places = _places(context, entry, listeners, known)
    if fact.kind is Told.DELETED:
        _tell_deleted(facts, places)
        return
    if facts.visibility is Visibility.DIRECT:
        await _tell_privately(tx, context, facts, [place.listener for place in places])
        return
    wanted = [place for place in places if place.boosted or place.plain]
    by_form: dict[int, list[_Place]] = defaultdict(list)
    for place in wanted:
        # A new post is the same to everybody but its author; of an edited one all differ.
        own = place.listener.member_id == facts.author_id or fact.kind is Told.EDITED
        by_form[place.listener.member_id if own else 0].append(place)
    event = "update" if fact.kind is Told.POSTED else "status.update"
    for member_id, alike in by_form.items():
        listener = alike[0].listener
        belongs = _joined(facts, known[listener.member_id])
        reader = _reader(listener, belongs, member_id=member_id or None)
        made = await of_entries(tx, context, reader, [entry])
        if facts.id in made:
            _send(context, made[facts.id], alike, event)


def _places(
    context: Context,
    entry: Entry,
    listeners: Sequence[Listener],
    known: Mapping[int, Listening],
) -> list[_Place]:
    """Say where each stands who may read a post."""
    facts, places = entry.post.facts, []
    for each in listeners:
        if each.member_id not in known:
            continue
        reader = _reader(each, _joined(facts, known[each.member_id]))
        released = sharing.release(context, entry.post, reader.principal, Surface.API)
        if released is None:
            continue
        places.append(_place(each, released.content, known[each.member_id]))
    return places


async def _tell_privately(
    tx: Transaction, context: Context, facts: PostFacts, listeners: Sequence[Listener]
) -> None:
    """Tell those to whom a private post is how their conversation stands."""
    wanted = [each for each in listeners if _DIRECT in each.streams]
    members = {each.member_id for each in wanted}
    found = await conversations.find(tx, members, facts.root_id) if members else {}
    for each in wanted:
        if each.member_id not in found:
            continue
        reader = _reader(each, frozenset(), member_id=each.member_id)
        [made] = await rendered(tx, context, reader, [found[each.member_id]])
        payload = made.model_dump_json()
        each.tell([Message(stream=_DIRECT, event="conversation", payload=payload)])


def _reader(
    listener: Listener, joined: frozenset[int], *, member_id: int | None = None
) -> Reader:
    principal = MemberPrincipal(actor_id=listener.member_id, role=listener.role, joined=joined)
    return Reader(principal=principal, member_id=member_id)


def _joined(facts: PostFacts, known: Listening) -> frozenset[int]:
    return frozenset({facts.community_id}) if known.belongs else frozenset()


def _place(listener: Listener, post: Post, known: Listening) -> _Place:
    facts = post.facts
    boosted: list[Stream] = []
    plain: list[Stream] = []
    is_root, own = facts.parent_id is None, facts.author_id == listener.member_id
    if facts.visibility is Visibility.DIRECT:
        return _Place(listener=listener, boosted=(), plain=())
    if own or (is_root and known.follows):
        plain.append(("user",))
    elif is_root and known.belongs:
        boosted.append(("user",))
    if _is_public(facts):
        plain += _public(post)
    return _Place(
        listener=listener,
        boosted=tuple(name for name in boosted if name in listener.streams),
        plain=tuple(name for name in plain if name in listener.streams),
    )


def _public(post: Post) -> list[Stream]:
    """Name the streams of what everybody may read: threads, those with files, hashtags."""
    local, streams = post.facts.author_local, list[Stream]()
    if post.facts.parent_id is None:
        names = ("public", "public:local" if local else "public:remote")
        streams += [(name,) for name in names]
        streams += [(f"{name}:media",) for name in names if post.media]
    for tag in sorted({tag.slug for tag in post.hashtags}):
        streams.append(("hashtag", tag))
        if local:
            streams.append(("hashtag:local", tag))
    return streams


def _is_public(facts: PostFacts) -> bool:
    return facts.visibility is Visibility.PUBLIC and not facts.quiet


def _send(context: Context, made: Made, places: Sequence[_Place], event: str) -> None:
    plain = made.status.model_dump_json()
    passed_on = boost(made, context).model_dump_json()
    for place in places:
        place.listener.tell(
            Message(stream=name, event=event, payload=passed_on) for name in place.boosted
        )
        place.listener.tell(
            Message(stream=name, event=event, payload=plain) for name in place.plain
        )


def _tell_deleted(facts: PostFacts, places: Sequence[_Place]) -> None:
    for place in places:
        # What it was tagged with went with its words: who listens to any hashtag may have it.
        tagged = [name for name in place.listener.streams if name[0].startswith("hashtag")]
        plain = (*place.plain, *sorted(tagged)) if _is_public(facts) else place.plain
        for number, names in ((facts.id | BOOST, place.boosted), (facts.id, plain)):
            place.listener.tell(
                Message(stream=name, event="delete", payload=str(number)) for name in names
            )
