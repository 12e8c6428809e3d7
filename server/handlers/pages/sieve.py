"""What filters, mutes and blocks of the reader do to posts on pages: fold, or leave out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aiohttp import web

from schemas.records import Post
from server.handlers.pages.pages import HIDDEN, context_of
from server.handlers.pages.views import AttachedView, PostView
from server.handlers.pages.words import noted, say
from server.middleware import SESSION
from server.services import filtering
from server.services.filtering import Match
from server.storage.filters import Action, Place
from server.storage.personal import Why

_WHY: Final = {
    Why.BLOCKED: noted("From somebody you blocked"),
    Why.DOMAIN: noted("From a server that you blocked"),
    Why.MUTED: noted("From somebody you muted"),
}


def met(request: web.Request, post: Post, place: Place) -> tuple[Match, ...]:
    """Say which of the reader's filters a post meets; nobody's own words are filtered."""
    session = request[SESSION]
    if session is None or not session.filters or post.facts.author_id == session.member.id:
        return ()
    return filtering.met(session.filters, post, place, now=context_of(request).now())


def leave_out(request: web.Request) -> None:
    """Count a post that the page does not show; the page says how many there are."""
    request[HIDDEN] = request.get(HIDDEN, 0) + 1


def row(request: web.Request, shown: PostView, matches: Sequence[Match]) -> PostView | None:
    """Show a post in a list by what filters found; None where one of them hides it."""
    if filtering.hides(matches):
        leave_out(request)
        return None
    reasons = _reasons(request, matches)
    return replace(shown, title=reasons[0], text="") if reasons else shown


def folded(
    request: web.Request,
    attached: AttachedView | None,
    matches: Sequence[Match],
    why: Why | None = None,
) -> AttachedView | None:
    """Fold a post in a thread under all the reasons that there are; or leave it as it is."""
    reasons = [say(request, _WHY[why])] if why else []
    reasons += _reasons(request, matches)
    if not reasons:
        return attached
    before = attached or AttachedView()
    if before.warning:
        reasons.append(before.warning)
    return replace(before, folded=True, warning=" · ".join(reasons))


def _reasons(request: web.Request, matches: Sequence[Match]) -> list[str]:
    return [
        say(request, "Filtered: %(title)s", title=each.filter.title)
        for each in matches
        # There are no pictures on pages yet that could be blurred.
        if each.filter.action is not Action.BLUR
    ]
