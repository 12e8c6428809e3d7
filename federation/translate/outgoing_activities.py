"""Record to document: the activities that we send."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from federation.audience import Addressing, create_addressing
from federation.translate.outgoing_actors import timestamp
from federation.translate.outgoing_parts import emoji_tags
from schemas.records import Mark
from schemas.wire.collections import without_context
from schemas.wire.reading import one_uri
from schemas.wire.vocabulary import CONTEXT, ActivityType

Reference = str | dict[str, Any]


def follow_activity(
    uri: str, *, actor: str, target: str, published: datetime
) -> dict[str, Any]:
    """Build a Follow of a community or a person (ActivityPub 7.5)."""
    document = activity_document(uri, ActivityType.FOLLOW, actor, target, published)
    return document | addressed_to(Addressing((target,), ()))


def accept_activity(
    uri: str, *, actor: str, follow: dict[str, Any], published: datetime
) -> dict[str, Any]:
    """Build the Accept of a Follow, which it embeds as it came (ActivityPub 7.6)."""
    return _verdict(uri, ActivityType.ACCEPT, actor, follow, published)


def reject_activity(
    uri: str, *, actor: str, follow: dict[str, Any], published: datetime, reason: str = ""
) -> dict[str, Any]:
    """Build the Reject of a Follow; whoever is refused is told why (ActivityPub 7.7)."""
    document = _verdict(uri, ActivityType.REJECT, actor, follow, published)
    return document | _told(reason)


def create_activity(
    uri: str, document: dict[str, Any], *, author_followers: str | None = None
) -> dict[str, Any]:
    """Build the Create of a post from the post's own document (wire.md 0.4).

    Args:
        uri: the id of the activity.
        document: as `post_document` built it.
        author_followers: told where the post is public.
    """
    return _about_own_post(
        uri, ActivityType.CREATE, document, author_followers, document["published"]
    )


def update_activity(
    uri: str,
    document: dict[str, Any],
    *,
    published: datetime,
    author_followers: str | None = None,
) -> dict[str, Any]:
    """Build the Update of a post, also of what was accepted as its answer (ActivityPub 7.3).

    Args:
        uri: the id of the activity.
        document: as `post_document` built it.
        published: when it was changed.
        author_followers: told where the post is public.
    """
    at = timestamp(published)
    return _about_own_post(uri, ActivityType.UPDATE, document, author_followers, at)


def update_actor_activity(
    uri: str, document: dict[str, Any], *, addressed: Addressing, published: datetime
) -> dict[str, Any]:
    """Build the Update of an actor by itself (ActivityPub 7.3).

    Args:
        uri: the id of the activity.
        document: as `person_document` or `community_document` built it.
        addressed: its followers, and everybody where it is public.
        published: when it was changed.
    """
    activity = activity_document(uri, ActivityType.UPDATE, document["id"], document, published)
    # An actor's Multikeys are nothing without the context that says what they are.
    return activity | {"@context": document["@context"]} | addressed_to(addressed)


def delete_activity(
    uri: str,
    *,
    actor: str,
    object_uri: str,
    addressed: Addressing,
    published: datetime,
    community: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Build a Delete. It names an id and never carries what is gone (VIS-06).

    Args:
        uri: the id of the activity.
        actor: the author, or the moderator who removed it.
        object_uri: what is deleted; the actor itself when an account goes.
        addressed: see `federation.audience`.
        published: when.
        community: where it was posted.
        reason: of a moderator, and only then; others show it in their log (wire.md 1.2).
    """
    document = activity_document(uri, ActivityType.DELETE, actor, object_uri, published)
    if reason is not None:
        # Without a summary it would read as the author's own.
        document["summary"] = reason or "Removed by a moderator"
    return document | addressed_to(addressed, community)


