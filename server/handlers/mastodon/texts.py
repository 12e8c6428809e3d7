"""What this instance says of itself: texts, rules, languages, figures (Mastodon's instance)."""

from datetime import UTC, datetime

from aiohttp import web
from babel import Locale

from schemas.mastodon.instance import (
    DomainBlock,
    ExtendedDescription,
    Language,
    TermsOfService,
    Week,
)
from schemas.records import AgencyState
from server.context import Context
from server.handlers.mastodon.admin_domains import digest_of
from server.handlers.mastodon.answers import entities, entity, plain
from server.handlers.mastodon.instance import rules_of
from server.handlers.mastodon.statuses import missing
from server.middleware import CONTEXT, SESSION
from server.services import figures, own_texts
from server.services.catalogue import codes
from server.services.own_texts import Shown
from server.services.presenting import Name
from server.storage import agencies, desk


async def extended_description(request: web.Request) -> web.Response:
    """GET /api/v1/instance/extended_description."""
    found = await _shown(request, "about")
    return entity(ExtendedDescription(updated_at=found.changed_at, content=found.html))


async def privacy_policy(request: web.Request) -> web.Response:
    """GET /api/v1/instance/privacy_policy."""
    found = await _shown(request, "privacy")
    return entity(ExtendedDescription(updated_at=found.changed_at, content=found.html))


async def terms_of_service(request: web.Request) -> web.Response:
    """GET /api/v1/instance/terms_of_service."""
    return entity(_terms(await _shown(request, "terms")))


async def terms_of_day(request: web.Request) -> web.Response:
    """GET /api/v1/instance/terms_of_service/{day}: there are those alone that hold now."""
    terms = _terms(await _shown(request, "terms"))
    if request.match_info["day"] != terms.effective_date.isoformat():
        raise missing()
    return entity(terms)


def _terms(of: Shown) -> TermsOfService:
    day = of.changed_at.astimezone(UTC).date()
    return TermsOfService(effective_date=day, content=of.html)


async def _shown(request: web.Request, name: Name) -> Shown:
    context, session = request.app[CONTEXT], request[SESSION]
    language = session.member.language if session else context.settings.language
    async with context.database.reading() as tx:
        return await own_texts.shown(tx, context, name, language)


async def rules(request: web.Request) -> web.Response:
    """GET /api/v1/instance/rules."""
    return entities(await rules_of(request.app[CONTEXT]))


async def languages(request: web.Request) -> web.Response:
    """GET /api/v1/instance/languages: those of the pages, and of new posts."""
    known = sorted(codes() | {request.app[CONTEXT].settings.language})
    return entities([Language(code=code, name=_name(code)) for code in known])


def _name(code: str) -> str:
    return Locale.parse(code, sep="-").get_display_name("en") or code


async def translation_languages(_request: web.Request) -> web.Response:
    """GET /api/v1/instance/translation_languages: nothing is translated here."""
    return plain({})


async def peers(request: web.Request) -> web.Response:
    """GET /api/v1/instance/peers: the hosts we know, but for those that were blocked."""
    context = request.app[CONTEXT]
    if not _may_know(request, context):
        return plain([])
    async with context.database.reading() as tx:
        known = await desk.known_hosts(tx)
        stand = await agencies.states(tx, known)
    return plain([each for each in known if stand.get(each) is not AgencyState.BLOCKED])


async def activity(request: web.Request) -> web.Response:
    """GET /api/v1/instance/activity: by week, what was written, by how many; who joined."""
    context = request.app[CONTEXT]
    if not _may_know(request, context):
        return plain([])
    return entities(
        [
            Week(
                week=_seconds(each.begins_at),
                statuses=str(each.posts),
                logins=str(each.writers),
                registrations=str(each.joined),
            )
            for each in await figures.weeks(context)
        ]
    )


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _may_know(request: web.Request, context: Context) -> bool:
    return request[SESSION] is not None or context.settings.public_figures


async def domain_blocks(request: web.Request) -> web.Response:
    """GET /api/v1/instance/domain_blocks: with reasons, as the page of agencies."""
    async with request.app[CONTEXT].database.reading() as tx:
        known = await agencies.all_of(tx)
    return entities(
        [
            DomainBlock(domain=each.host, digest=digest_of(each.host), comment=each.reason)
            for each in known
            if each.state is AgencyState.BLOCKED
        ]
    )
