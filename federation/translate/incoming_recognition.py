"""Document to recognition: what another community, or BadgeFed, says that somebody earned."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.reading import read, settled_time
from federation.uris import same_origin
from schemas.wire.activities import Activity
from schemas.wire.credentials import (
    AchievementDocument,
    RecognitionDocument,
    assertion_in,
    credential_link_in,
    parse_assertion,
    parse_badge_class,
    parse_credential,
    parse_recognition,
)
from schemas.wire.reading import is_uri, link_or_none
from schemas.wire.vocabulary import LIMITS, ActivityType, BadDocument, ObjectType


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRecognition:
    """What an issuer says that it gave somebody; what exactly, the credential says.

    `people` are those who may be meant. `badge` is what an assertion is about, or where that
    is to be found; None where the credential is to be fetched.
    """

    uri: str
    issuer_uri: str
    credential_uri: str
    people: tuple[str, ...]
    given_at: datetime
    badge: dict[str, Any] | str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingAward:
    """Who earned what, in plain words, as the credential itself has it."""

    person_uri: str
    name: str
    criteria: str


def is_recognition(activity: Activity) -> bool:
    """Say whether a Create carries a recognition: a Note with a credential (wire.md 0.7, 3).

    A reply, or what is written in a community, is a post, whatever is attached to it.
    """
    if activity.verb is not ActivityType.CREATE or activity.embedded is None:
        return False
    try:
        found = parse_recognition(activity.embedded)
    except BadDocument:
        return False
    if ObjectType.NOTE not in found.type or found.in_reply_to is not None or found.audience:
        return False
    return bool(assertion_in(found.attachment) or credential_link_in(found.attachment))


def recognition_from(activity: Activity, *, now: datetime) -> IncomingRecognition:
    """Read a recognition in our own form, or in BadgeFed's (wire.md 0.7, 3).

    Raises:
        Malformed: "author-not-actor", "author-other-origin", "credential-missing",
            "credential-other-origin", "recipient-missing", "recipient-hashed",
            "recipient-not-a-url", or a property and what is wrong with it.
    """
    found = read(parse_recognition, activity.embedded or {})
    if found.attributed_to != activity.actor:
        raise Malformed("author-not-actor")
    if not same_origin(found.id, found.attributed_to):
        raise Malformed("author-other-origin")
    assertion = assertion_in(found.attachment)
    told = _linked(found, now) if assertion is None else _asserted(found, assertion, now)
    if not same_origin(told.credential_uri, told.issuer_uri):
        raise Malformed("credential-other-origin")
    return told


def award_from_credential(document: dict[str, Any], told: IncomingRecognition) -> IncomingAward:
    """Read an Open Badges 3.0 credential that was fetched where it is (ACT-23).

    Raises:
        Malformed: "not-a-credential", "credential-id-changed", "issuer-not-actor",
            "recipient-not-called", "recognition-without-name", or a property and what is
            wrong with it.
    """
    found = read(parse_credential, document)
    subject = found.credential_subject
    if not found.is_badge or subject is None:
        raise Malformed("not-a-credential")
    if found.id != told.credential_uri:
        raise Malformed("credential-id-changed")
    _insist_on_issuer(found.issuer, told)
    if subject.id is None or subject.id not in told.people:
        raise Malformed("recipient-not-called")
    return _award(subject.id, subject.achievement or AchievementDocument(), found.name)


def award_from_badge(badge: dict[str, Any], told: IncomingRecognition) -> IncomingAward:
    """Read what an assertion is about; the badge must be its issuer's own (wire.md 3).

    Raises:
        Malformed: "issuer-not-actor", "recognition-without-name".
    """
    found = read(parse_badge_class, badge)
    _insist_on_issuer(found.issuer, told)
    return _award(told.people[0], found, "")


def _insist_on_issuer(issuer: str | None, told: IncomingRecognition) -> None:
    """Hold the issuer of a credential to the actor who signed for it."""
    if issuer != told.issuer_uri:
        raise Malformed("issuer-not-actor")


def _linked(found: RecognitionDocument, now: datetime) -> IncomingRecognition:
    address = credential_link_in(found.attachment)
    if address is None:
        raise Malformed("credential-missing")
    if not found.called:
        raise Malformed("recipient-missing")
    return IncomingRecognition(
        uri=found.id,
        issuer_uri=found.attributed_to,
        credential_uri=address,
        people=found.called,
        given_at=settled_time(found.published, now),
    )


def _asserted(
    found: RecognitionDocument, attached: dict[str, Any], now: datetime
) -> IncomingRecognition:
    assertion = read(parse_assertion, attached)
    recipient = assertion.recipient
    if recipient is None:
        raise Malformed("recipient-missing")
    if recipient.hashed is True:
        raise Malformed("recipient-hashed")
    if recipient.type.lower() != "url" or not is_uri(recipient.identity):
        raise Malformed("recipient-not-a-url")
    return IncomingRecognition(
        uri=found.id,
        issuer_uri=found.attributed_to,
        credential_uri=assertion.id,
        people=(recipient.identity,),
        given_at=settled_time(found.published, now),
        badge=_badge(assertion.badge),
    )


def _badge(value: object) -> dict[str, Any] | str:
    if isinstance(value, dict):
        return value
    address = link_or_none(value)
    if address is None:
        raise Malformed("credential-missing")
    return address


def _award(person_uri: str, found: AchievementDocument, name: str) -> IncomingAward:
    shown = sanitize.plain(found.name or name, limit=LIMITS["title"].at)
    if not shown:
        raise Malformed("recognition-without-name")
    reason = found.criteria or found.description
    return IncomingAward(
        person_uri=person_uri,
        name=shown,
        criteria=sanitize.plain(reason, limit=LIMITS["note"].at),
    )
