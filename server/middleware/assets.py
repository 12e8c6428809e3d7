"""The built styles and scripts: their hashed names, and where each file is."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path


class NotBuilt(LookupError):
    """The styles and scripts were not built: `make static` does that."""


def static_path(name: str) -> str:
    """Give the path of a file by its plain name, such as "commonlore.css".

    Raises:
        NotBuilt: there is no such file, or none at all.
    """
    try:
        return f"/static/{manifest()[name]}"
    except KeyError:
        raise NotBuilt(name) from None


def find(hashed_name: str) -> Path | None:
    """Find a built file by the name in its address; nothing else in the folder is served."""
    try:
        return _folder() / hashed_name if hashed_name in manifest().values() else None
    except NotBuilt:
        return None


@cache
def manifest() -> dict[str, str]:
    """Map plain names to hashed ones.

    Raises:
        NotBuilt: nothing was built yet.
    """
    try:
        found: dict[str, str] = json.loads((_folder() / "manifest.json").read_text())
    except FileNotFoundError:
        raise NotBuilt("server/static/built") from None
    return found


def _folder() -> Path:
    return Path(str(files("server"))) / "static" / "built"
