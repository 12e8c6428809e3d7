"""Every recorded document is read, or refused by the name it is kept under."""

import re
from datetime import UTC, datetime

import pytest

from federation.errors import Malformed
from federation.translate.incoming import activity_from
from federation.translate.incoming_actors import actor_from
from federation.translate.incoming_posts import post_from
from schemas.wire import strict
from schemas.wire.vocabulary import ActivityType, ActorType, BadDocument
from tests.architecture.source import ROOT, shown

# tests/wire/<program>/<what>.json is read; <what>.refused-<reason>.json is refused for that.
DOCUMENTS = sorted((ROOT / "tests/wire").rglob("*.json"))
REFUSED = re.compile(r".+\.refused-([a-z0-9-]+)\.json")
NOW = datetime(2026, 12, 31, tzinfo=UTC)


def read(path):
    """Read a document as what it says it is; give the reason where it is refused."""
    try:
        document = strict.loads(path.read_bytes())
        kind = document.get("type")
        if kind in set(ActorType):
            actor_from(document, now=NOW)
        elif kind in set(ActivityType):
            activity_from(document)
        else:
            post_from(document, now=NOW)
    except (BadDocument, Malformed) as error:
        return error.reason
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_a_recorded_document_is_read_or_refused_by_name(path):
    named = REFUSED.fullmatch(path.name)

    assert read(path) == (named[1] if named else None)


def test_a_document_that_is_nothing_is_refused(tmp_path):
    path = tmp_path / "nothing.json"
    path.write_text("[]")

    assert read(path) is not None
