"""Pictures of strangers: decoded in a process of their own, written anew without metadata."""

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import orjson
import structlog

from server.context import Context
from server.services import developing
from server.services.developing import Developed
from server.services.media_forms import refused

_log: Final = structlog.get_logger()
_SCRIPT: Final = Path(developing.__file__)
#: Seconds; the process has fewer of its own, but may wait for others.
_PATIENCE: Final = 60.0


async def develop(
    context: Context,
    source: Path,
    form: str,
    *,
    whole: Path,
    preview: Path,
    shape: tuple[int, int] | None = None,
) -> Developed:
    """Write a picture and a small one anew; `form` is what its bytes say that it is.

    `shape` is how wide and high a picture of a profile may be, which it is cut to.

    Raises:
        Invalid: field media; "media-pixels", "media-frames", "media-damaged", "media-slow",
            "decoder-too-old".
    """
    async with context.decoding:
        written = await _run(source, form, whole, preview, shape)
    if written is None:
        raise refused("media-slow")
    try:
        answer = orjson.loads(written)
    except orjson.JSONDecodeError:
        # It died: of its limits, or of what the picture did to it.
        _log.warning("picture-killed-its-decoder", form=form)
        raise refused("media-damaged") from None
    if reason := answer.get("reason"):
        raise refused(reason)
    return Developed(**answer)


async def _run(
    source: Path, form: str, whole: Path, preview: Path, shape: tuple[int, int] | None
) -> bytes | None:
    with ExitStack() as files:
        read = files.enter_context(source.open("rb"))
        outputs = [files.enter_context(path.open("xb")).fileno() for path in (whole, preview)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_SCRIPT),
            form,
            *map(str, (*outputs, *(shape or ()))),
            stdin=read,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=outputs,
            env={},  # nothing of ours: no passwords, no paths
            cwd="/",
        )
    try:
        async with asyncio.timeout(_PATIENCE):
            output, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output
