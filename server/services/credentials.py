"""Credentials of what communities of ours recognise people for, as anybody may check them."""

from typing import Any

from federation.translate.outgoing_recognition import (
    assertion_document,
    credential_document,
    recognition_note,
    revoked_assertion_document,
    status_list_document,
)
from schemas.recognition import Recognition
from schemas.records import ActorKind, Visibility
from server.context import Context
from server.services import proving, reading
from server.services.reading import Asker, nothing
from server.storage import communities, recognitions

#: Where a community tells which of its credentials no longer hold, below its own address.
STATUS_LIST = "credential-status"


async def get(context: Context, number: int) -> Recognition:
    """Get a recognition of ours, withdrawn or not; it is for everybody to read.

    Raises:
        NotFound: there is none, or who gave or received it is gone.
    """
    async with context.database.reading() as tx:
        found = await recognitions.find(tx, number)
    if found is None or found.status_index is None:
        raise nothing()
    if found.person.deleted_at is not None or not reading.is_serving(found.issuer):
        raise nothing()
    return found


async def note(context: Context, _asker: Asker, number: int) -> dict[str, Any]:
    """Read the Note of a recognition of ours; of a withdrawn one, its tombstone.

    Raises:
        NotFound: there is none.
    """
    async with context.database.reading() as tx:
        found = await recognitions.find(tx, number)
        if found is None or found.status_index is None:
            raise nothing()
        if not found.holds:
            return recognition_note(found)
        return await proving.prove_first(tx, context, found.issuer, recognition_note(found))


async def credential(context: Context, number: int) -> dict[str, Any] | None:
    """Read a credential with its issuer's proof; None for a withdrawn one.

    Raises:
        NotFound: as `get`.
    """
    found = await get(context, number)
    if not found.holds:
        return None
    document = credential_document(found, status_list=_status_list(context, found.issuer.uri))
    async with context.database.reading() as tx:
        return await proving.prove_first(tx, context, found.issuer, document)


async def assertion(context: Context, number: int) -> tuple[dict[str, Any], bool]:
    """Read the same in the form of Open Badges 2.0, and whether it holds.

    Raises:
        NotFound: as `get`.
    """
    found = await get(context, number)
    if not found.holds:
        return revoked_assertion_document(found), False
    return assertion_document(found), True


async def status_list(context: Context, name: str) -> dict[str, Any]:
    """Read which credentials of a community of ours were withdrawn, with its proof.

    Raises:
        NotFound: there is no such community, or it gives none.
    """
    known = await reading.known_actor(context, name, ActorKind.COMMUNITY)
    issuer = known.actor
    async with context.database.reading() as tx:
        community = await communities.find(tx, issuer.id)
        if community is None or community.visibility is not Visibility.PUBLIC:
            raise nothing()
        withdrawn = await recognitions.withdrawn_places(tx, issuer.id)
        document = status_list_document(
            _status_list(context, issuer.uri), issuer=issuer.uri, withdrawn=withdrawn
        )
        return await proving.prove_first(tx, context, issuer, document)


def _status_list(context: Context, issuer_uri: str) -> str:
    return context.home.collection(issuer_uri, STATUS_LIST)
