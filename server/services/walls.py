"""What people write outside communities: on their own wall, for all, for followers, or few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.attached import Called
from schemas.records import Actor, PostFacts, Visibility
from server.context import Context
from server.services import sharing
from server.services.calling import Written
from server.services.errors import NotAllowed
from server.storage import desk
from server.storage.carried import Carried
from server.storage.database import Transaction

#: From most readers to fewest.
_ORDER: Final = (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Whom a post outside communities is for: everybody, followers, or whom it names.

    `quiet` is for everybody, and in no public list. `people` are named beside those in the
    words.
    """

    visibility: Visibility = Visibility.PUBLIC
    quiet: bool = False
    people: tuple[Actor, ...] = field(default=(), compare=False)


#: The circles, by what forms and clients call them.
CIRCLES: Final = {
    "public": Circle(),
    "unlisted": Circle(quiet=True),
    "private": Circle(visibility=Visibility.MEMBERS),
    "direct": Circle(visibility=Visibility.DIRECT),
}


async def circle_of_reply(
    tx: Transaction, parent: PostFacts, wanted: Circle, named: Sequence[Actor]
) -> Circle:
    """Settle whom a reply is for: never more people than what it replies to, and its author.

    A private reply that names nobody is to all of the conversation.
    """
    visibility = max(parent.visibility, wanted.visibility, key=_ORDER.index)
    ids = {parent.author_id}
    if visibility is Visibility.DIRECT and not named:
        ids |= parent.addressed
    known = await desk.actors_by_id(tx, sorted(ids))
    return Circle(
        visibility=visibility,
        quiet=visibility is Visibility.PUBLIC and (wanted.quiet or parent.quiet),
        people=tuple(known[each] for each in sorted(known)),
    )


def told(author: Actor, said: Written, circle: Circle) -> tuple[Actor, ...]:
    """List whom a post names, each once, and never its author."""
    everyone = {each.id: each for each in (*said.people, *circle.people)}
    return tuple(each for each in everyone.values() if each.id != author.id)


async def insist_on_reach(
    tx: Transaction, context: Context, circle: Circle, people: Iterable[Actor]
) -> None:
    """Refuse what is not for everybody where it cannot come to somebody whom it names.

    Raises:
        NotAllowed: "agency-not-reached", naming them.
    """
    if circle.visibility is Visibility.PUBLIC:
        return
    away = [each for each in people if not each.local]
    states = await sharing.may_all_knock(tx, {each.host for each in away})
    lost = [
        each.handle
        for each in away
        if not sharing.may_send(context, states[each.host], public=False)
    ]
    if lost:
        raise NotAllowed(
            "agency-not-reached",
            f"What is not for everybody goes to admitted agencies, not to: {', '.join(lost)}.",
        )


def carried_by(said: Written, circle: Circle, people: Sequence[Actor]) -> Carried:
    """Say what a post outside communities carries: of a private one, all to whom it is."""
    named = people if circle.visibility is Visibility.DIRECT else said.people
    return Carried(
        hashtags=said.hashtags,
        mentions=tuple(Called(uri=each.uri, handle=each.handle) for each in named),
    )


def addressed(author: Actor, circle: Circle, people: Sequence[Actor]) -> frozenset[int]:
    """Give the ids of those who may read it because it names them."""
    if circle.visibility is Visibility.PUBLIC:
        return frozenset()
    return frozenset(each.id for each in people) | {author.id}
