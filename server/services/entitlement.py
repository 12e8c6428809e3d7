"""Whether an agency may have a members-only post of ours in a community hosted elsewhere."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from federation.errors import FederationError, Unreachable
from federation.fetch import refuse_failure
from federation.media_types import ACCEPT_ACTIVITY
from federation.session import Session
from federation.uris import same_origin
from schemas.records import (
    Actor,
    AgencyPrincipal,
    AgencyState,
    Anonymous,
    PostFacts,
    Visibility,
)
from server.context import Context
from server.services.sharing import may_knock
from server.services.signing import sign_as_agency

_YES_LASTS: Final = timedelta(minutes=10)
_NO_LASTS: Final = timedelta(minutes=1)
_BUDGET: Final = 5.0  # seconds: the agency that asks us waits meanwhile
_ASK_AGAIN: Final = 30.0  # seconds
MOST_ANSWERS: Final = 4096

_Pair = tuple[str, str]


@dataclass(slots=True)
class Answers:
    """What communities' hosts told us, by community and agency; the oldest make room."""

    told: OrderedDict[_Pair, tuple[bool, datetime]] = field(default_factory=OrderedDict)
    under_way: dict[_Pair, asyncio.Lock] = field(default_factory=dict)

    def find(self, pair: _Pair, now: datetime) -> bool | None:
        belongs, until = self.told.get(pair, (False, now))
        return belongs if until > now else None

    def remember(self, pair: _Pair, now: datetime, *, belongs: bool) -> None:
        self.told.pop(pair, None)
        self.told[pair] = (belongs, now + (_YES_LASTS if belongs else _NO_LASTS))
        while len(self.told) > MOST_ANSWERS:
            self.told.popitem(last=False)


# Derived and bounded, one for each outgoing client: an instance has one of them.
_ANSWERS: Final[WeakKeyDictionary[Session, Answers]] = WeakKeyDictionary()


async def widened(
    context: Context,
    asker: Anonymous | AgencyPrincipal,
    facts: PostFacts,
    community: Actor,
) -> Anonymous | AgencyPrincipal:
    """Add a post's community to what an agency has joined, when the community's host says so.

    We see the followers of our own communities only. The answer of another host is kept for
    ten minutes (yes) or one (no).

    Raises:
        Unreachable: the host did not answer within five seconds.
    """
    if (
        not isinstance(asker, AgencyPrincipal)
        or asker.state is not AgencyState.ADMITTED
        or community.local
        or facts.visibility is not Visibility.MEMBERS
        or community.id in asker.joined
    ):
        return asker
    if asker.host == community.host or await belongs(context, community, asker.host):
        return replace(asker, joined=asker.joined | {community.id})
    return asker


async def belongs(context: Context, community: Actor, host: str) -> bool:
    """Say whether people of an agency belong to a community that another agency hosts.

    Raises:
        Unreachable: nobody could tell within five seconds.
    """
    answers = _ANSWERS.setdefault(context.session, Answers())
    pair = (community.uri, host)
    # Many posts asked for at once are one question.
    lock = answers.under_way.setdefault(pair, asyncio.Lock())
    try:
        async with asyncio.timeout(_BUDGET), lock:
            known = answers.find(pair, context.now())
            if known is None:
                known = await _ask(context, community, host)
                answers.remember(pair, context.now(), belongs=known)
            return known
    except (TimeoutError, FederationError) as error:
        raise Unreachable("audience-unknown", retry_after=_ASK_AGAIN) from error
    finally:
        if not lock.locked():
            answers.under_way.pop(pair, None)


async def _ask(context: Context, community: Actor, host: str) -> bool:
    """Ask the community's host, signed; it answers 200 for yes and 404 for no (wire.md 1.2)."""
    async with context.database.reading() as tx:
        if await may_knock(tx, community.host) is not AgencyState.ADMITTED:
            return False
    followers = community.followers or f"{community.uri}/followers"
    if not same_origin(followers, community.uri):
        return False
    actor = f"{context.session.origin_for(host)}/actor"
    fetched = await context.session.get(
        f"{followers}?is_follower={quote(actor, safe='')}",
        accept=ACCEPT_ACTIVITY,
        sign=sign_as_agency(context),
    )
    if fetched.status >= HTTPStatus.INTERNAL_SERVER_ERROR or fetched.status in {408, 425, 429}:
        refuse_failure(fetched)
    # A redirect to somewhere else is nobody's word about this community.
    return fetched.status == HTTPStatus.OK and same_origin(fetched.url, community.uri)
