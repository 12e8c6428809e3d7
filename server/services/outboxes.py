"""What of ours another agency may read in bulk: outboxes, followers, stewards, pinned posts."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from federation.audience import announce_addressing
from federation.errors import Malformed
from federation.translate.outgoing import post_document
from federation.translate.outgoing_activities import announce_activity, create_activity
from federation.translate.outgoing_profiles import featured_tags
from federation.uris import authority_of
from schemas.gate import Released, SealedPost
from schemas.records import (
    Actor,
    ActorKind,
    AgencyPrincipal,
    Community,
    Post,
    PostFacts,
    Surface,
    Visibility,
)
from schemas.wire.collections import LONGEST_OUTBOX, count_only, ordered_collection
from server.context import Context
from server.services import proving, sharing
from server.services.fanout import followers_of
from server.services.reading import (
    Asker,
    document_of,
    elsewhere,
    is_admitted,
    is_serving,
    nothing,
)
from server.storage import (
    actors,
    communities,
    feeds,
    follows,
    member_hashtags,
    pins,
    served,
)
from server.storage.database import Transaction
from server.storage.served import Passed


async def community_outbox(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List a community's newest threads, each as the Announce of its Create (conformance 19).

    Ids are those under which they went out; the words are those of today, for readers take
    this in place of everything that they missed.
    """
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        check_open(context, asker, community)
        newest = await _threads(tx, context, asker, community, pinned=False)
        ids = [released.content.facts.id for released in newest]
        passed = await served.passed(tx, ids, community_id=community.id)

    uri = context.home.collection(community.uri, "outbox")
    documents = await _documents(context, community, newest)
    entries = [
        _announced(uri, community, released.content.facts, document, passed)
        for released, document in zip(newest, documents, strict=True)
    ]
    archive = context.home.collection(community.uri, "archive")
    return ordered_collection(uri, list(entries)) | {"archive": archive}


def _announced(
    outbox: str,
    community: Community,
    facts: PostFacts,
    document: dict[str, Any],
    passed: Mapping[int, Passed],
) -> dict[str, Any]:
    under = passed[facts.id]
    # Where nobody follows yet, nothing went out: such an id leads to this collection.
    announce_uri = under.announce_uri or f"{outbox}#{facts.id}"
    create_uri = under.create_uri or f"{facts.uri}#create"
    addressed = announce_addressing(
        facts.visibility, community=community.uri, followers=followers_of(community.actor)
    )
    return announce_activity(
        announce_uri,
        community=community.uri,
        inner=create_activity(create_uri, document),
        addressed=addressed,
        published=facts.announced_at or facts.published_at,
    )


async def _documents(
    context: Context, community: Community, threads: Sequence[Released[Post]]
) -> list[dict[str, Any]]:
    """Build the documents of threads as they stand inside a collection, ours with proofs."""
    return await proving.prove_embedded(
        context, [(each.content.facts, _thread_document(each, community)) for each in threads]
    )


def _thread_document(released: Released[Post], community: Community) -> dict[str, Any]:
    document = post_document(
        released, community=community.actor, likes=released.content.helpful
    )
    return document if released.content.facts.author_local else elsewhere(document)


