"""Who asks for something of ours: another agency, proven by its signature, or nobody."""

from federation.errors import FederationError, Malformed, Unauthentic, Unreachable
from federation.signatures import SignedRequest, read_signature, verify
from federation.signatures.keys import PublicKey
from federation.signatures.messages import Claim
from federation.uris import authority_of
from schemas.records import AgencyPrincipal, AgencyState, Anonymous
from server.context import Context
from server.services.keys import find_key
from server.services.sharing import agency_principal

_SIGNED_BY = frozenset({"signature", "signature-input"})


async def who_asks(context: Context, request: SignedRequest) -> Anonymous | AgencyPrincipal:
    """Say who sent a GET.

    Only the key of an admitted agency is looked up: to everybody else a signature opens
    nothing, and a stranger must not make us fetch (DOM-05, SIG-21).

    Raises:
        Unauthentic: there is a signature, and it does not hold.
        Unreachable: the key could not be had now.
    """
    if not request.fields().keys() & _SIGNED_BY:
        return Anonymous()
    claim = read_signature(
        request,
        authority=context.home.authority,
        now=context.network_now(),
        scheme=context.home.scheme,
    )
    host = _host_of(claim)
    if host == context.home.authority:
        raise Unauthentic("key-ours")

    async with context.database.reading() as tx:
        asker = await agency_principal(tx, host)
    if asker.state is AgencyState.ADMITTED:
        await _prove(context, claim, host)
    return asker


def _host_of(claim: Claim) -> str:
    try:
        return authority_of(claim.key_id)
    except Malformed as error:
        raise Unauthentic("key-id-unusable") from error


async def _prove(context: Context, claim: Claim, host: str) -> None:
    key = await _key_of(context, claim, fresh=False)
    try:
        verify(claim, key)
    except Unauthentic:
        # The key may have been changed since we saw it; `find_key` limits how often we look.
        key = await _key_of(context, claim, fresh=True)
        verify(claim, key)
    if authority_of(key.owner) != host:
        raise Unauthentic("key-owner-elsewhere")


async def _key_of(context: Context, claim: Claim, *, fresh: bool) -> PublicKey:
    try:
        return await find_key(context, claim.key_id, fresh=fresh)
    except Unreachable:
        raise
    except FederationError as error:
        # A key that is gone is no word about the thing that was asked for.
        raise Unauthentic(error.reason) from error
