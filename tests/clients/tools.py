"""Programs by others as people run them: toot at a prompt, a script on Mastodon.py."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mastodon import Mastodon
from yarl import URL

from tests.clients.programs import program_of
from tests.instance import Instance

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A member at an agency, and the token of their programs."""

    name: str
    address: str
    token: str


async def owner(instance: Instance, name: str) -> Owner:
    program = await program_of(instance, name)
    return Owner(
        name=name,
        # Where tools find it that know no names below localhost.
        address=f"http://localhost:{URL(instance.origin).port}",
        token=program.headers["Authorization"].removeprefix("Bearer "),
    )


def toot_home(of: Owner, folder: Path) -> Path:
    """Write what `toot login` would keep."""
    host = of.address.removeprefix("http://")
    user = f"{of.name}@{host}"
    kept = {
        "apps": {
            host: {
                "instance": host,
                "base_url": of.address,
                "client_id": "x",
                "client_secret": "x",
            }
        },
        "users": {
            user: {"instance": host, "username": of.name, "access_token": of.token},
        },
        "active_user": user,
    }
    (folder / "toot").mkdir(parents=True)
    (folder / "toot" / "config.json").write_text(json.dumps(kept))
    return folder


async def toot(home: Path, *arguments: str) -> str:
    """Run toot; what it printed. It must succeed."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("toot"),
        "--no-color",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"XDG_CONFIG_HOME": str(home), "HOME": str(home), "PATH": "", "LC_ALL": "C.UTF-8"},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def script(of: Owner, act: Callable[[Any], T]) -> T:
    """Run a script on Mastodon.py, in a thread of its own, for it waits."""

    def run() -> T:
        return act(Mastodon(access_token=of.token, api_base_url=of.address))

    return await asyncio.to_thread(run)
