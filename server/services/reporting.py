"""Reports about posts and people, from here and elsewhere; suspending whom they are about."""

from datetime import timedelta

from federation.translate.incoming import IncomingFlag, IncomingResolution
from federation.translate.sanitize import plain
from schemas.records import (
    Actor,
    ActorKind,
    AgencyPrincipal,
    AgencyState,
    Community,
    PostFacts,
    Role,
    Surface,
)
from server.context import Context
from server.services import accounts, flagging, sharing
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.flagging import LONGEST_COMMENT, Complaint
from server.services.stewardship import may_govern
from server.storage import (
    actors,
    audit,
    communities,
    desk,
    members,
    posts,
    reports,
)
from server.storage.database import Transaction
from server.storage.members import Member
from server.storage.reports import Report
from server.storage.sessions import SignedIn

LONGEST_REASON = 500
MOST_OBJECTS = 20
MOST_PER_DAY = 100
#: What an open report has as its outcome once the stewards of its community are done with it.
RESOLVED_THERE = "resolved-by-stewards"


async def report(
    context: Context, member: SignedIn, post_id: int, comment: str, *, forward: bool = True
) -> None:
    """Tell the moderators about a post, and with `forward` those of where it lives.

    Elsewhere they hear it from our moderation actor: never who reported (ACT-14).

    Raises:
        Invalid: field comment.
        NotFound: no such post, or none they may read.
        Conflict: "reported-already".
    """
    if not flagging.short(comment):
        raise Invalid({"comment": "Say what is wrong with it."})
    complaint = Complaint(comment=comment, post_ids=(post_id,), forward=forward)
    _, is_new = await flagging.complain(context, member, complaint)
    if not is_new:
        raise Conflict("reported-already", "You reported this; a moderator will look at it.")


async def receive_flag(
    tx: Transaction, context: Context, reporter: Actor, incoming: IncomingFlag
) -> bool:
    """Keep what another agency reports about us and ours; False when there is nothing to keep.

    At most so many objects of one Flag are looked at, and so many reports of one agency are
    kept in a day; the same one is kept once (ACT-14).
    """
    since = context.now() - timedelta(days=1)
    await desk.lock_reports_of(tx, reporter.host)
    room = MOST_PER_DAY - await reports.open_from(tx, reporter.host, since=since)
    found = await _ours_in(tx, context, reporter, incoming)

    kept = 0
    for each in found[: max(room, 0)]:
        kept += await _keep_once(tx, each)
    return kept > 0


async def receive_resolution(
    tx: Transaction, actor: Actor, incoming: IncomingResolution, via: Community | None
) -> bool:
    """Note that the stewards of a community are done with what we, too, have open (Lemmy 1.0).

    It closes nothing here: what becomes of a report at our agency is for our moderators to
    say. False when there is nothing to note.
    """
    noted = False
    for uri in dict.fromkeys(incoming.object_uris[:MOST_OBJECTS]):
        sealed = await posts.find_by_uri(tx, uri)
        if sealed is None or (via is not None and sealed.facts.community_id != via.id):
            continue
        community = await communities.get(tx, sealed.facts.community_id)
        if await may_govern(tx, actor, community):
            noted |= await reports.note_resolved(tx, sealed.facts.id, outcome=RESOLVED_THERE)
    return noted


async def _ours_in(
    tx: Transaction, context: Context, reporter: Actor, incoming: IncomingFlag
) -> list[Report]:
    principal = await sharing.agency_principal(tx, reporter.host)
    if principal.state is AgencyState.BLOCKED:
        return []
    comment = plain(incoming.reason, limit=LONGEST_COMMENT)
    about_posts: list[Report] = []
    about_people: list[Report] = []
    for uri in dict.fromkeys(incoming.object_uris[:MOST_OBJECTS]):
        facts = await _our_post(tx, context, principal, uri)
        if facts is not None:
            about_posts.append(
                _about_post(
                    context, facts, comment, reporter_id=reporter.id, host=reporter.host
                )
            )
            continue
        person = await _our_person(tx, context, uri)
        if person is not None:
            about_people.append(_about_person(context, person, comment, reporter))
    # Mastodon names the author beside the posts: the posts say it already.
    return about_posts or about_people


async def _our_post(
    tx: Transaction, context: Context, principal: AgencyPrincipal, uri: str
) -> PostFacts | None:
    sealed = await posts.find_by_uri(tx, uri)
    if sealed is None or not await _concerns_us(tx, sealed.facts):
        return None
    # What they may not read they cannot report, and learn nothing by trying (ACT-11).
    released = sharing.release(context, sealed, principal, Surface.DECISION)
    return released.content.facts if released else None


async def _concerns_us(tx: Transaction, facts: PostFacts) -> bool:
    """Say whether a post is ours to look after: written here, in ours, or stewarded from here.

    Lemmy passes reports on to where the moderators of a community are (wire.md 1.2).
    """
    if facts.community_local or facts.author_local:
        return True
    return any(each.local for each in await communities.stewards(tx, facts.community_id))


