"""Recognition as it travels: a Note, a credential (Open Badges 3.0), an assertion (2.0)."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from schemas.wire.parts import Tags, one_part
from schemas.wire.reading import (
    Boolean,
    Document,
    LenientType,
    LinkOrNone,
    Moment,
    OptionalUri,
    Recipients,
    Text,
    TypeNames,
    Uri,
    entries,
    lenient_type_name,
    link_or_none,
    read_as,
    strings,
    text,
)
from schemas.wire.vocabulary import LIMITS

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_2: Final = "https://w3id.org/openbadges/v2"
#: How a credential is linked to and served; the second is its name since VC 2.0.
CREDENTIAL_TYPES: Final = ("application/vc+ld+json", "application/vc")
_CREDENTIAL: Final = "OpenBadgeCredential"
_ASSERTION: Final = "Assertion"


def _attached(value: object) -> tuple[dict[str, Any], ...]:
    return entries(value)[: LIMITS["attachment"].at]


def _narrative(value: object) -> str:
    part = one_part(value)
    return text(part.get("narrative")) if isinstance(part, dict) else ""


def _issuer(value: object) -> str | None:
    """Read whose a badge is: BadgeFed has the actor as `url`, and a page of it as `id`."""
    part = one_part(value)
    if isinstance(part, dict) and "url" in part:
        return link_or_none(part["url"])
    return link_or_none(value)


Criteria = Annotated[str, BeforeValidator(_narrative)]


class RecognitionDocument(Document):
    """A Note by which a community or an organisation recognises somebody (wire.md 0.7)."""

    id: Uri
    type: TypeNames
    attributed_to: Uri
    in_reply_to: OptionalUri = None
    audience: Recipients = ()
    tag: Tags = ()
    published: Moment = None
    attachment: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_attached)] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """Whom it mentions."""
        return tuple(tag.href for tag in self.tag if tag.type == "Mention" and tag.href)


class AchievementDocument(Document):
    """What a credential, or a badge, is for."""

    name: Text = ""
    description: Text = ""
    criteria: Criteria = ""


class SubjectDocument(Document):
    """Who holds a credential, and for what."""

    id: LinkOrNone = None
    achievement: Annotated[AchievementDocument | None, BeforeValidator(one_part)] = None


class CredentialDocument(Document):
    """An Open Badges 3.0 credential; its proof is checked apart from it."""

    id: Uri
    type: TypeNames
    issuer: Uri
    name: Text = ""
    credential_subject: Annotated[SubjectDocument | None, BeforeValidator(one_part)] = None

    @property
    def is_badge(self) -> bool:
        """Say whether it calls itself an Open Badge."""
        return _CREDENTIAL in self.type


class BadgeClassDocument(AchievementDocument):
    """What an Open Badges 2.0 assertion is about, and whose badge that is."""

    issuer: Annotated[str | None, BeforeValidator(_issuer)] = None


class IdentityDocument(Document):
    """Whom an assertion is about; a hash of them is nobody whom we could show."""

    type: LenientType = ""
    identity: Text = ""
    hashed: Boolean = None


class AssertionDocument(Document):
    """An Open Badges 2.0 assertion, as BadgeFed attaches it to its Notes."""

    id: Uri
    recipient: Annotated[IdentityDocument | None, BeforeValidator(one_part)] = None
    badge: Annotated[object, Field(default=None)] = None


def assertion_in(attached: tuple[dict[str, Any], ...]) -> dict[str, Any] | None:
    """Find the assertion among what is attached."""
    return next((each for each in attached if _ASSERTION in strings(each.get("type"))), None)


def credential_link_in(attached: tuple[dict[str, Any], ...]) -> str | None:
    """Find the address of the credential among what is attached."""
    for each in attached:
        is_link = lenient_type_name(each.get("type")) == "Link"
        if is_link and text(each.get("mediaType")).lower() in CREDENTIAL_TYPES:
            return link_or_none(each.get("href"))
    return None


def parse_recognition(document: dict[str, Any]) -> RecognitionDocument:
    """Read a Note that should be a recognition.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(RecognitionDocument, document)


def parse_credential(document: dict[str, Any]) -> CredentialDocument:
    """Read an Open Badges 3.0 credential.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(CredentialDocument, document)


def parse_assertion(document: dict[str, Any]) -> AssertionDocument:
    """Read an Open Badges 2.0 assertion.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(AssertionDocument, document)


def parse_badge_class(document: object) -> BadgeClassDocument:
    """Read what an assertion is about.

    Raises:
        BadDocument: "not-an-object".
    """
    return read_as(BadgeClassDocument, document)
