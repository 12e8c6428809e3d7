"""Tables as lists of their rows, for programs that show no tables (wire.md 6.1)."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from typing_extensions import override

__all__ = ["as_lists"]

_PARTS = frozenset({"table", "thead", "tbody", "tr", "th", "td"})


def as_lists(html: str) -> str:
    """Rewrite each table of clean HTML as a list with one entry for each row.

    A cell is led by the heading of its column where there is one; the row of headings is not
    repeated. What has no table comes back unchanged, and clean HTML stays clean.
    """
    if "<table>" not in html:
        return html
    rewriting = _Rewriting()
    rewriting.feed(html)
    rewriting.close()
    return "".join(rewriting.pieces)


@dataclass(slots=True, kw_only=True)
class _Row:
    cells: list[str] = field(default_factory=list)
    headings: int = 0


@dataclass(slots=True, kw_only=True)
class _Table:
    outside: list[str]
    rows: list[_Row] = field(default_factory=list)


class _Rewriting(HTMLParser):
    def __init__(self) -> None:
        # What is escaped stays so: only tags of tables are looked at.
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self._tables: list[_Table] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        table = self._tables[-1] if self._tables else None
        match tag:
            case "table":
                self._tables.append(_Table(outside=self.pieces))
                self.pieces = []
            case "tr" if table is not None:
                table.rows.append(_Row())
            case "th" | "td":
                self.pieces = []
            case _ if tag not in _PARTS:
                self.pieces.append(self.get_starttag_text() or "")
            case _:
                pass

    @override
    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "table":
                table = self._tables.pop()
                self.pieces = [*table.outside, _listed(table.rows)]
            case "th" | "td":
                self._end_cell(is_heading=tag == "th")
            case _ if tag not in _PARTS:
                self.pieces.append(f"</{tag}>")
            case _:
                pass

    def _end_cell(self, *, is_heading: bool) -> None:
        row = self._tables[-1].rows[-1]
        row.cells.append("".join(self.pieces).strip())
        row.headings += is_heading
        self.pieces = []

    @override
    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @override
    def handle_entityref(self, name: str) -> None:
        self.pieces.append(f"&{name};")

    @override
    def handle_charref(self, name: str) -> None:
        self.pieces.append(f"&#{name};")


def _listed(rows: list[_Row]) -> str:
    headings: list[str] = []
    if rows and rows[0].headings == len(rows[0].cells) > 0:
        headings = rows[0].cells
        rows = rows[1:] or rows
    written = [_entry(row.cells, headings) for row in rows]
    entries = "".join(f"<li>{entry}</li>" for entry in written if entry)
    return f"<ul>{entries}</ul>" if entries else ""


def _entry(cells: list[str], headings: list[str]) -> str:
    named = (
        _named(cell, headings[at] if at < len(headings) else "")
        for at, cell in enumerate(cells)
        if cell
    )
    return "; ".join(named)


def _named(cell: str, heading: str) -> str:
    return f"<strong>{heading}:</strong> {cell}" if heading and heading != cell else cell
