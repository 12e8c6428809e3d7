"""XSS-11: what leaves in another form than a page is no program for whoever opens it."""

import csv
import io
import re
from pathlib import Path
from typing import Final

import pytest

import server
from server.services import archives

TEMPLATES: Final = sorted((Path(server.__file__).parent / "templates").rglob("*.html"))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("https://evil.example")'],
)
def test_xss_11_no_cell_is_a_formula(cell: str) -> None:
    table = archives.table(("a",), [(cell,)])

    _, [read] = csv.reader(io.StringIO(table.decode(), newline=""))
    assert read == f"'{cell}"


def test_xss_11_a_cell_ends_where_it_says() -> None:
    cells = ('a","=1+1', "a\r\n=1+1,x", "</script>")

    _, read = csv.reader(
        io.StringIO(archives.table(("a", "b", "c"), [cells]).decode(), newline="")
    )

    assert tuple(read) == cells


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_xss_11_no_page_has_data_in_a_script_a_feed_or_a_preview(path: Path) -> None:
    """What is not there cannot be escaped wrongly; whoever adds it meets this test."""
    text = path.read_text()

    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
    assert all("src=" in attributes and not inside for attributes, inside in scripts)
    assert not re.search(
        r"application/(?:json|ld\+json|rss\+xml|atom\+xml)|og:|\btojson\b", text
    )
