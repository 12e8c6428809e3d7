"""Document to mark: a Like with what it carries, and the reactions of other programs."""

import re
from dataclasses import dataclass
from datetime import datetime

from federation.errors import Malformed
from federation.translate.incoming_parts import reaction_of
from federation.translate.reading import settled_time
from federation.translate.sanitize import plain
from schemas.attached import Reaction
from schemas.records import KUDOS_EMOJI, Kudos
from schemas.wire.activities import Activity
from schemas.wire.vocabulary import LIMITS

ACCEPTS = "✅"
_CATEGORIES = {emoji: category for category, emoji in KUDOS_EMOJI.items()}
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+){0,7}")
_LONGEST_CATEGORY = 64
_LONGEST_EMOJI = 16
#: For a category that we do not know, sent without an emoji.
_THANKS = "👏"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMark:
    """A Like, with what it carries: helpful, kudos, acceptance (product.md, one live Like).

    `reaction` is its emoji where that says none of these three.
    """

    uri: str
    actor_uri: str
    post_uri: str
    helpful: bool
    kudos: Kudos | None
    accepts: bool
    reaction: Reaction | None
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingReaction:
    """An emoji under a post, beside which its giver may have a Like and other emoji."""

    uri: str
    actor_uri: str
    post_uri: str
    reaction: Reaction
    given_at: datetime


def mark_from(activity: Activity, *, now: datetime) -> IncomingMark:
    """Read a Like: helpful, kudos, or the ✅ of an acceptance (wire.md 0.7, FEP-c0e0).

    Raises:
        Malformed: "like-of-nothing".
    """
    if activity.object_id is None:
        raise Malformed("like-of-nothing")
    accepts = activity.content.strip() == ACCEPTS
    kudos = _kudos(activity)
    says_else = accepts or kudos is not None
    return IncomingMark(
        uri=activity.id,
        actor_uri=activity.actor,
        post_uri=activity.object_id,
        helpful=not says_else if activity.helpful is None else activity.helpful,
        kudos=kudos,
        accepts=accepts,
        reaction=None if says_else else reaction_of(activity),
        given_at=settled_time(activity.published, now),
    )


def reaction_from(activity: Activity, *, now: datetime) -> IncomingReaction:
    """Read an EmojiReact, an EmojiReaction, or a Like with an emoji (wire.md 3, 6.3, 6.4).

    Raises:
        Malformed: "reaction-to-nothing", "reaction-without-emoji".
    """
    if activity.object_id is None:
        raise Malformed("reaction-to-nothing")
    reaction = reaction_of(activity)
    if reaction is None:
        raise Malformed("reaction-without-emoji")
    return IncomingReaction(
        uri=activity.id,
        actor_uri=activity.actor,
        post_uri=activity.object_id,
        reaction=reaction,
        given_at=settled_time(activity.published, now),
    )


def _kudos(activity: Activity) -> Kudos | None:
    emoji = activity.content.strip()
    if emoji == ACCEPTS or len(emoji) > _LONGEST_EMOJI or ":" in emoji:
        emoji = ""
    if activity.kudos_for is None:
        # A reaction from elsewhere that happens to be one of ours says the same.
        category = _CATEGORIES.get(emoji)
        return Kudos(category=category, emoji=emoji) if category else None
    category = activity.kudos_for.category
    if len(category) > _LONGEST_CATEGORY or not _CATEGORY.fullmatch(category):
        return None
    emoji = plain(emoji, limit=_LONGEST_EMOJI) or KUDOS_EMOJI.get(category, _THANKS)
    note = plain(activity.kudos_for.note, limit=LIMITS["note"].at)
    return Kudos(category=category, emoji=emoji, note=note)