async def _our_person(tx: Transaction, context: Context, uri: str) -> Actor | None:
    if not context.home.is_ours(uri):
        return None
    person = await actors.find(tx, uri)
    if person is None or person.kind is not ActorKind.PERSON or person.deleted_at is not None:
        return None
    return person


async def _keep_once(tx: Transaction, one: Report) -> bool:
    # The index that keeps a second report of a post out knows nothing of people.
    if one.post_id is None and await desk.has_reported_person(
        tx, one.reporter_id, one.target_id
    ):
        return False
    return await reports.add(tx, one)


def _about_post(
    context: Context, facts: PostFacts, comment: str, *, reporter_id: int, host: str
) -> Report:
    return Report(
        id=context.ids.mint(context.now()),
        uri=None,
        reporter_id=reporter_id,
        host=host,
        target_id=facts.author_id,
        post_id=facts.id,
        community_id=facts.community_id,
        comment=comment,
        opened_at=context.now(),
    )


def _about_person(context: Context, person: Actor, comment: str, reporter: Actor) -> Report:
    return Report(
        id=context.ids.mint(context.now()),
        uri=None,
        reporter_id=reporter.id,
        host=reporter.host,
        target_id=person.id,
        post_id=None,
        community_id=None,
        comment=comment,
        opened_at=context.now(),
    )


async def close(
    context: Context, member: SignedIn, report_id: int, outcome: str, *, reason: str = ""
) -> None:
    """Settle a report. `outcome` is a word for the log, such as "kept" or "removed".

    Raises:
        NotAllowed: "not-a-moderator".
        NotFound: "report-not-found".
        Conflict: "report-closed".
        Invalid: field reason.
    """
    check_moderator(member)
    reason = _reason(reason)

    async with context.database.transaction("reporting.close") as tx:
        found = await find(tx, report_id)
        now = context.now()
        if not await reports.close(tx, found.id, by=member.member.id, outcome=outcome, now=now):
            raise Conflict("report-closed", "Somebody has settled this report already.")
        await audit.append(
            tx,
            actor=member.member.actor.uri,
            act="close-report",
            about=await uri_of(tx, found),
            reason=f"{outcome}: {reason}" if reason else outcome,
            now=now,
        )


async def suspend(
    context: Context, member: SignedIn, actor_id: int, *, suspended: bool, reason: str
) -> Actor:
    """Keep somebody out, or let them in again; one of ours loses every session at once.

    Raises:
        NotAllowed: "not-a-moderator", "role-too-high".
        NotFound: "person-not-found".
        Conflict: "suspends-oneself", or it is so already.
        Invalid: field reason.
    """
    check_moderator(member)
    reason = _reason(reason)
    if suspended and not reason:
        raise Invalid({"reason": "Say why: the person is told, and the log keeps it."})

    async with context.database.transaction("reporting.suspend") as tx:
        actor = await _suspendable(tx, member, actor_id)
        if (actor.suspended_at is not None) == suspended:
            raise Conflict("nothing-to-change", "It is so already.")
        now = context.now()

        if suspended and actor.local:
            await accounts.suspend_member(tx, actor.id, now=now)
        elif suspended:
            await actors.suspend(tx, actor.id, now=now)
        elif actor.local:
            await accounts.restore_member(tx, actor.id)
        else:
            await actors.restore(tx, actor.id)
        await audit.append(
            tx,
            actor=member.member.actor.uri,
            act="suspend" if suspended else "lift-suspension",
            about=actor.uri,
            reason=reason,
            now=now,
        )
        return actor


async def _suspendable(tx: Transaction, member: SignedIn, actor_id: int) -> Actor:
    missing = NotFound("person-not-found", "There is no such person.")
    if actor_id == member.member.id:
        raise Conflict("suspends-oneself", "You cannot suspend yourself.")
    try:
        actor = await actors.get(tx, actor_id)
    except LookupError:
        raise missing from None
    if actor.kind is not ActorKind.PERSON or actor.deleted_at is not None:
        raise missing
    if actor.local and not _may_judge(member, await members.get(tx, actor.id)):
        raise NotAllowed("role-too-high", "Only somebody with their role can do that.")
    return actor


def _may_judge(member: SignedIn, other: Member) -> bool:
    return member.member.role.reaches(other.role)


async def find(tx: Transaction, report_id: int) -> Report:
    """Find a report for a moderator.

    Raises:
        NotFound: "report-not-found".
    """
    found = await reports.find(tx, report_id)
    if found is None:
        raise NotFound("report-not-found", "There is no such report.")
    return found


async def uri_of(tx: Transaction, found: Report) -> str:
    """Name what a report is about, for the log of acts."""
    if found.post_id is not None:
        sealed = await posts.find(tx, found.post_id)
        if sealed is not None:
            return sealed.facts.uri
    return (await actors.get(tx, found.target_id)).uri if found.target_id else str(found.id)


def check_moderator(member: SignedIn) -> None:
    """Insist that somebody guards this agency.

    Raises:
        NotAllowed: "not-a-moderator".
    """
    if not member.member.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-a-moderator", "Only a moderator can do that.")


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason may have {LONGEST_REASON} characters."})
    return text.strip()
