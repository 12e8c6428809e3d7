"""What communities elsewhere recognise our members for: looked at, kept, taken back."""

from functools import partial
from typing import Any

from federation.fetch import fetch_credential
from federation.proofs import verify_issued
from federation.translate.incoming_recognition import (
    IncomingAward,
    IncomingRecognition,
    award_from_badge,
    award_from_credential,
    recognition_from,
)
from federation.uris import same_origin
from schemas.recognition import Recognition
from schemas.records import Actor, ActorKind
from schemas.wire.reading import strings
from schemas.wire.vocabulary import ActorType
from server.context import Context
from server.services import confirming, discovery, keys, standing
from server.services.arrived import Arrived, Ignored
from server.services.recognizing import notify
from server.services.signing import sign_as_agency
from server.storage import actors, posts, recognitions, silences
from server.storage.database import Transaction


async def receive(context: Context, arrived: Arrived) -> None:
    """Keep what an issuer says that it recognises one of our members for (ACT-23).

    The issuer signed the request itself; what is told is in its credential, which is fetched
    where it is, or in its badge. Nobody is asked before it is about one of ours.
    """
    if arrived.via is not None:
        raise Ignored("recognition-through-a-community")
    told = recognition_from(arrived.activity, now=context.now())
    async with context.database.reading() as tx:
        if not any([await _member(tx, context, uri) for uri in told.people]):
            raise Ignored("recognition-of-nobody-here")
        if await recognitions.find_by_uri(tx, told.uri) is not None:
            raise Ignored("recognition-known")
        if await posts.is_tombstone(tx, told.uri):
            raise Ignored("post-deleted")
    issuer = await standing.actor_of(context, arrived)
    if issuer.suspended_at is not None:
        raise Ignored("actor-suspended")
    await _insist_on_issuer(context, issuer)
    award = await _award(context, told)

    async with arrived.effect() as tx:
        person = await _member(tx, context, award.person_uri)
        if person is None or not await silences.hears(tx, person.id, issuer.id):
            raise Ignored("recognition-of-nobody-here")
        given = Recognition(
            id=context.ids.mint(told.given_at),
            uri=told.uri,
            credential_uri=told.credential_uri,
            issuer=issuer,
            person=person,
            name=award.name,
            criteria=award.criteria,
            given_at=told.given_at,
        )
        if not await recognitions.add(tx, given):
            raise Ignored("recognition-known")
        await notify(tx, context, given)


async def take_back(context: Context, arrived: Arrived) -> bool:
    """Forget a recognition that its issuer deletes; False where it is about none (ACT-03)."""
    uri = arrived.activity.object_id or ""
    async with context.database.reading() as tx:
        known = await recognitions.find_by_uri(tx, uri)
    if known is None:
        return False
    if known.issuer.local or known.issuer.uri != arrived.activity.actor:
        raise Ignored("not-theirs-to-delete")
    async with arrived.effect() as tx:
        await recognitions.drop(tx, uri, arrived.activity.actor)
    return True


async def _member(tx: Transaction, context: Context, uri: str) -> Actor | None:
    if not context.home.is_ours(uri):
        return None
    person = await actors.find(tx, uri)
    if person is None or not person.local or person.kind is not ActorKind.PERSON:
        return None
    gone = person.deleted_at is not None or person.suspended_at is not None
    return None if gone else person


async def _insist_on_issuer(context: Context, issuer: Actor) -> None:
    """Take it from communities and organisations; of the latter we know no kind, so we look."""
    if issuer.kind is ActorKind.COMMUNITY:
        return
    document = await confirming.fetch(context, issuer.uri)
    if ActorType.ORGANIZATION not in strings(document.get("type")):
        raise Ignored("recognition-by-a-person")


async def _award(context: Context, told: IncomingRecognition) -> IncomingAward:
    if isinstance(told.badge, dict):
        return award_from_badge(told.badge, told)
    if told.badge is not None:
        if not same_origin(told.badge, told.issuer_uri):
            raise Ignored("credential-other-origin")
        return award_from_badge(await _fetch(context, told.badge), told)
    credential = await _fetch(context, told.credential_uri)
    award = award_from_credential(credential, told)
    # Its issuer's server told it; a proof that is wrong is a lie all the same.
    await verify_issued(
        credential,
        issuer=told.issuer_uri,
        now=context.network_now(),
        find_key=partial(keys.find_key, context),
    )
    return award


async def _fetch(context: Context, uri: str) -> dict[str, Any]:
    await discovery.check_fetchable(context, uri)
    return await fetch_credential(context.session, uri, sign=sign_as_agency(context))
