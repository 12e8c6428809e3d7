"""Recognitions as templates are given them: on a person's page, a community's, and alone."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Final

from aiohttp import web

from federation.translate import sanitize
from schemas.recognition import Recognition
from schemas.records import Actor, Community, Visibility
from server.handlers.pages import views
from server.handlers.pages.views import ActorView, Names
from server.middleware import SESSION
from server.services import recognizing
from server.storage import recognitions
from server.storage.database import Transaction

_LATEST: Final = 5


async def around(
    tx: Transaction, request: web.Request, person: Actor, names: Names
) -> tuple[list[SimpleNamespace], list[ActorView]]:
    """Give what somebody was recognised for, and for which communities the reader may do it."""
    session = request[SESSION]
    given = await recognizing.shown_of(tx, person)
    issuers: list[Actor] = []
    if session is not None and session.stewards and session.member.id != person.id:
        issuers = await recognitions.issuers_among(tx, session.stewards)
    return several(given, names), [views.actor(each, names) for each in issuers]


async def latest_of(
    tx: Transaction, community: Community, names: Names
) -> list[SimpleNamespace]:
    """Give what a community of ours gave lately; what its receiver hides is left out."""
    if not community.actor.local or community.visibility is not Visibility.PUBLIC:
        return []
    found = await recognitions.of_issuer(tx, community.id, limit=_LATEST * 4)
    return several([each for each in found if each.hidden_at is None][:_LATEST], names)


def several(found: Iterable[Recognition], names: Names) -> list[SimpleNamespace]:
    return [one(each, names) for each in found]


def one(given: Recognition, names: Names) -> SimpleNamespace:
    ours = given.status_index is not None
    return SimpleNamespace(
        id=given.id,
        name=given.name,
        criteria=given.criteria,
        issuer=views.actor(given.issuer, names),
        person=views.actor(given.person, names),
        given=given.given_at,
        url=f"/credentials/{given.id}" if ours else sanitize.link(given.credential_uri),
        host=None if ours else given.issuer.host,
        post_url=sanitize.link(given.post_uri),
        hidden=given.hidden_at is not None,
        withdrawn=given.withdrawn_at,
        holds=given.holds,
    )
