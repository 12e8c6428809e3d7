"""Invitations: a moderator makes a link that lets one person sign up."""

from urllib.parse import quote

from aiohttp import web

from schemas.records import Role
from server.handlers.pages.pages import context_of, page, signed_in, typed
from server.handlers.pages.words import say
from server.services import accounts
from server.services.errors import Invalid, NotAllowed


async def show(request: web.Request) -> web.StreamResponse:
    return page(request, "invitations.html", link=None, roles=_roles(request))


async def make(request: web.Request) -> web.StreamResponse:
    """Show the link once: only its hash is kept, so it cannot be shown again."""
    context, form = context_of(request), await typed(request)
    try:
        role = Role(form.get("role", ""))
        days = int(form.get("days", ""))
        code = await accounts.invite(context, signed_in(request).member, role, days)
    except ValueError:
        errors = {
            "days": say(request, "Choose a role, and how many days the invitation is good for.")
        }
        return _again(request, errors, form)
    except Invalid as wrong:
        return _again(request, wrong.fields, form)
    except NotAllowed as refused:
        return _again(request, {"role": refused.sentence}, form)
    link = f"{context.home.origin}/sign-up?invitation={quote(code)}"
    return page(request, "invitations.html", link=link, roles=_roles(request))


def _again(
    request: web.Request, errors: dict[str, str], form: dict[str, str]
) -> web.StreamResponse:
    return page(
        request,
        "invitations.html",
        errors=errors,
        form=form,
        link=None,
        roles=_roles(request),
    )


def _roles(request: web.Request) -> list[str]:
    own = signed_in(request).member.role
    return [role.value for role in Role if own.reaches(role)]
