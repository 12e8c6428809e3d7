"""The pictures of a profile, as they are shown where somebody changes them."""

from types import SimpleNamespace

from schemas.profiles import Details
from schemas.records import Actor
from server.context import Context
from server.services import portraits
from server.storage.portraits import PortraitKind


def pictures(context: Context, of: Actor, said: Details) -> SimpleNamespace:
    return SimpleNamespace(
        picture=portraits.path_of(context, of, PortraitKind.AVATAR),
        picture_words=said.avatar_alt,
        banner=portraits.path_of(context, of, PortraitKind.HEADER),
        banner_words=said.header_alt,
    )
