"""The agencies we learn with, admitting and blocking one, and what this instance is."""

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import AgencyState, Role
from server.handlers.pages import views
from server.handlers.pages.pages import context_of, page, see_other, signed_in, typed
from server.handlers.pages.views import Names
from server.handlers.pages.words import language_of, noted, say
from server.middleware import SESSION
from server.services import agencies as service
from server.services import own_texts
from server.services.errors import Invalid
from server.storage import agencies, desk, rules
from server.storage.agencies import Agency
from server.storage.desk import Figures
from server.storage.follows import Asked
from server.storage.sessions import SignedIn

#: What migration 0186 begins with, so that it is read in everybody's language until changed.
FIRST_RULES: Final = (
    noted("Ask as you would ask a colleague, answer as you would like to be answered."),
    noted("No names of clients, no case numbers, nothing your agency keeps closed."),
    noted("Disagree with what was said, not with who said it."),
)
_NOBODY: Final = Figures(communities=0, people=0)


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def admit(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    try:
        host = await service.admit(
            context_of(request), form.get("host", ""), by=signed_in(request).member.id
        )
    except Invalid as wrong:
        return await _page(request, wrong, form)
    return see_other(
        request,
        "/agencies",
        say(request, "%(host)s is admitted. What waited for it goes on.", host=host),
    )


async def block(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    try:
        host = await service.block(
            context_of(request),
            form.get("host", ""),
            by=signed_in(request).member.id,
            reason=form.get("reason", ""),
        )
    except Invalid as wrong:
        return await _page(request, wrong, form)
    return see_other(
        request,
        "/agencies",
        say(request, "%(host)s is blocked. Nothing crosses any more.", host=host),
    )


async def about(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        moderators = await desk.moderators(tx)
        names = await views.agency_names(tx, context)
        text = await own_texts.shown(tx, context, "about", language_of(request))
        house_rules = await rules.in_force(tx)
    contact = context.settings.contact
    return page(
        request,
        "about.html",
        moderators=[views.actor(each, names) for each in moderators],
        about_html=text.html,
        rules=[
            SimpleNamespace(text=say(request, each.text), hint=each.hint)
            for each in house_rules
        ],
        contact=contact if "@" in contact else None,
        software={"name": "Commonlore", "version": _version(), "source": None},
    )


async def _page(
    request: web.Request, wrong: Invalid | None = None, form: dict[str, str] | None = None
) -> web.Response:
    context = context_of(request)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        known = await agencies.all_of(tx)
        figures = await desk.figures(tx)
        knocks = _visible(await service.knocks(tx), request[SESSION])
    waiting = [_waiting(each, names) for each in knocks]
    form = form or {}
    key = _reason_key(form.get("host", ""), [each.host for each in waiting])
    return page(
        request,
        "agencies.html",
        errors=_errors(wrong, key) if wrong else None,
        form={key: form.get("reason", "")},
        agencies=[
            _agency(each, figures.get(each.host, _NOBODY))
            for each in known
            if each.state is not AgencyState.WAITING
        ],
        waiting=waiting,
    )


def _visible(knocks: list[Asked], session: SignedIn | None) -> list[Asked]:
    """Moderators see who waits; a member sees what they asked for themselves (VIS-16)."""
    if session is None:
        return []
    if session.member.role.reaches(Role.MODERATOR):
        return knocks
    return [each for each in knocks if each.follower.id == session.member.id]


def _agency(agency: Agency, figures: Figures) -> SimpleNamespace:
    blocked = agency.state is AgencyState.BLOCKED
    return SimpleNamespace(
        host=agency.host,
        name=agency.name,
        state=agency.state.value,
        since=agency.decided_at or agency.knocked_at,
        reason=agency.reason if blocked else "",
        communities=figures.communities,
        people=figures.people,
    )


def _waiting(asked: Asked, names: Names) -> SimpleNamespace:
    theirs = not asked.follower.local
    host = asked.follower.host if theirs else asked.target.host
    return SimpleNamespace(
        host=host,
        name=names.get(host, ""),
        direction="in" if theirs else "out",
        person=views.actor(asked.follower, names),
        target=views.actor(asked.target, names),
        asked=asked.follow.asked_at,
    )


def _reason_key(host: str, waiting: list[str]) -> str:
    """Name the field of the reason as the template does: one host may wait several times."""
    if host in waiting:
        return f"reason-waiting-{waiting.index(host) + 1}"
    return f"reason-{host}"


def _errors(wrong: Invalid, reason_key: str) -> dict[str, str]:
    keys = {"host": "form", "reason": reason_key}
    return {keys.get(field, field): told for field, told in wrong.fields.items()}


@lru_cache(maxsize=1)
def _version() -> str:
    try:
        return version("commonlore")
    except PackageNotFoundError:
        return ""
