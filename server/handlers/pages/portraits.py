"""Pictures of profiles: a member changes theirs, stewards those of a community."""

from collections.abc import Mapping
from typing import IO

from aiohttp import web

from server.handlers.pages import views
from server.handlers.pages.accounts import settings_page
from server.handlers.pages.communities import edit_page, governed
from server.handlers.pages.pages import context_of, see_other, signed_in, typed
from server.handlers.pages.words import say
from server.middleware import forms
from server.middleware.uploads import Upload
from server.services import profiles
from server.services.errors import Invalid
from server.services.profiles import Changes
from server.storage.portraits import PortraitKind


async def change_own(request: web.Request) -> web.StreamResponse:
    """Change the pictures of whoever is signed in."""
    form = await typed(request)
    try:
        await profiles.change(
            context_of(request),
            signed_in(request),
            _changes(form),
            brought=await _brought(request),
            removed=_removed(form),
        )
    except Invalid as wrong:
        return await settings_page(request, errors=wrong.fields, form=form)
    return see_other(request, "/settings#pictures", say(request, "The pictures are saved."))


async def change_of_community(request: web.Request) -> web.StreamResponse:
    """Change the pictures of a community."""
    listed, names = await governed(request)
    form = await typed(request)
    try:
        await profiles.change_pictures(
            context_of(request),
            signed_in(request),
            listed.community.id,
            _changes(form),
            brought=await _brought(request),
            removed=_removed(form),
        )
    except Invalid as wrong:
        return await edit_page(request, listed, names, errors=wrong.fields, form=form)
    path = views.path_of(listed.community.actor)
    return see_other(request, f"{path}/edit#pictures", say(request, "The pictures are saved."))


def _changes(form: Mapping[str, str]) -> Changes:
    return Changes(avatar_alt=form.get("avatar_alt", ""), header_alt=form.get("header_alt", ""))


def _removed(form: Mapping[str, str]) -> list[PortraitKind]:
    return [kind for kind in PortraitKind if f"drop-{kind.value}" in form]


async def _brought(request: web.Request) -> dict[PortraitKind, IO[bytes]]:
    sent = await forms.read(request)
    return {
        kind: given.file
        for kind in PortraitKind
        if isinstance(given := sent.get(kind.value), Upload)
    }
