"""What a member says of themselves, from clients: words, pictures, fields (client-api.md 5)."""

from dataclasses import replace
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import Field

from server.context import Context
from server.handlers.mastodon.account_entities import credentials
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.middleware import CONTEXT, forms
from server.middleware.uploads import Upload
from server.services import profiles
from server.services.profiles import Changes
from server.storage import members
from server.storage.members import Defaults
from server.storage.portraits import PortraitKind
from server.storage.sessions import SignedIn

_LANGUAGE: Final = r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?$"


class _Line(Parameters):
    name: str = ""
    value: str = ""


class _Source(Parameters):
    privacy: Maybe[Literal["public", "unlisted", "private", "direct"]] = None
    sensitive: Maybe[bool] = None
    language: Annotated[str | None, Field(pattern=_LANGUAGE)] = None
    quote_policy: Maybe[Literal["public", "followers", "nobody"]] = None

    def over(self, before: Defaults) -> Defaults:
        given = {
            name: value for name, value in self if value is not None and name != "language"
        }
        language = before.language if self.language is None else self.language or None
        return replace(before, **given, language=language)


class _Profile(Parameters):
    display_name: str | None = None
    note: str | None = None
    locked: Maybe[bool] = None
    bot: Maybe[bool] = None
    discoverable: Maybe[bool] = None
    indexable: Maybe[bool] = None
    hide_collections: Maybe[bool] = None
    avatar_description: str | None = None
    header_description: str | None = None
    fields_attributes: Many[_Line] | None = None
    source: _Source = Field(default_factory=_Source)

    def changes(self, before: Defaults) -> Changes:
        lines = self.fields_attributes
        return Changes(
            display_name=self.display_name,
            about=self.note,
            fields=None if lines is None else [(each.name, each.value) for each in lines],
            locked=self.locked,
            bot=self.bot,
            discoverable=self.discoverable,
            indexable=self.indexable,
            hides_collections=self.hide_collections,
            avatar_alt=self.avatar_description,
            header_alt=self.header_description,
            defaults=self.source.over(before),
        )


async def update_credentials(request: web.Request) -> web.Response:
    """PATCH /api/v1/accounts/update_credentials: what is not named is kept."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Profile)
    async with context.database.reading() as tx:
        before = await members.defaults(tx, member.member.id)
    actor = await profiles.change(
        context,
        member,
        given.changes(before),
        brought={kind: each.file for kind, each in (await _brought(request)).items()},
    )
    return await _answer(context, replace(member, member=replace(member.member, actor=actor)))


async def _brought(request: web.Request) -> dict[PortraitKind, Upload]:
    if request.content_type != "multipart/form-data":
        return {}
    sent = await forms.read(request)
    return {
        kind: given
        for kind in PortraitKind
        if isinstance(given := sent.get(kind.value), Upload)
    }


async def remove_avatar(request: web.Request) -> web.Response:
    """DELETE /api/v1/profile/avatar: initials again."""
    return await _remove(request, PortraitKind.AVATAR)


async def remove_header(request: web.Request) -> web.Response:
    """DELETE /api/v1/profile/header."""
    return await _remove(request, PortraitKind.HEADER)


async def _remove(request: web.Request, kind: PortraitKind) -> web.Response:
    context, member = request.app[CONTEXT], signed_in(request)
    actor = await profiles.change(context, member, Changes(), removed=[kind])
    return await _answer(context, replace(member, member=replace(member.member, actor=actor)))


async def _answer(context: Context, member: SignedIn) -> web.Response:
    async with context.database.reading() as tx:
        return entity(await credentials(tx, context, member))
