"""Web Push: where a program is told of notifications, and what (client-api.md 8b)."""

from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import Field

from schemas.mastodon.notifications import WebPushSubscription
from schemas.records import Anonymous, MemberPrincipal, Surface
from server.context import Context
from server.handlers.mastodon import notifications
from server.handlers.mastodon.answers import entity, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.status_entities import Reader
from server.handlers.mastodon.statuses import missing
from server.middleware import CLIENT, CONTEXT
from server.services import pushing, sharing
from server.services.catalogue import noted, translations
from server.services.pushing import Wanted
from server.storage import bulletins, desk, posts
from server.storage.database import Transaction
from server.storage.notifications import Notification
from server.storage.pushes import Push, Subscription

_LONGEST: Final = 200  # characters
#: The same words as on the page of notifications.
_WORDS: Final = {
    "answer": noted("%(who)s answered your question"),
    "comment": noted("%(who)s commented on your post"),
    "mention": noted("%(who)s mentioned you"),
    "quote": noted("%(who)s quoted your post"),
    "helpful": noted("Your post helped %(who)s"),
    "boost": noted("%(who)s passed your post on"),
    "kudos": noted("%(who)s thanked you"),
    "accepted": noted("Your answer worked for %(who)s"),
    "follow": noted("%(who)s follows you"),
    "poll-closed": noted("A poll of yours, or one you voted in, has closed: see the result"),
}
_SOMETHING: Final = noted("Something happened")
_FOR_MEMBERS: Final = noted("In a community for its members")


class _Keys(Parameters):
    p256dh: str = ""
    auth: str = ""


class _Place(Parameters):
    endpoint: str = ""
    keys: _Keys = Field(default_factory=_Keys)
    standard: Maybe[bool] = None


class _Choice(Parameters):
    alerts: dict[str, Maybe[bool]] = Field(default_factory=dict)
    policy: Maybe[str] = None


class _Given(Parameters):
    """`policy` stands within `data`; some apps send it beside."""

    subscription: _Place = Field(default_factory=_Place)
    data: _Choice = Field(default_factory=_Choice)
    policy: Maybe[str] = None

    @property
    def alerts(self) -> dict[str, bool]:
        return {name: bool(wanted) for name, wanted in self.data.alerts.items()}

    @property
    def chosen_policy(self) -> str | None:
        return self.data.policy or self.policy


async def subscribe(request: web.Request) -> web.Response:
    """POST /api/v1/push/subscription: one for each token, the last one that was given."""
    context, given = request.app[CONTEXT], await read(request, _Given)
    place = given.subscription
    wanted = Wanted(
        endpoint=place.endpoint,
        p256dh=place.keys.p256dh,
        auth=place.keys.auth,
        standard=bool(place.standard),
        alerts=given.alerts,
        policy=given.chosen_policy or "all",
    )
    return _shown(context, await pushing.subscribe(context, _token(request), wanted))


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/push/subscription."""
    context = request.app[CONTEXT]
    return _shown(context, await pushing.subscription(context, _token(request)))


async def change(request: web.Request) -> web.Response:
    """PUT /api/v1/push/subscription: all alerts are given anew."""
    context, given = request.app[CONTEXT], await read(request, _Given)
    return _shown(
        context,
        await pushing.change(context, _token(request), given.alerts, given.chosen_policy),
    )


async def unsubscribe(request: web.Request) -> web.Response:
    """DELETE /api/v1/push/subscription."""
    await pushing.unsubscribe(request.app[CONTEXT], _token(request))
    return plain({})


def _token(request: web.Request) -> int:
    client = request[CLIENT]
    if client is None:
        raise missing()
    return client.token_id


def _shown(context: Context, of: Subscription) -> web.Response:
    return entity(
        WebPushSubscription(
            id=of.id,
            endpoint=of.endpoint,
            standard=of.standard,
            alerts={name: name in of.alerts for name in pushing.ALERTS},
            policy=of.policy,
            server_key=pushing.server_key(context),
        )
    )


async def compose(tx: Transaction, context: Context, push: Push) -> bytes | None:
    """Say what a program shows: what happened, and no word that is for members alone (VIS-04).

    None where the program does not want it, or its member may no longer read it.
    """
    found = await bulletins.find(tx, push.member_id, [push.notification_id])
    joined = await desk.joined(tx, push.member_id)
    principal = MemberPrincipal(actor_id=push.member_id, role=push.role, joined=joined)
    reader = Reader(principal=principal, member_id=push.member_id)
    shown = await notifications.rendered(tx, context, reader, found)
    if not shown or shown[0].type not in push.subscription.alerts:
        return None
    [notification], [stored] = shown, found
    told = translations(push.language)
    who = notification.account.display_name[:_LONGEST]
    about = await _public_title(tx, context, stored) or told.gettext(_FOR_MEMBERS)
    payload: dict[str, Any] = {
        # Of a token we keep a hash only, so that no copy of the database opens an account. Apps
        # find with it which of several accounts is meant; without it they show what is told.
        "access_token": "",
        "preferred_locale": push.language,
        "notification_id": stored.id,
        "notification_type": notification.type,
        "icon": notification.account.avatar_static,
        "title": told.gettext(_WORDS.get(stored.kind, _SOMETHING)) % {"who": who},
        "body": context.settings.name if notification.status is None else about[:_LONGEST],
    }
    return orjson.dumps(payload)


async def _public_title(tx: Transaction, context: Context, of: Notification) -> str:
    """Give the title of the thread where everybody may read it, else nothing."""
    sealed = await posts.find(tx, of.root_id) if of.root_id is not None else None
    if sealed is None or sealed.facts.deleted_at is not None:
        return ""
    told = sharing.release(context, sealed, Anonymous(), Surface.API)
    return told.content.title if told is not None else ""
