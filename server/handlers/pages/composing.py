"""Files beside what is being written: chosen, brought before, and what is said of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from server.handlers.pages.pages import context_of, signed_in
from server.middleware import forms
from server.middleware.uploads import Upload
from server.services import media as service
from server.services.attaching import Chosen
from server.services.errors import Invalid
from server.services.media_forms import LONGEST_DESCRIPTION, MOST, refused
from server.storage import media
from server.storage.media import Medium

_DESCRIBED: Final = re.compile(r"alt-([1-9][0-9]{0,18})")
#: Buttons that do not send what is written off yet.
_STAYS: Final = frozenset({"preview", "attach"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file in a form; `preview` is the address of a small picture, "" where there is none."""

    id: int
    title: str
    kind: str
    preview: str
    description: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What is written so far. `files` are shown again where the form is; `stays` says so."""

    form: dict[str, str]
    chosen: tuple[Chosen, ...]
    files: tuple[FileView, ...]
    wrong: str
    stays: bool


async def composed(request: web.Request, form: dict[str, str]) -> Composed:
    """Take the files that a form brings; those that are refused are left out, and told."""
    context, member = context_of(request), signed_in(request)
    kept = [each for each in _named(form) if f"drop-{each}" not in form]
    wrong = ""
    for upload in await _uploads(request):
        try:
            if len(kept) >= MOST:
                raise refused("media-too-many")
            medium = await service.take(context, member, upload.file, name=upload.name)
            kept.append(medium.id)
        except Invalid as refusal:
            wrong = refusal.fields["media"]
    if any(len(form.get(f"alt-{each}", "")) > LONGEST_DESCRIPTION for each in kept):
        wrong = refused("media-description").fields["media"]
    async with context.database.reading() as tx:
        found = await media.own(tx, member.member.id, kept)
    if len(found) < len(kept):
        wrong = refused("media-not-yours").fields["media"]
    return Composed(
        form=form,
        chosen=tuple(
            Chosen(id=each.id, description=form.get(f"alt-{each.id}")) for each in found
        ),
        files=views_of(found, form),
        wrong=wrong,
        stays=bool(wrong) or form.get("act") in _STAYS,
    )


def views_of(found: Iterable[Medium], form: Mapping[str, str]) -> tuple[FileView, ...]:
    return tuple(
        FileView(
            id=each.id,
            title=each.title,
            kind=each.kind.value,
            preview=service.preview_path_of(each) or "",
            description=form.get(f"alt-{each.id}", each.description),
            size=each.size,
        )
        for each in found
    )


def _named(form: Mapping[str, str]) -> list[int]:
    found = (_DESCRIBED.fullmatch(name) for name in form)
    return list(dict.fromkeys(int(each[1]) for each in found if each))[: MOST * 2]


async def _uploads(request: web.Request) -> list[Upload]:
    sent = (await forms.read(request)).getall("files", [])
    return [each for each in sent if isinstance(each, Upload)]
