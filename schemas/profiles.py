"""What actors say of themselves beside name and text: fields, wishes, words for pictures."""

from dataclasses import dataclass
from typing import Final

#: How many lines a member's profile may have, and characters of a name or a value.
MOST_FIELDS: Final = 6
LONGEST_FIELD: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """A line of a profile: `value` is clean HTML, `source` is what its member typed."""

    name: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an actor says of itself.

    `locked`: they decide who follows them. `bot`: a program speaks. `discoverable` and
    `indexable`: they want to be shown in directories, and found by search. The alt texts are
    of the pictures of the profile, plain text.
    """

    fields: tuple[ProfileField, ...] = ()
    locked: bool = False
    bot: bool = False
    discoverable: bool = False
    indexable: bool = False
    hides_collections: bool = True
    avatar_alt: str = ""
    header_alt: str = ""


#: What is so of whoever says nothing.
UNSAID: Final = Details()