async def featured(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List a community's pinned threads, embedded (wire.md 1.2)."""
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        check_open(context, asker, community)
        pinned = await _threads(tx, context, asker, community, pinned=True)
    uri = context.home.collection(community.uri, "featured")
    documents = await _documents(context, community, pinned)
    return ordered_collection(uri, list(documents))


async def _threads(
    tx: Transaction, context: Context, asker: Asker, community: Community, *, pinned: bool
) -> list[Released[Post]]:
    scope = sharing.scope(context, asker, Surface.COLLECTION)
    found: list[SealedPost] = await feeds.newest(
        tx, scope, community_id=community.id, pinned=pinned, limit=LONGEST_OUTBOX
    )
    released = (sharing.release(context, sealed, asker, Surface.COLLECTION) for sealed in found)
    return [each for each in released if each is not None]


async def moderators(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List the stewards of a community, the first one first (wire.md 1.2).

    Those of a members-only community are told to every admitted agency: whoever wants to
    join must know whose decisions count there.
    """
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        if not is_admitted(asker):
            check_open(context, asker, community)
        stewards = await communities.stewards(tx, community.id)
    uri = context.home.collection(community.uri, "moderators")
    return ordered_collection(uri, [steward.uri for steward in stewards])


async def community_followers(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """Say how many belong to a community; never who."""
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        check_open(context, asker, community)
        total = await follows.count_followers(tx, community.id)
    return count_only(context.home.collection(community.uri, "followers"), total)


async def community_following(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        check_open(context, asker, community)
        total = await follows.count_following(tx, community.id)
    return count_only(context.home.collection(community.uri, "following"), total)


async def is_follower(
    context: Context, asker: Asker, name: str, asked_about: str
) -> dict[str, Any]:
    """Say yes when an agency has people in a community of ours (wire.md 1.2).

    Asked by the origin of a members-only post before it gives it to that agency; so only
    agencies that belong to the community themselves may ask.

    Args:
        context: of this instance.
        asker: who asks.
        name: of the community.
        asked_about: the uri of an actor of that agency, or its host.

    Raises:
        NotFound: no; or it is not for them to know.
        Malformed: neither a uri nor a host.
    """
    host = _host_in(asked_about)
    async with context.database.reading() as tx:
        community = await community_of(tx, context, name)
        if not isinstance(asker, AgencyPrincipal) or community.id not in asker.joined:
            raise nothing()
        agency = await sharing.agency_principal(tx, host)
    if community.id not in agency.joined:
        raise nothing()
    uri = context.home.collection(community.uri, "followers")
    return ordered_collection(f"{uri}?is_follower={quote(asked_about, safe='')}", [asked_about])


def _host_in(asked_about: str) -> str:
    if not asked_about:
        raise Malformed("is-follower-empty")
    return authority_of(asked_about if "://" in asked_about else f"https://{asked_about}")


async def person_outbox(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List the Creates of a member's newest public posts."""
    async with context.database.reading() as tx:
        author = await _person(tx, context, asker, name)
        kept = await served.by_person(tx, author.id, limit=LONGEST_OUTBOX)
        ids = [each.post.facts.id for each in kept]
        passed = await served.passed(tx, ids, community_id=None)

    readable = [
        (released.content.facts, document_of(released, each))
        for each in kept
        if (released := sharing.release(context, each.post, asker, Surface.COLLECTION))
    ]
    documents = await proving.prove_embedded(context, readable)
    creates = [
        _created(facts, document, passed[facts.id])
        for (facts, _), document in zip(readable, documents, strict=True)
    ]
    return ordered_collection(context.home.collection(author.uri, "outbox"), list(creates))


def _created(facts: PostFacts, document: dict[str, Any], passed: Passed) -> dict[str, Any]:
    return create_activity(passed.create_uri or f"{facts.uri}#create", document)


async def person_featured(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List the public posts that a member pinned, by their uris: Mastodon fetches each."""
    async with context.database.reading() as tx:
        author = await _person(tx, context, asker, name)
        pinned = await pins.addresses(tx, author.id, public=True)
    return ordered_collection(context.home.collection(author.uri, "featured"), list(pinned))


async def person_featured_tags(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List the hashtags that a member's profile shows (Mastodon)."""
    async with context.database.reading() as tx:
        author = await _person(tx, context, asker, name)
        shown = await member_hashtags.featured(tx, author.id)
    tags = featured_tags(
        (each.tag.name, f"{context.home.origin}/tags/{quote(each.tag.slug)}") for each in shown
    )
    return ordered_collection(context.home.collection(author.uri, "featured_tags"), list(tags))


async def person_followers(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """Say how many follow a member; never who."""
    async with context.database.reading() as tx:
        actor = await _person(tx, context, asker, name)
        total = await follows.count_followers(tx, actor.id)
    return count_only(context.home.collection(actor.uri, "followers"), total)


async def person_following(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """Say how many a member follows, communities among them; never whom."""
    async with context.database.reading() as tx:
        actor = await _person(tx, context, asker, name)
        total = await follows.count_following(tx, actor.id)
    return count_only(context.home.collection(actor.uri, "following"), total)


def check_open(context: Context, asker: Asker, community: Community) -> None:
    """Let in whoever may read what is in a community.

    Raises:
        NotFound: everybody else, as if there were no such community.
    """
    scope = sharing.scope(context, asker, Surface.COLLECTION)
    is_public = community.visibility is Visibility.PUBLIC
    if not (scope.public and is_public) and community.id not in scope.joined:
        raise nothing()


async def community_of(tx: Transaction, context: Context, name: str) -> Community:
    """Find a community of ours that is neither suspended nor deleted."""
    community = await communities.find_by_handle(tx, name, context.home.authority)
    if community is None or not is_serving(community.actor):
        raise nothing()
    return community


async def _person(tx: Transaction, context: Context, asker: Asker, name: str) -> Actor:
    actor = await actors.find_local(tx, name)
    if actor is None or actor.kind is not ActorKind.PERSON or not is_serving(actor):
        raise nothing()
    if not sharing.scope(context, asker, Surface.COLLECTION).public:
        raise nothing()
    return actor
