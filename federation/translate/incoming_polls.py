"""Document to vote: what somebody chose in a poll, in each form in which programs send it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate.incoming_posts import IncomingPost, authored_post
from federation.translate.reading import read, settled_time
from federation.translate.sanitize import plain
from federation.uris import same_origin
from schemas.wire.activities import Activity
from schemas.wire.objects import parse_post
from schemas.wire.vocabulary import LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingVote:
    """A vote for one choice; whether the poll has it is for whoever keeps the poll to say.

    Who votes for several choices sends as many votes. Choices are compared as they are
    written: both sides went through `sanitize.plain`.
    """

    uri: str
    actor_uri: str
    poll_uri: str
    choice: str
    given_at: datetime


Created = IncomingPost | IncomingVote


def is_vote(document: dict[str, Any]) -> bool:
    """Say whether an object is a vote: a reply with a name and no words (wire.md 2.5)."""
    return bool(
        document.get("inReplyTo")
        and isinstance(document.get("name"), str)
        and document["name"].strip()
        and not document.get("content")
        and not document.get("contentMap")
    )


def created_from(activity: Activity, *, now: datetime) -> tuple[Created, ...]:
    """Read all that a Create carries: one post nearly always, or votes (GoToSocial).

    What it only names is not in it.

    Raises:
        Malformed: as `authored_post` and `vote_from`; one bad part spoils the whole.
    """
    return tuple(
        vote_from(activity, document, now=now)
        if is_vote(document)
        else authored_post(activity, document, now=now)
        for document in activity.objects
        if isinstance(document, dict)
    )


def vote_from(activity: Activity, document: dict[str, Any], *, now: datetime) -> IncomingVote:
    """Read a vote in the form of a Note, as Mastodon has it (FEP-9967).

    Raises:
        Malformed: "vote-for-nothing", "author-not-actor", "author-other-origin", or a
            property and what is wrong with it.
    """
    found = read(parse_post, document)
    if found.attributed_to != activity.actor:
        raise Malformed("author-not-actor")
    if not same_origin(found.id, found.attributed_to):
        raise Malformed("author-other-origin")
    return _vote(found.id, activity, found.in_reply_to, found.name, found.published, now=now)


def piefed_vote_from(activity: Activity, *, now: datetime) -> IncomingVote:
    """Read a `PollVote`, as PieFed sends it to its own kind (wire.md 1.3).

    Raises:
        Malformed: "vote-for-nothing".
    """
    return _vote(
        activity.id,
        activity,
        activity.object_id,
        activity.choice_text,
        activity.published,
        now=now,
    )


def _vote(
    uri: str,
    activity: Activity,
    poll: str | None,
    choice: str,
    published: datetime | None,
    *,
    now: datetime,
) -> IncomingVote:
    chosen = plain(choice, limit=LIMITS["choice"].at)
    if poll is None or not chosen:
        raise Malformed("vote-for-nothing")
    return IncomingVote(
        uri=uri,
        actor_uri=activity.actor,
        poll_uri=poll,
        choice=chosen,
        given_at=settled_time(published or activity.published, now),
    )
