"""A member's archive: asked for, fetched, and brought to a new account."""

from aiohttp import web

from server.handlers.pages.pages import context_of, id_in, page, see_other, signed_in
from server.handlers.pages.words import noted, say, say_many
from server.middleware import forms
from server.middleware.uploads import Upload
from server.services import archives, exporting, taking_in
from server.services.errors import Invalid
from server.storage import account_jobs
from server.storage.account_jobs import JobKind

_PATH = "/settings/archive"


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def make(request: web.Request) -> web.StreamResponse:
    """Ask for an archive; the page shows how far it is."""
    await exporting.ask(context_of(request), signed_in(request))
    told = say(request, "Your archive is being made. You can go on with something else.")
    return see_other(request, _PATH, told)


async def download(request: web.Request) -> web.StreamResponse:
    """Give the zip file to its own member, and to nobody's cache."""
    session = signed_in(request)
    job_id = id_in(request.match_info["id"])
    content = await exporting.fetch(context_of(request), session, job_id)
    name = f"commonlore-{session.member.actor.name}.zip"
    return web.Response(
        body=content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def bring(request: web.Request) -> web.StreamResponse:
    """Take the archive of another account; nothing in it is believed."""
    upload = (await forms.read(request)).get("archive")
    if not isinstance(upload, Upload):
        return await _page(request, errors={"archive": noted("Choose the file first.")})
    try:
        raw = upload.file.read(archives.LARGEST + 1)
        total = await taking_in.bring(context_of(request), signed_in(request), raw)
    except Invalid as wrong:
        return await _page(request, errors=wrong.fields)
    told = say_many(
        request,
        "We ask for %(num)s follow or membership, one after the other.",
        "We ask for %(num)s follows and memberships, one after the other.",
        total,
    )
    return see_other(request, _PATH, told)


async def use_about(request: web.Request) -> web.StreamResponse:
    """Take over the text about the member that their archive offers."""
    await taking_in.use_about(context_of(request), signed_in(request))
    return see_other(request, "/settings", say(request, "Your profile is saved."))


async def _page(request: web.Request, *, errors: dict[str, str] | None = None) -> web.Response:
    context, session = context_of(request), signed_in(request)
    member_id = session.member.id
    async with context.database.reading() as tx:
        made = await account_jobs.latest(tx, member_id, JobKind.EXPORT)
        brought = await account_jobs.latest(tx, member_id, JobKind.IMPORT)
        done = brought is not None and brought.state == "done"
        kept = await account_jobs.content(tx, brought.id) if brought and done else None
    now = context.now()
    is_there = made is not None and made.expires_at is not None and made.expires_at > now
    taken = taking_in.outcome(kept)
    return page(
        request,
        "takeout.html",
        errors=errors,
        made=made,
        is_there=is_there,
        brought=brought,
        about=taken.about if taken.about != session.member.actor.summary_source else "",
        refused=taken.refused,
    )
