"""The one gate: whether content may be released to a reader on a surface."""

from collections.abc import Collection, Mapping

from moderation.visibility import Scope, may_read, scope_of
from schemas.gate import Released, ReleaseKey, SealedPost
from schemas.records import (
    AgencyPrincipal,
    AgencyState,
    Community,
    Post,
    Principal,
    Surface,
    Visibility,
)
from server.context import Context
from server.services.errors import NotFound
from server.storage import agencies, follows, posts
from server.storage.database import Transaction

_KEY = ReleaseKey()


def scope(context: Context, principal: Principal, surface: Surface) -> Scope:
    """Give what a reader may read on a surface, for lists; `release` judges by the same."""
    return scope_of(principal, surface, open_federation=context.settings.open_federation)


def release(
    context: Context, sealed: SealedPost, principal: Principal, surface: Surface
) -> Released[Post] | None:
    """Let a post out for one reader on one surface, or give None."""
    if may_read(sealed.facts, scope(context, principal, surface)):
        return sealed.open_with(_KEY)
    return None


async def released(
    tx: Transaction, context: Context, post_id: int, principal: Principal, surface: Surface
) -> Released[Post]:
    """Read a post for a reader; raise NotFound alike for what is not there and not theirs."""
    sealed = await posts.find(tx, post_id)
    found = release(context, sealed, principal, surface) if sealed else None
    if found is None:
        raise NotFound("post-not-found", "There is no such post, or it is not for you to read.")
    return found


def for_audience(context: Context, sealed: SealedPost, community: Community) -> Released[Post]:
    """Let a post out to the agencies whose people belong to its community.

    Who they are is decided where recipients are listed: `storage.follows.recipients`.
    """
    private = sealed.facts.visibility is Visibility.DIRECT
    audience = AgencyPrincipal(
        # What is private goes to servers of those to whom it is, each as good as the other.
        host=min(sealed.facts.addressed_hosts) if private else community.actor.host,
        state=AgencyState.ADMITTED,
        joined=frozenset({community.id}),
    )
    found = release(context, sealed, audience, Surface.DELIVERY)
    if found is None:
        raise NotFound("post-not-for-audience")
    return found


async def agency_principal(tx: Transaction, host: str) -> AgencyPrincipal:
    """Say who an agency is to us, and which communities its people belong to."""
    state = await may_knock(tx, host) or AgencyState.WAITING
    joined: frozenset[int] = frozenset()
    if state is AgencyState.ADMITTED:
        joined = await follows.joined_by_agency(tx, host)
    return AgencyPrincipal(host=host, state=state, joined=joined)


async def may_knock(tx: Transaction, host: str) -> AgencyState | None:
    """Say how we stand to a host; a blocked domain takes its subdomains with it (DOM-02)."""
    return (await may_all_knock(tx, [host]))[host]


async def may_all_knock(
    tx: Transaction, hosts: Collection[str]
) -> dict[str, AgencyState | None]:
    """Say how we stand to each of these hosts, as `may_knock` does."""
    above = {host: _with_domains_above(host) for host in hosts}
    states = await agencies.states(
        tx, sorted({name for each in above.values() for name in each})
    )
    return {host: _stand(host, names, states) for host, names in above.items()}


def _with_domains_above(host: str) -> list[str]:
    name = host.rpartition(":")[0] or host
    labels = name.split(".")
    return [host, name, *(".".join(labels[place:]) for place in range(len(labels) - 1))]


def _stand(
    host: str, names: Collection[str], states: Mapping[str, AgencyState]
) -> AgencyState | None:
    if any(states.get(name) is AgencyState.BLOCKED for name in names):
        return AgencyState.BLOCKED
    return states.get(host)


def may_send(context: Context, state: AgencyState | None, *, public: bool) -> bool:
    """Say whether anything may go to an agency (product.md 8)."""
    if state is AgencyState.ADMITTED:
        return True
    return state is not AgencyState.BLOCKED and public and context.settings.open_federation
