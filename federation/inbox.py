"""The gate of the inbox: what comes out of `admit` was said by the actor it names."""

from collections.abc import Awaitable, Callable
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, Protocol, final

from federation import uris
from federation.errors import Forbidden, Gone, Malformed, Unauthentic
from federation.signatures import Claim, SignedRequest, read_signature, verify
from federation.signatures.keys import PublicKey
from federation.synchronization import HEADER, LONGEST
from federation.uris import Home, same_origin
from schemas.records import AgencyState
from schemas.wire import strict
from schemas.wire.activities import Activity, parse_activity
from schemas.wire.vocabulary import ActivityType, BadDocument

# Two URIs that name one activity are kept in one index entry, whose room is 2704 bytes.
_LONGEST_IDS: Final = 2_600
_WITNESS: Final = object()


class FindKey(Protocol):
    """Finds a published key and its owner; with `fresh`, not the one we already had.

    Raises:
        Unauthentic: there is no such key, or it is not its owner's.
        Gone: nothing is there any more; `status` is 404 or 410 as the origin said.
        Unreachable: it could not be found out now.
    """

    async def __call__(self, key_id: str, *, fresh: bool) -> PublicKey:
        """Find the key of this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """What `admit` asks us about senders before it lets anything be fetched.

    Args:
        may_knock: how we stand to a host, its blocked domains above included; None for one
            we have not heard of.
        knows_actor: whether we have stored an actor of this URI.
        open_federation: whether agencies that nobody has admitted may send public things.
    """

    may_knock: Callable[[str], Awaitable[AgencyState | None]]
    knows_actor: Callable[[str], Awaitable[bool]]
    open_federation: bool


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedActivity:
    """An activity whose actor signed it. Only `admit` makes one (architecture.md 1.4).

    `document` and `raw` are the same, read and as it came; what is embedded in them is only
    as good as the actor's word (ORI-13). `agency` says how we stood to `host` on arrival.
    `synchronization` is the header of FEP-8fcf where the signature covers it, as it came.
    """

    activity: Activity
    document: dict[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    actor_uri: str
    key_id: str
    signature_hash: bytes
    host: str
    agency: AgencyState | None
    synchronization: str = ""
    witness: InitVar[object]

    def __post_init__(self, witness: object) -> None:
        if witness is not _WITNESS:
            raise TypeError("only admit makes a VerifiedActivity")


async def admit(
    request: SignedRequest,
    *,
    authority: str,
    home: Home,
    now: datetime,
    acquaintance: Acquaintance,
    find_key: FindKey,
) -> VerifiedActivity | None:
    """Judge a POST to an inbox in the order of security.md 2.7, cheapest first.

    None is the one thing that is neither taken nor refused: an actor that deletes itself,
    where we never knew it, or cannot be sure that it is gone (SIG-18). Answer it like others.

    Args:
        request: as it came over the wire.
        authority: our own host and port, from the configuration (SIG-25).
        home: our own URIs; nothing signed in their name comes from outside (ORI-10, SIG-19).
        now: the receiver's clock.
        acquaintance: who may send us what.
        find_key: asked only after `acquaintance.may_knock`; it may go to the network.

    Raises:
        Malformed: no activity that we would ever take.
        Unauthentic: the signature does not prove that the actor sent it.
        Forbidden: "agency-blocked", or "agency-not-admitted".
        Unreachable: the key could not be had now; the sender should try again.
    """
    claim = read_signature(request, authority=authority, now=now, scheme=home.scheme)
    _check_key_id(claim.key_id, home)
    document, activity = _read(request.body)
    host = _check_origins(activity, claim.key_id, home)
    agency = await acquaintance.may_knock(host)
    if agency is AgencyState.BLOCKED:
        raise Forbidden("agency-blocked")
    if _is_own_delete(activity) and not await acquaintance.knows_actor(activity.actor):
        return None
    if not acquaintance.open_federation and not _may_enter(agency, activity):
        raise Forbidden(
            "agency-not-admitted",
            "A moderator here has not admitted your agency yet. Until then a Follow waits.",
        )
    if not await _is_proven(claim, activity, find_key):
        return None
    return VerifiedActivity(
        activity=activity,
        document=document,
        raw=request.body,
        actor_uri=activity.actor,
        key_id=claim.key_id,
        signature_hash=bytes.fromhex(claim.signature_hash),
        host=host,
        agency=agency,
        synchronization=_signed_value(request, claim, HEADER.lower()),
        witness=_WITNESS,
    )


def _signed_value(request: SignedRequest, claim: Claim, name: str) -> str:
    """Give a header that was signed; what was not signed anybody may have added."""
    if name not in claim.covered:
        return ""
    return request.fields()[name][0][: LONGEST + 1]


def _check_key_id(key_id: str, home: Home) -> None:
    try:
        uris.authority_of(key_id)
    except Malformed as error:
        raise Unauthentic("key-id-malformed") from error
    if home.is_ours(key_id):
        raise Unauthentic("key-is-ours")


def _read(body: bytes) -> tuple[dict[str, Any], Activity]:
    try:
        document = strict.loads(body)
        activity = parse_activity(document)
    except BadDocument as error:
        raise Malformed(error.reason) from error
    if len((activity.actor + activity.id).encode()) > _LONGEST_IDS:
        raise Malformed("id-too-long")
    return document, activity


def _check_origins(activity: Activity, key_id: str, home: Home) -> str:
    """Hold actor, key and activity to one origin (SIG-01, FEP-fe34); give its authority."""
    if home.is_ours(activity.actor):
        raise Unauthentic("actor-is-ours")
    host = uris.authority_of(activity.actor)
    if not same_origin(activity.actor, key_id):
        raise Unauthentic("key-not-of-actor")
    if not same_origin(activity.id, activity.actor):
        raise Unauthentic("activity-not-of-actor")
    return host


def _may_enter(agency: AgencyState | None, activity: Activity) -> bool:
    """Let strangers knock, and take their knock back (product.md 8)."""
    if agency is AgencyState.ADMITTED or activity.verb is ActivityType.FOLLOW:
        return True
    if activity.verb is not ActivityType.UNDO:
        return False
    # A bare id may be a Follow's: ids stand alone where something is not public (VIS-06).
    return activity.embedded is None or activity.embedded.get("type") == ActivityType.FOLLOW


def _is_own_delete(activity: Activity) -> bool:
    return activity.verb is ActivityType.DELETE and activity.object_id == activity.actor


async def _is_proven(claim: Claim, activity: Activity, find_key: FindKey) -> bool:
    """Say whether the actor sent this; False where a Delete of itself is to be ignored.

    An actor that is gone took its key along. That its origin answers 410 for this very actor
    is proof enough; 404 is not (SWICG report 3.3).
    """
    try:
        await _check_signature(claim, activity.actor, find_key)
    except Gone as gone:
        if not _is_own_delete(activity):
            raise Unauthentic("key-gone") from gone
        is_actor = claim.key_id.partition("#")[0] == activity.actor
        return is_actor and gone.status == HTTPStatus.GONE
    return True


async def _check_signature(claim: Claim, actor: str, find_key: FindKey) -> None:
    """Verify with the key we have, and once more with a new one: keys change (SIG-15)."""
    key = await find_key(claim.key_id, fresh=False)
    _check_owner(key, actor)
    try:
        verify(claim, key)
    except Unauthentic:
        renewed = await find_key(claim.key_id, fresh=True)
        if renewed == key:
            raise
    else:
        return
    _check_owner(renewed, actor)
    verify(claim, renewed)


def _check_owner(key: PublicKey, actor: str) -> None:
    if key.owner != actor:
        raise Unauthentic("key-not-of-actor")
