"""Write as a client does: post, edit, delete, vote (client-api.md 6 and 10)."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from schemas.mastodon.statuses import Status
from server.context import Context
from server.handlers.mastodon import scheduled
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, id_in, number
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.quotes import LETS, Policy
from server.handlers.mastodon.statuses import missing, one, reader_of
from server.middleware import CONTEXT
from server.services import boosting, changing, composing, polls
from server.services.attaching import Chosen
from server.services.composing import Ballot, Composed
from server.services.errors import Conflict, Invalid
from server.services.posts import Draft
from server.services.walls import CIRCLES, Circle
from server.storage import boosts, members, once
from server.storage.boosts import Boost
from server.storage.sessions import SignedIn

_LONGEST_KEY: Final = 200


class _Poll(Parameters):
    options: Many[str] = Field(default_factory=list)
    expires_in: int = 24 * 3600
    multiple: bool = False
    hide_totals: bool = False


class _Attribute(Parameters):
    id: str
    description: Maybe[str] = None


class _Written(Parameters):
    status: str = ""
    spoiler_text: Maybe[str] = None
    sensitive: Maybe[bool] = None
    in_reply_to_id: Maybe[str] = None
    visibility: Maybe[str] = None
    quoted_status_id: Maybe[str] = None
    scheduled_at: Maybe[str] = None
    language: Maybe[str] = None
    media_ids: Many[str] | None = None
    media_attributes: Many[_Attribute] = Field(default_factory=list)
    poll: Maybe[_Poll] = None
    quote_approval_policy: Maybe[Policy] = None


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/statuses."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await _as_usual(context, member, await read(request, _Written))
    _insist_on_what_we_do(given)
    key = key_of(request)
    known = await known_by(context, member, key)
    if known is None and given.scheduled_at is not None:
        params = given.model_dump(mode="json", exclude={"scheduled_at"})
        return await scheduled.take(
            request, _composed(given, None), params, at=given.scheduled_at, key=key
        )
    if known is None:
        try:
            facts = await composing.publish(context, member, _composed(given, key))
            known = facts.id
        except Conflict as before:
            known = await known_by(context, member, key)
            if before.reason != "done-already" or known is None:
                raise
    return entity(await _status(request, known))


async def _as_usual(context: Context, member: SignedIn, given: _Written) -> _Written:
    """Fill in what the member's posts usually are, where the client did not say."""
    async with context.database.reading() as tx:
        usual = await members.defaults(tx, member.member.id)
    sensitive = usual.sensitive if given.sensitive is None else given.sensitive
    return given.model_copy(
        update={
            "visibility": given.visibility or usual.privacy,
            "sensitive": sensitive,
            "quote_approval_policy": given.quote_approval_policy or usual.quote_policy,
        }
    )


def _insist_on_what_we_do(given: _Written) -> None:
    """Refuse what would be understood otherwise than it was meant.

    Raises:
        Invalid: "not-offered".
    """
    wrong = {}
    if given.visibility is not None and given.visibility not in CIRCLES:
        wrong["visibility"] = "It is one of public, unlisted, private and direct."
    if wrong:
        raise Invalid(wrong, reason="not-offered")


def composed_again(params: Mapping[str, Any]) -> Composed:
    """Read what was sent to be published later, as if it was sent now."""
    given = _Written.model_validate(params)
    _insist_on_what_we_do(given)
    return _composed(given, None)


def _composed(given: _Written, key: str | None) -> Composed:
    ballot = None
    if given.poll is not None:
        asked = given.poll
        ballot = Ballot(options=asked.options, seconds=asked.expires_in, several=asked.multiple)
    return Composed(
        draft=_draft(given, key), ballot=ballot, parent_id=_id(given.in_reply_to_id)
    )


def _draft(given: _Written, key: str | None = None) -> Draft:
    return Draft(
        source=given.status,
        circle=CIRCLES.get(given.visibility or "", Circle()),
        warning=given.spoiler_text or "",
        sensitive=bool(given.sensitive),
        quotes=_id(given.quoted_status_id),
        once=key,
        media=_chosen(given),
        quotable=LETS.get(given.quote_approval_policy or ""),
    )


def _chosen(given: _Written) -> tuple[Chosen, ...] | None:
    """List the files of a post; None where nothing was said of them, as in many edits."""
    if given.media_ids is None:
        return None
    said = {each.id: each.description for each in given.media_attributes}
    return tuple(
        Chosen(id=number(each) or 0, description=said.get(each)) for each in given.media_ids
    )


def _id(text: str | None) -> int | None:
    found = number(text)
    if text is not None and found is None:
        raise missing()
    return found


def key_of(request: web.Request) -> str | None:
    """Give the key with which a client sends the same again, where it brought one."""
    return request.headers.get("Idempotency-Key", "")[:_LONGEST_KEY] or None


async def known_by(context: Context, member: SignedIn, key: str | None) -> int | None:
    """Find what the member wrote with this key."""
    if key is None:
        return None
    async with context.database.reading() as tx:
        return await once.find(tx, member.member.id, key)


async def _status(request: web.Request, post_id: int) -> Status:
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        return await one(tx, context, reader_of(request), post_id)


async def edit(request: web.Request) -> web.Response:
    """PUT /api/v1/statuses/{id}."""
    context, member, post_id = request.app[CONTEXT], signed_in(request), id_in(request)
    given = await read(request, _Written)
    await composing.edit(context, member, post_id, _draft(given))
    return entity(await _status(request, post_id))


class _Deletion(Parameters):
    """Files are left for a post that is written anew, unless they are to go."""

    delete_media: bool = False


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/v1/statuses/{id}; gives what was written, for whoever writes it anew."""
    context, member, post_id = request.app[CONTEXT], signed_in(request), id_in(request)
    given, status = await read(request, _Deletion), await _status(request, post_id)
    async with context.database.reading() as tx:
        boost = (await boosts.by_ids(tx, [post_id])).get(post_id)
    if boost is not None:
        return await _unboosted(request, boost, status)
    async with context.database.reading() as tx:
        text = await composing.source_of(tx, context, member, post_id)
    end = changing.withdraw if given.delete_media else changing.withdraw_for_anew
    await end(context, member, post_id)
    return entity(status.model_copy(update={"text": text}))


async def _unboosted(request: web.Request, boost: Boost, status: Status) -> web.Response:
    """Take a boost back, which clients delete like a post."""
    context, member = request.app[CONTEXT], signed_in(request)
    if boost.actor_id != member.member.id:
        raise missing()
    await boosting.unboost(context, member, boost.post_id)
    return entity(status)


class _Votes(Parameters):
    choices: Many[int] = Field(default_factory=list)


async def vote(request: web.Request) -> web.Response:
    """POST /api/v1/polls/{id}/votes."""
    context, member, post_id = request.app[CONTEXT], signed_in(request), id_in(request)
    given = await read(request, _Votes)
    await polls.vote(context, member, post_id, given.choices)
    return await poll(request)


async def poll(request: web.Request) -> web.Response:
    """GET /api/v1/polls/{id}."""
    shown = (await _status(request, id_in(request))).poll
    if shown is None:
        raise missing()
    return entity(shown)
