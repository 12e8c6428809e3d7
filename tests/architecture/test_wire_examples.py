"""Every recorded document is read, or refused by the name it is kept under."""

import pytest

from tests.architecture.source import ROOT, shown
from tests.wire.understanding import REFUSED, reason_of_refusal

# tests/wire/<program>/<what>.json is read; <what>.refused-<reason>.json is refused for that.
DOCUMENTS = sorted((ROOT / "tests/wire").rglob("*.json"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_a_recorded_document_is_read_or_refused_by_name(path):
    named = REFUSED.fullmatch(path.name)

    assert reason_of_refusal(path) == (named[1] if named else None)


def test_a_document_that_is_nothing_is_refused(tmp_path):
    path = tmp_path / "nothing.json"
    path.write_text("[]")

    assert reason_of_refusal(path) is not None
