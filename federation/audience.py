"""Visibility to addressing and back; addressing to inboxes; which form goes to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from federation.uris import same_origin
from schemas.records import Visibility
from schemas.wire.vocabulary import PUBLIC

__all__ = [
    "Addressing",
    "Event",
    "Form",
    "ReceiverClass",
    "Recipient",
    "addressing",
    "announce_addressing",
    "announced_form",
    "create_addressing",
    "decision_addressing",
    "fold_inboxes",
    "mark_addressing",
    "personal_addressing",
    "receiver_class",
]

ReceiverClass = Literal["questions", "threads", "microblog"]

#: Software that shows posts, not threads (wire.md 0.8); names as NodeInfo has them.
_MICROBLOGS: Final = frozenset(
    {"mastodon", "hometown", "glitch", "fedibird", "ecko", "kmyblue", "pleroma", "akkoma"}
    | {"misskey", "calckey", "firefish", "iceshrimp", "iceshrimp.net", "sharkey", "foundkey"}
    | {"cherrypick", "catodon", "gotosocial", "pixelfed", "takahe", "snac", "snac2"}
)


class Addressing(NamedTuple):
    """Who a document is for; the community comes first, for Lemmy reads it there."""

    to: tuple[str, ...]
    cc: tuple[str, ...]


class Event(StrEnum):
    """What happened in a community, as far as it decides what its Group sends.

    A BOOST is a person's; no Group passes it on.
    """

    POST = "post"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    REMOVAL = "removal"
    RESTORATION = "restoration"
    MARK = "mark"
    CHOICE = "choice"
    REOPENING = "reopening"
    GOVERNANCE = "governance"
    BOOST = "boost"


class Form(StrEnum):
    """What a Group sends to one server.

    WRAPPED: Announce with the activity inside. BOOST: Announce of the object's id.
    TAKE_BACK: Undo of the earlier BOOST, where there was one. GIVE_BACK: a BOOST anew, where
    there was one. NOTHING: nothing.
    """

    WRAPPED = "wrapped"
    BOOST = "boost"
    TAKE_BACK = "take-back"
    GIVE_BACK = "give-back"
    NOTHING = "nothing"


#: Software that knows ChooseAnswer; any other refuses the activity (wire.md 0.8).
_READS_CHOICES: Final = frozenset({"commonlore", "piefed"})
_CHOICES: Final = frozenset({Event.CHOICE, Event.REOPENING})
_MICROBLOG_FORMS: Final = {
    Event.POST: Form.BOOST,
    Event.REPLY: Form.NOTHING,
    Event.EDIT: Form.NOTHING,
    Event.DELETE: Form.TAKE_BACK,
    Event.REMOVAL: Form.TAKE_BACK,
    Event.RESTORATION: Form.GIVE_BACK,
    Event.MARK: Form.NOTHING,
    Event.CHOICE: Form.BOOST,
    Event.REOPENING: Form.NOTHING,
    Event.GOVERNANCE: Form.NOTHING,
    Event.BOOST: Form.NOTHING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where one actor takes deliveries; `host` is the authority of the actor's id."""

    inbox: str
    shared_inbox: str | None = None
    host: str


def addressing(
    visibility: Visibility, *, community: str, followers: str, parent_author: str | None = None
) -> Addressing:
    """Address a post (wire.md 0.4, 0.5, 1.2).

    Followers' collections of people stay out of the object: Lemmy tries each URL in it.

    Args:
        visibility: of the post.
        community: the URI of the Group.
        followers: the Group's followers collection.
        parent_author: who wrote what this replies to; told about public replies.
    """
    if visibility is Visibility.PUBLIC:
        return Addressing((community, PUBLIC), _told(parent_author))
    return Addressing((community, followers), ())


