"""Whom and what the suite expects at its server: three members, an app, and known tokens."""

from collections.abc import Sequence
from typing import Final

from schemas.records import Role
from server.services import drafts, profiles
from server.services.accounts import hash_of
from server.services.drafts import SignUp
from server.services.profiles import Changes
from server.services.redirect_uris import OUT_OF_BAND
from server.storage import actors, apps, members, tokens
from server.storage.apps import App
from server.storage.members import Member
from tests.instance import PASSWORD, Instance
from tests.stories import life

_MEMBERS: Final = (
    ("admin", Role.OPERATOR),
    ("admin2", Role.OPERATOR),
    ("mastodonpy_test", Role.MEMBER),
    ("mastodonpy_test_2", Role.MEMBER),
)
_SCOPES: Final = ("read", "write", "follow", "push")
_ADMIN: Final = ("admin:read", "admin:write")
#: Which token of the suite is whose.
_TOKENS: Final = (
    ("__MASTODON_PY_TEST_ACCESS_TOKEN", "mastodonpy_test", _SCOPES),
    ("__MASTODON_PY_TEST_ACCESS_TOKEN_2", "admin", _SCOPES + _ADMIN),
    ("__MASTODON_PY_TEST_ACCESS_TOKEN_3", "mastodonpy_test_2", _SCOPES),
)


async def seed(instance: Instance) -> None:
    """Make the members of the suite's server, in its order, and what they gave its app."""
    ids = {name: await _member(instance, name, role) for name, role in _MEMBERS}
    # Who follows this one has to ask.
    locked = await life.signed_in(instance.context, "mastodonpy_test")
    await profiles.change(instance.context, locked, Changes(locked=True))
    # And this one wants to be found.
    open_one = await life.signed_in(instance.context, "mastodonpy_test_2")
    await profiles.change(instance.context, open_one, Changes(discoverable=True))
    app_id = await _app(instance)
    for token, name, scopes in _TOKENS:
        await _token(instance, token, app_id=app_id, member_id=ids[name], scopes=scopes)


async def _member(instance: Instance, name: str, role: Role) -> int:
    """Add a member by any name: "admin" is one that nobody may sign up with here."""
    context = instance.context
    draft = SignUp(
        name=name, display_name=name, password=PASSWORD, invitation=None, time_zone="UTC"
    )
    prepared = await drafts.prepare(context, draft)
    actor, now = prepared.actor, context.now()
    member = Member(
        actor=actor, role=role, language="en", time_zone=prepared.time_zone, created_at=now
    )
    async with context.database.transaction("test") as tx:
        await actors.add(tx, actor, now=now)
        await members.add(tx, member, prepared.password_hash)
        for pair in prepared.keys:
            await actors.add_key_pair(tx, actor.id, pair, now=now)
    return actor.id


async def _app(instance: Instance) -> int:
    """Take the suite's app on; a use case would choose its id and secret by chance."""
    context = instance.context
    app = App(
        id=context.ids.mint(context.now()),
        client_id="__MASTODON_PY_TEST_CLIENT_ID",
        secret_hash=hash_of("__MASTODON_PY_TEST_CLIENT_SECRET"),
        name="Mastodon.py test suite",
        website=None,
        redirect_uris=(OUT_OF_BAND,),
        scopes=_SCOPES + _ADMIN,
    )
    async with context.database.transaction("test") as tx:
        await apps.add(tx, app, now=context.now())
    return app.id


async def _token(
    instance: Instance, token: str, *, app_id: int, member_id: int, scopes: Sequence[str]
) -> None:
    context = instance.context
    async with context.database.transaction("test") as tx:
        await tokens.add(
            tx,
            context.ids.mint(context.now()),
            hash_of(token),
            app_id=app_id,
            member_id=member_id,
            scopes=scopes,
            now=context.now(),
        )
