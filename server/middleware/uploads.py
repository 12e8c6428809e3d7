"""Forms with files, read within limits: few parts, little text, files aside on the disk."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Final

from aiohttp import BodyPartReader, web
from multidict import MultiDict

from server.middleware.keys import CONTEXT
from server.storage.files import Folder

#: Bytes of all text in a form: 20 000 characters of which each takes twelve, and the rest.
MOST_TEXT: Final = 300_000
MOST_PARTS: Final = 200
_PIECE: Final = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of a form, read from its start. `name` is whatever its sender calls it."""

    name: str
    file: IO[bytes]


Form = MultiDict[str | Upload]
#: What is open until the request is answered, also where its form could not be read.
_OPEN: Final = web.RequestKey[list[IO[bytes]]]("uploads")


def close(request: web.Request) -> None:
    """Let go of the files of a form, which are gone then."""
    for file in request.get(_OPEN, ()):
        file.close()


async def read(request: web.Request) -> Form:
    """Read a form with files (DOS-14); files without a name were not chosen.

    Raises:
        HTTPRequestEntityTooLarge: more parts or more text than a form has.
        ValueError: none that can be read.
    """
    form: Form = MultiDict()
    left = MOST_TEXT
    async for part in _parts(request):
        if part.name is None:
            raise ValueError("a part without a name")
        if part.filename is None:
            text = await _text(part, left)
            left -= len(text)
            form.add(part.name, text.decode())
        elif part.filename:
            form.add(part.name, Upload(name=part.filename, file=await _file(request, part)))
    return form


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    reader = await request.multipart()
    count = 0
    while (part := await reader.next()) is not None:
        count += 1
        if count > MOST_PARTS:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_PARTS, actual_size=count)
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form within a form")  # noqa: TRY004 as all that cannot be read
        yield part


async def _text(part: BodyPartReader, most: int) -> bytes:
    text = bytearray()
    while piece := await part.read_chunk(_PIECE):
        text += piece
        if len(text) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_TEXT, actual_size=len(text))
    return bytes(text)


async def _file(request: web.Request, part: BodyPartReader) -> IO[bytes]:
    """Write a file aside; it has no name there, and is gone when nobody reads it any more."""
    folder = Folder(path=request.app[CONTEXT].settings.media_folder)
    aside = await asyncio.to_thread(folder.aside)
    file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile, dir=aside.parent)
    request.setdefault(_OPEN, []).append(file)
    while piece := await part.read_chunk(_PIECE):
        await asyncio.to_thread(file.write, piece)
    await asyncio.to_thread(file.seek, 0)
    return file