def announce_activity(
    uri: str,
    *,
    community: str,
    inner: Reference,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build what a Group passes on: a whole activity, or the id of a post (wire.md 0.8).

    An inner activity that carries a proof stays as it came, to the letter (FEP-8b32).
    """
    document = activity_document(uri, ActivityType.ANNOUNCE, community, inner, published)
    return document | addressed_to(addressed)


def like_activity(
    mark: Mark, *, addressed: Addressing, community: str | None
) -> dict[str, Any]:
    """Build the one live Like of an actor on a post (wire.md 0.7, FEP-c0e0)."""
    document = activity_document(
        mark.uri, ActivityType.LIKE, mark.actor_uri, mark.post_uri, mark.given_at
    )
    if mark.emoji is not None:
        document["content"] = mark.emoji
        # Without content it says helpful by itself, and so does an emoji of no meaning to us.
        if mark.helpful or mark.reaction is not None:
            document["helpful"] = mark.helpful
    if mark.reaction is not None and mark.reaction.custom is not None:
        document["tag"] = emoji_tags([mark.reaction.custom])
    if mark.kudos is not None:
        document["kudosFor"] = {"type": "cl:Kudos", "category": mark.kudos.category}
        if mark.kudos.note:
            document["kudosFor"]["note"] = mark.kudos.note
    return document | addressed_to(addressed, community)


def undo_activity(
    uri: str, *, actor: str, inner: dict[str, Any], public: bool, published: datetime
) -> dict[str, Any]:
    """Take back an activity of the same actor; the same people are told.

    Args:
        uri: the id of the activity.
        actor: who did the inner one.
        inner: the whole activity that is taken back.
        public: what it was about; only then it is embedded, else its id stands alone (VIS-06).
        published: when.
    """
    taken_back: Reference = inner if public else str(inner["id"])
    document = activity_document(uri, ActivityType.UNDO, actor, taken_back, published)
    document |= {"to": list(inner.get("to", [])), "cc": list(inner.get("cc", []))}
    return document | ({"audience": inner["audience"]} if "audience" in inner else {})


def choose_answer_activity(
    uri: str,
    *,
    actor: str,
    answer: str,
    question: str,
    community: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build the acceptance of an answer, in PieFed's form (wire.md 0.6, 2.2)."""
    return _decision(
        uri,
        ActivityType.CHOOSE_ANSWER,
        actor=actor,
        about=answer,
        target=question,
        community=community,
        addressed=addressed,
        published=published,
    )


def add_activity(
    uri: str,
    *,
    actor: str,
    about: str,
    target: str,
    community: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build a pin (target: featured) or a new steward (target: moderators; FEP-1b12)."""
    return _decision(
        uri,
        ActivityType.ADD,
        actor=actor,
        about=about,
        target=target,
        community=community,
        addressed=addressed,
        published=published,
    )


def remove_activity(
    uri: str,
    *,
    actor: str,
    about: str,
    target: str,
    community: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build the opposite of `add_activity`."""
    return _decision(
        uri,
        ActivityType.REMOVE,
        actor=actor,
        about=about,
        target=target,
        community=community,
        addressed=addressed,
        published=published,
    )


def lock_activity(
    uri: str,
    *,
    actor: str,
    about: str,
    community: str,
    addressed: Addressing,
    published: datetime,
    reason: str = "",
    duplicate_of: str | None = None,
) -> dict[str, Any]:
    """Close a thread for further replies; its Undo opens it again (Lemmy; wire.md 2.4)."""
    document = activity_document(uri, ActivityType.LOCK, actor, about, published)
    document |= {"duplicateOf": duplicate_of} if duplicate_of else {}
    return document | _told(reason) | addressed_to(addressed, community)


def block_activity(
    uri: str,
    *,
    actor: str,
    blocked: str,
    community: str,
    addressed: Addressing,
    published: datetime,
    reason: str = "",
    until: datetime | None = None,
    removes_posts: bool = False,
) -> dict[str, Any]:
    """Shut an actor out of a community (FEP-1b12, Lemmy).

    Args:
        uri: the id of the activity.
        actor: the moderator.
        blocked: who is shut out.
        community: of what.
        addressed: see `federation.audience`.
        published: when.
        reason: shown to the one who is blocked.
        until: when it ends by itself.
        removes_posts: whether what they posted goes too.
    """
    document = activity_document(uri, ActivityType.BLOCK, actor, blocked, published)
    document |= {"target": community, "removeData": removes_posts}
    if until is not None:
        document["endTime"] = timestamp(until)
    return document | _told(reason) | addressed_to(addressed, community)


def flag_activity(
    uri: str,
    *,
    moderation: str,
    about: Iterable[str],
    to: str,
    published: datetime,
    reason: str,
    community: str | None = None,
) -> dict[str, Any]:
    """Report something to the server that it came from (wire.md 6.1).

    The actor is the agency's `moderation` actor: who reported is nobody's business elsewhere
    (ACT-14). One thing goes as a string, as Lemmy reads it; several as a list, as Mastodon
    does.
    """
    named = list(about)
    document = activity_document(uri, ActivityType.FLAG, moderation, named[0], published)
    if len(named) > 1:
        document["object"] = named
    # Lemmy reads the one, Mastodon the other.
    document |= {"summary": reason, "content": reason}
    return document | addressed_to(Addressing((to,), ()), community)


def activity_document(
    uri: str, verb: ActivityType, actor: str, about: Reference, published: datetime
) -> dict[str, Any]:
    """Build what all activities have; what is embedded leaves its context behind."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": verb.value,
        "actor": actor,
        "object": about if isinstance(about, str) else without_context(about),
        "published": timestamp(published),
    }


def addressed_to(addressed: Addressing, community: str | None = None) -> dict[str, Any]:
    """Write who is told; Lemmy wants both lists on everything (wire.md 0.4)."""
    document: dict[str, Any] = {"to": list(addressed.to), "cc": list(addressed.cc)}
    return document | ({} if community is None else {"audience": community})


def _told(reason: str) -> dict[str, Any]:
    return {"summary": reason} if reason else {}


def _verdict(
    uri: str, verb: ActivityType, actor: str, follow: dict[str, Any], published: datetime
) -> dict[str, Any]:
    document = activity_document(uri, verb, actor, follow, published)
    return document | addressed_to(Addressing((one_uri(follow["actor"]),), ()))


def _about_own_post(
    uri: str,
    verb: ActivityType,
    document: dict[str, Any],
    author_followers: str | None,
    published: str,
) -> dict[str, Any]:
    addressed = Addressing(tuple(document.get("to", ())), tuple(document.get("cc", ())))
    told = create_addressing(addressed, author_followers=author_followers)
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": verb.value,
        "actor": document["attributedTo"],
        "to": list(told.to),
        "cc": list(told.cc),
        **({"audience": document["audience"]} if "audience" in document else {}),
        "published": published,
        "object": without_context(document),
    }


def _decision(
    uri: str,
    verb: ActivityType,
    *,
    actor: str,
    about: str,
    target: str,
    community: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    document = activity_document(uri, verb, actor, about, published)
    return document | {"target": target} | addressed_to(addressed, community)
