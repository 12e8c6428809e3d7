"""Stewards recognise people for their community: given, withdrawn; hidden by who has it."""

from dataclasses import dataclass
from typing import Any, Final

from federation.programs import takes
from federation.translate import sanitize
from federation.translate.outgoing_activities import delete_activity
from federation.translate.outgoing_recognition import (
    create_recognition_activity,
    recognition_addressing,
    recognition_note,
)
from schemas.recognition import Recognition
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    PostFacts,
    Surface,
    Visibility,
)
from server.context import Context
from server.services import fanout, proving, sharing
from server.services.communities import governed
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.keeping import row_of
from server.services.posts import principal_of
from server.services.stewardship import log_act
from server.services.targets import is_taken, targets_of
from server.storage import (
    activities,
    actors,
    audit,
    communities,
    follows,
    notifications,
    owed,
    posts,
    recognitions,
)
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

LONGEST_NAME: Final = 100
LONGEST_CRITERIA: Final = 500
LONGEST_REASON: Final = 500
_NO_NAME: Final = "Give it a name, such as Peer Mentor 2026."
_NO_CRITERIA: Final = "Say in a sentence or two what it is for."
_TOO_LONG: Final = "Say it in fewer words."
_NO_POST: Final = "That is the address of no post here that everybody may read."
_NOT_PUBLIC: Final = (
    "What a members-only community knows of its people stays there: it gives no recognition "
    "in public."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a steward writes: a name, what it is for, and the address of a post or ""."""

    name: str
    criteria: str
    post: str = ""


async def give(
    context: Context, member: SignedIn, community_id: int, person_id: int, draft: Draft
) -> Recognition:
    """Recognise somebody, here or elsewhere; their server and the followers are told.

    Raises:
        Invalid: fields recognition-name, criteria, post.
        NotAllowed: "not-a-steward", "community-not-public", "recognizes-oneself",
            "agency-blocked".
        NotFound: "person-not-found", "community-not-found".
        Conflict: "recognized-already".
    """
    name, criteria = _words(draft)

    async with context.database.transaction("recognizing.give") as tx:
        community = await _issuer(tx, member, community_id)
        person = await _person(tx, member, person_id)
        post = await _post(tx, context, member, draft.post)
        number = context.ids.mint(context.now())
        given = Recognition(
            id=number,
            uri=context.home.recognition(number),
            credential_uri=context.home.credential(number),
            issuer=community.actor,
            person=person,
            name=name,
            criteria=criteria,
            given_at=context.now(),
            status_index=await recognitions.next_place(tx, community.id),
            post_uri=post.uri if post else None,
        )
        if not await recognitions.add(tx, given, post_id=post.id if post else None):
            raise Conflict("recognized-already", "They have this recognition already.")
        document = create_recognition_activity(
            fanout.mint_activity(context),
            recognition_note(given),
            given,
            followers=fanout.followers_of(community.actor),
        )
        await _tell(tx, context, given, document)
        await notify(tx, context, given)
        await log_act(tx, context, member, "recognize", person.uri, f"{name}: {given.uri}")
        return given


async def withdraw(
    context: Context, member: SignedIn, recognition_id: int, reason: str
) -> Recognition:
    """Withdraw a recognition for everybody to see; the log of acts says why.

    Raises:
        Invalid: field reason.
        NotFound: "recognition-not-found".
        NotAllowed: "not-a-steward".
        Conflict: "withdrawn-already".
    """
    why = sanitize.plain(reason, limit=LONGEST_REASON)
    if not why:
        raise Invalid({"reason": "Say why, for the log of acts."})
    async with context.database.transaction("recognizing.withdraw") as tx:
        given = await _given(tx, recognition_id)
        await governed(tx, member, given.issuer.id)
        if not await _withdraw(tx, context, given):
            raise Conflict("withdrawn-already", "It is withdrawn already.")
        await log_act(tx, context, member, "withdraw-recognition", given.uri, why)
        return given


async def withdraw_of(context: Context, actor: Actor) -> None:
    """Withdraw what communities of ours gave somebody whose account ends, each by itself."""
    while True:
        async with context.database.reading() as tx:
            left = await recognitions.given_to(tx, actor.id)
        for recognition_id in left:
            async with context.database.transaction("ending.recognition") as tx:
                given = await _given(tx, recognition_id)
                if await _withdraw(tx, context, given):
                    await audit.append(
                        tx,
                        actor=actor.uri,
                        act="withdraw-recognition",
                        about=given.uri,
                        now=context.now(),
                    )
        if not left:
            return


async def choose(
    context: Context, member: SignedIn, recognition_id: int, *, shown: bool
) -> None:
    """Hide a recognition of one's own, or show it again; nobody is told."""
    async with context.database.transaction("recognizing.choose") as tx:
        if shown:
            await recognitions.show(tx, recognition_id, member.member.id)
        else:
            await recognitions.hide(tx, recognition_id, member.member.id, now=context.now())


async def notify(tx: Transaction, context: Context, given: Recognition) -> None:
    """Tell a member that somebody recognised them; nothing happens for people elsewhere."""
    await notifications.add(
        tx,
        member_id=given.person.id,
        kind="recognition",
        actor_id=given.issuer.id,
        subject=given.uri,
        post_id=None,
        now=context.now(),
    )


async def shown_of(tx: Transaction, person: Actor, *, limit: int = 50) -> list[Recognition]:
    """List what a profile shows; nothing that a blocked agency told."""
    found = await recognitions.of_person(tx, person.id, limit=limit)
    elsewhere = {each.issuer.host for each in found if not each.issuer.local}
    states = await sharing.may_all_knock(tx, elsewhere) if elsewhere else {}
    return [each for each in found if states.get(each.issuer.host) is not AgencyState.BLOCKED]


def _words(draft: Draft) -> tuple[str, str]:
    name = sanitize.plain(draft.name, limit=LONGEST_NAME + 1)
    criteria = sanitize.plain(draft.criteria, limit=LONGEST_CRITERIA + 1)
    wrong = {}
    if not name:
        wrong["recognition-name"] = _NO_NAME
    elif len(name) > LONGEST_NAME:
        wrong["recognition-name"] = _TOO_LONG
    if not criteria:
        wrong["criteria"] = _NO_CRITERIA
    elif len(criteria) > LONGEST_CRITERIA:
        wrong["criteria"] = _TOO_LONG
    if wrong:
        raise Invalid(wrong)
    return name, criteria


async def _issuer(tx: Transaction, member: SignedIn, community_id: int) -> Community:
    community = await communities.find(tx, community_id)
    if community is None or not community.actor.local or community.actor.deleted_at is not None:
        raise NotFound("community-not-found", "There is no such community here.")
    if community.id not in member.stewards:
        raise NotAllowed("not-a-steward", "Only its stewards can do that.")
    if community.visibility is not Visibility.PUBLIC:
        raise NotAllowed("community-not-public", _NOT_PUBLIC)
    return community


async def _person(tx: Transaction, member: SignedIn, person_id: int) -> Actor:
    try:
        person = await actors.get(tx, person_id)
    except LookupError:
        raise NotFound("person-not-found", "There is no such person.") from None
    gone = person.deleted_at is not None or person.suspended_at is not None
    if person.kind is not ActorKind.PERSON or gone:
        raise NotFound("person-not-found", "There is no such person.")
    if person.id == member.member.id:
        raise NotAllowed("recognizes-oneself", "Let another steward do that: this is you.")
    if await sharing.may_knock(tx, person.host) is AgencyState.BLOCKED:
        raise NotAllowed("agency-blocked", "Our moderators blocked that agency.")
    return person


async def _post(
    tx: Transaction, context: Context, member: SignedIn, address: str
) -> PostFacts | None:
    uri = address.strip().partition("#")[0]
    if not uri:
        return None
    place = context.home.locate(uri)
    if place is not None and place.kind == "post":
        sealed = await posts.find(tx, int(place.key))
    else:
        sealed = await posts.find_by_uri(tx, uri)
    released = (
        sharing.release(context, sealed, principal_of(member), Surface.DECISION)
        if sealed is not None
        else None
    )
    facts = released.content.facts if released is not None else None
    if facts is None or facts.visibility is not Visibility.PUBLIC or facts.deleted_at:
        raise Invalid({"post": _NO_POST})
    return facts


async def _given(tx: Transaction, recognition_id: int) -> Recognition:
    found = await recognitions.find(tx, recognition_id)
    if found is None or found.status_index is None:
        raise NotFound("recognition-not-found", "There is no such recognition.")
    return found


async def _withdraw(tx: Transaction, context: Context, given: Recognition) -> bool:
    now = context.now()
    if not await recognitions.withdraw(tx, given.id, now=now):
        return False
    document = delete_activity(
        fanout.mint_activity(context),
        actor=given.issuer.uri,
        object_uri=given.uri,
        addressed=recognition_addressing(given, followers=fanout.followers_of(given.issuer)),
        published=now,
    )
    await _tell(tx, context, given, document)
    return True


async def _tell(
    tx: Transaction, context: Context, given: Recognition, document: dict[str, Any]
) -> None:
    """Owe an activity to followers, to the person's server, and to all who heard of it."""
    document = await proving.prove_first(tx, context, given.issuer, document)
    sent = row_of(
        context,
        given.issuer,
        document,
        about=given.uri,
        visibility=Visibility.PUBLIC,
        community_id=given.issuer.id,
    )
    told = await _audience(tx, context, given, document)
    await activities.add(tx, sent)
    if targets := targets_of(told):
        await owed.enqueue(tx, sent.id, targets, lane=given.uri, now=context.now())


async def _audience(
    tx: Transaction, context: Context, given: Recognition, document: dict[str, Any]
) -> list[follows.Recipient]:
    found = await follows.recipients(
        tx, given.issuer.id, unadmitted=context.settings.open_federation
    )
    found = [each for each in found if takes(each.software, document, inbox=each.inbox)]
    others = await recognitions.reached(tx, given.uri)
    person = given.person
    if not person.local and person.inbox is not None and await is_taken(tx, person, document):
        others.append(
            follows.Recipient(
                inbox=person.inbox,
                shared_inbox=person.shared_inbox,
                host=person.host,
                software=None,
            )
        )
    states = await sharing.may_all_knock(tx, {each.host for each in others})
    return found + [
        each for each in others if sharing.may_send(context, states[each.host], public=True)
    ]