def personal_addressing(
    visibility: Visibility, *, followers: str, called: Iterable[str], quiet: bool = False
) -> Addressing:
    """Address what a person writes outside communities, as Mastodon reads it (ActivityPub 5.6).

    Args:
        visibility: of the post.
        followers: the author's followers collection.
        called: who is mentioned, or replied to; of a private post all to whom it is.
        quiet: for everybody, and in no public list.
    """
    told = tuple(dict.fromkeys(called))
    if visibility is Visibility.DIRECT:
        return Addressing(told, ())
    if visibility is Visibility.MEMBERS:
        return Addressing((followers,), told)
    if quiet:
        return Addressing((followers,), (PUBLIC, *told))
    return Addressing((PUBLIC,), (followers, *told))


def create_addressing(post: Addressing, *, author_followers: str | None) -> Addressing:
    """Address the Create, Update or Delete of a post; public ones go to the author's followers.

    Args:
        post: the addressing of the post itself.
        author_followers: the author's followers collection.
    """
    told = (*post.to, *post.cc)
    if PUBLIC in told and author_followers is not None and author_followers not in told:
        return Addressing(post.to, (*post.cc, author_followers))
    return post


def announce_addressing(
    visibility: Visibility, *, community: str, followers: str
) -> Addressing:
    """Address what the Group passes on (FEP-1b12, wire.md 1.1)."""
    if visibility is Visibility.PUBLIC:
        return Addressing((community, PUBLIC), (followers,))
    return Addressing((community, followers), ())


def mark_addressing(visibility: Visibility, *, community: str, author: str) -> Addressing:
    """Address a Like and its Undo (wire.md 0.7)."""
    everybody = (PUBLIC,) if visibility is Visibility.PUBLIC else ()
    return Addressing((*dict.fromkeys((author, community)), *everybody), ())


def decision_addressing(
    visibility: Visibility, *, community: str, followers: str, concerned: str | None = None
) -> Addressing:
    """Address ChooseAnswer, Lock, Add, Remove, Block, and a moderator's Delete (wire.md 1.2).

    Args:
        visibility: of the post that it is about; of the community, where it is about people.
        community: the URI of the Group.
        followers: the Group's followers collection.
        concerned: whose answer was chosen, or who was blocked.
    """
    if visibility is Visibility.PUBLIC:
        return Addressing((PUBLIC,), (community, *_told(concerned)))
    return Addressing((community, followers), _told(concerned))


def _told(actor: str | None) -> tuple[str, ...]:
    return () if actor is None else (actor,)


def fold_inboxes(actors: Iterable[Recipient]) -> frozenset[str]:
    """Give the inboxes to deliver to, one for all actors of a server where it has one.

    A shared inbox on another origin than the actor's own inbox is not used (DEL-13).
    """
    return frozenset(_inbox(actor) for actor in actors)


def _inbox(actor: Recipient) -> str:
    shared = actor.shared_inbox
    return shared if shared and same_origin(shared, actor.inbox) else actor.inbox


def receiver_class(software: str | None) -> ReceiverClass:
    """Say what a server makes of group traffic, by its software's name in NodeInfo.

    A name that is unknown is taken for one that reads threads (wire.md 0.8). Who has not said
    its name yet gets all: what is too much is refused, what is too little is missing.
    """
    if software is None or software.lower() in _READS_CHOICES:
        return "questions"
    return "microblog" if software.lower() in _MICROBLOGS else "threads"


def announced_form(
    event: Event, receiver: ReceiverClass, *, boosts_answers: bool = False
) -> Form:
    """Say what a Group sends to servers of a class (wire.md 0.8). Never two forms to one.

    Args:
        event: what happened.
        receiver: the class of the receiving server.
        boosts_answers: the community's setting; microblogs then get every reply too.
    """
    if receiver == "threads" and event in _CHOICES:
        # The Update of the question, and the ✅, tell them; the activity they would refuse.
        return Form.NOTHING
    if receiver != "microblog":
        return Form.WRAPPED
    if event is Event.REPLY and boosts_answers:
        return Form.BOOST
    return _MICROBLOG_FORMS[event]
