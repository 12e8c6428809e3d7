"""Admit and block agencies: what waited for them goes on, or ends and is told why."""

from federation.errors import Malformed
from federation.translate.outgoing_activities import (
    follow_activity,
    reject_activity,
    undo_activity,
)
from federation.uris import canonical_host, is_address
from schemas.records import ActorKind, AgencyState
from server.context import Context
from server.services import communities, curating, fanout, people, sharing
from server.services.errors import Conflict, Invalid
from server.storage import (
    activities,
    actors,
    agencies,
    audit,
    deliveries,
    desk,
    follows,
    lists,
    notifications,
    severed,
)
from server.storage.database import Transaction
from server.storage.follows import Asked

LONGEST_REASON = 500

_LARGEST_PORT = 65_535
_NO_LONGER = "The agency is not admitted any more."
_NO_HOST = "That is not the name of a server, such as learning.transport.example."


async def admit(context: Context, host: str, *, by: int | None, reason: str = "") -> str:
    """Exchange with an agency from now on; every Follow that waited for it goes on.

    `by` is the moderator; None is the operator at the command line. Gives the host in its one
    spelling. Admitting a second time changes nothing.

    Raises:
        Invalid: field host, for ours, for none, and below a domain that is blocked; or reason.
    """
    host = _host(context, host)
    reason = _short(reason)

    async with context.database.transaction("agencies.admit") as tx:
        known = await agencies.find(tx, host)
        if known is not None and known.state is AgencyState.ADMITTED:
            return host
        await agencies.decide(
            tx, host, AgencyState.ADMITTED, by=by, reason=reason, now=context.now()
        )
        if await sharing.may_knock(tx, host) is AgencyState.BLOCKED:
            raise Invalid({"host": "A domain above it is blocked; admit that one first."})
        await _log(tx, context, "admit-agency", host, by=by, reason=reason)
        await _go_on_with_all(tx, context, host)
    return host


async def _go_on_with_all(tx: Transaction, context: Context, host: str) -> None:
    """Page by page, and all in the commit that admits: nobody is left to wait for ever."""
    last = None
    while page := await follows.waiting_for(tx, host, after=last):
        for asked in page:
            await _go_on(tx, context, asked)
        last = page[-1].follow


async def resync(context: Context, host: str) -> int:
    """Owe an admitted agency again what was given up while it was away; say how much.

    Raises:
        Invalid: field host, for one that is not admitted.
    """
    host = _host(context, host)

    async with context.database.transaction("agencies.resync") as tx:
        if await sharing.may_knock(tx, host) is not AgencyState.ADMITTED:
            raise Invalid({"host": "That agency is not admitted; nothing is owed to it."})
        return await deliveries.resync(tx, host, now=context.now())


async def block(context: Context, host: str, *, by: int | None, reason: str) -> str:
    """Exchange nothing with an agency, or with one below its domain, from now on.

    Follows end both ways and do not come back when it is admitted again (DOM-07); what waits to
    be sent there is dropped, but for the last word that says why.

    Raises:
        Invalid: fields host, reason.
    """
    host = _host(context, host)
    reason = _short(reason)
    if not reason:
        raise Invalid({"reason": "Say why: the agency is told, and everyone can read it."})
    if _is_covered(context.home.authority, by=host):
        raise Invalid({"host": "That would block ourselves."})

    async with context.database.transaction("agencies.block") as tx:
        now = context.now()
        hosts = [each for each in await desk.known_hosts(tx) if _is_covered(each, by=host)]
        await agencies.decide(tx, host, AgencyState.BLOCKED, by=by, reason=reason, now=now)
        await _sever(tx, context, hosts, host, reason)
        await _log(tx, context, "block-agency", host, by=by, reason=reason)
    return host


async def undecide(context: Context, host: str, *, by: int) -> None:
    """Take back that an agency was admitted, or blocked: it waits until somebody decides anew.

    Nothing crosses until then but what goes to anybody. With an admission, Follows end both
    ways; those that a block ended do not come back.

    Raises:
        Invalid: field host.
        Conflict: "undecided-already".
    """
    host = _host(context, host)

    async with context.database.transaction("agencies.undecide") as tx:
        known = await agencies.find(tx, host)
        if known is None or known.state is AgencyState.WAITING:
            raise Conflict("undecided-already", "Nobody has decided about that agency.")
        now = context.now()
        await agencies.decide(tx, host, AgencyState.WAITING, by=by, reason="", now=now)
        act = "unblock-agency"
        if known.state is AgencyState.ADMITTED:
            act = "end-admission"
            await _sever(tx, context, [host], host, _NO_LONGER)
        await _log(tx, context, act, host, by=by, reason="")


async def _sever(
    tx: Transaction, context: Context, hosts: list[str], decided: str, reason: str
) -> None:
    """End what there was with hosts: Follows both ways, and what waits to be sent there."""
    edges = await desk.edges_with(tx, hosts)
    await _tell_members(tx, context, hosts, decided)
    for each in hosts:
        await deliveries.withdraw(tx, each, reason="agency-blocked", now=context.now())
        await follows.sever(tx, each)
    await lists.forget_hosts(tx, hosts)
    for edge in edges:
        await _end(tx, context, edge, reason)


async def _tell_members(
    tx: Transaction, context: Context, hosts: list[str], blocked: str
) -> None:
    """Tell whose Follows end, in the agency's name; no moderator is named."""
    now = context.now()
    for member_id in await severed.record(tx, hosts, blocked=blocked, now=now):
        await notifications.add(
            tx,
            member_id=member_id,
            kind="severed",
            actor_id=context.agency_id,
            subject=f"{blocked} {now.isoformat()}",
            post_id=None,
            now=now,
        )


async def knocks(tx: Transaction) -> list[Asked]:
    """List the Follows, ours and theirs, that wait until a moderator admits an agency."""
    return await desk.knocks(tx)


async def _go_on(tx: Transaction, context: Context, asked: Asked) -> None:
    if asked.follower.local:
        uri = asked.follow.uri
        if await activities.find_by_uri(tx, uri) is not None:
            # It went out once, under other rules; an id is never sent for a second thing.
            uri = fanout.mint_activity(context)
            await follows.ask(
                tx, asked.follower.id, asked.target.id, uri, now=asked.follow.asked_at
            )
        await communities.send_follow(tx, context, asked.follower, asked.target, uri)
        return
    follow = follow_activity(
        asked.follow.uri,
        actor=asked.follower.uri,
        target=asked.target.uri,
        published=asked.follow.asked_at,
    )
    if asked.target.kind is ActorKind.FEED:
        await curating.receive_follow(
            tx, context, asked.follower, asked.target, asked.follow.uri, follow
        )
        return
    if not await people.accept_person_follow(
        tx, context, asked.follower, asked.target, asked.follow.uri, follow
    ):
        await communities.settle_waiting(tx, context, asked)


async def _end(tx: Transaction, context: Context, edge: Asked, reason: str) -> None:
    """Tell the other side: their Follow is refused, ours is taken back."""
    follow = follow_activity(
        edge.follow.uri,
        actor=edge.follower.uri,
        target=edge.target.uri,
        published=edge.follow.asked_at,
    )
    uri, now = fanout.mint_activity(context), context.now()
    if edge.target.local:
        document = reject_activity(
            uri, actor=edge.target.uri, follow=follow, published=now, reason=reason
        )
        await fanout.send_to(
            tx, context, edge.target, document, [edge.follower], about=edge.follower.uri
        )
    elif await activities.find_by_uri(tx, edge.follow.uri) is not None:
        document = undo_activity(
            uri, actor=edge.follower.uri, inner=follow, public=True, published=now
        )
        await fanout.send_to(
            tx, context, edge.follower, document, [edge.target], about=edge.target.uri
        )


def _host(context: Context, text: str) -> str:
    name, port = _split(text.strip().lower().removeprefix("https://").removesuffix("/"))
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise Invalid({"host": _NO_HOST})
    try:
        name = canonical_host(name)
    except Malformed:
        raise Invalid({"host": _NO_HOST}) from None
    # What stands in an id has no port where it is the scheme's own.
    host = name if port in {"", "443"} else f"{name}:{int(port)}"
    if host == context.home.authority:
        raise Invalid({"host": "That is our own agency."})
    return host


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        name, bracket, rest = text.partition("]")
        return name + bracket, rest.removeprefix(":")
    name, _, port = text.partition(":")
    return name, port


def _is_covered(host: str, *, by: str) -> bool:
    """Say whether a block of a domain is one of this host, as `sharing.may_knock` sees it."""
    if host == by:
        return True
    name = _split(host)[0]
    if name == by:
        return True
    return "." in by and not is_address(name) and name.endswith(f".{by}")


def _short(reason: str) -> str:
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason may have {LONGEST_REASON} characters."})
    return reason.strip()


async def _log(
    tx: Transaction, context: Context, act: str, host: str, *, by: int | None, reason: str
) -> None:
    who = "operator" if by is None else (await actors.get(tx, by)).uri
    await audit.append(tx, actor=who, act=act, about=host, reason=reason, now=context.now())
