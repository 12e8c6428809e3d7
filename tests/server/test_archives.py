"""An archive that somebody brings is read with trust in nothing (DOS, aiohttp bombs)."""

import io
import struct
import zipfile

import pytest

from server.services import archives
from server.services.errors import Invalid

URI = "https://health.example/@ola"


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


def listed(*uris: str) -> bytes:
    return archives.table(("Account address", "Address"), [("a@b", uri) for uri in uris])


def encrypted() -> bytes:
    """Say of a file that it is encrypted, as the bit in both of its headers does."""
    raw = bytearray(zipped({"follows.csv": listed(URI)}))
    struct.pack_into("<H", raw, 6, 1)
    struct.pack_into("<H", raw, raw.index(b"PK\x01\x02") + 8, 1)
    return bytes(raw)


def damaged() -> bytes:
    raw = bytearray(zipped({"follows.csv": listed(*(f"{URI}{n}" for n in range(99)))}))
    raw[60:80] = bytes(20)
    return bytes(raw)


def lying() -> bytes:
    """Say of a large file that it is small: what is unpacked is counted, not believed."""
    raw = bytearray(zipped({"follows.csv": bytes(5_000_000)}))
    small = struct.pack("<I", 100)
    raw[22:26] = small
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = small
    return bytes(raw)


def claiming(size: int) -> bytes:
    """Say of a file that nobody reads that it is as large as this, unpacked."""
    raw = bytearray(zipped({"other.txt": b"x"}))
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, size)
    return bytes(raw)


def test_what_we_pack_is_what_we_unpack():
    raw = archives.packed(
        {
            "follows.csv": listed(URI),
            "memberships.csv": listed("https://transport.example/c/club"),
            "actor.json": b'{"source": {"content": "I *count*."}}',
        }
    )

    brought = archives.unpacked(raw)

    assert brought.follows == (URI,)
    assert brought.memberships == ("https://transport.example/c/club",)
    assert brought.about == "I *count*."


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"no zip", "archive-unknown"),
        (zipped({"other.txt": b"x"}), "archive-unknown"),
        (bytes(archives.LARGEST + 1), "archive-too-large"),
        (zipped({"follows.csv": bytes(1_900_000)}), "archive-bomb"),
        (zipped({"follows.csv": bytes(3_000_000)}, zipfile.ZIP_STORED), "archive-bomb"),
        (zipped({f"{n}.txt": b"" for n in range(51)}), "archive-bomb"),
        (claiming(0x20000000), "archive-bomb"),
        (lying(), "archive-unknown"),
        (encrypted(), "archive-damaged"),
        (damaged(), "archive-damaged"),
    ],
    ids=["text", "other", "large", "thick", "long", "many", "total", "lying", "secret", "torn"],
)
def test_dos_11_an_archive_that_is_none_is_refused_by_name(raw, reason):
    with pytest.raises(Invalid) as refused:
        archives.unpacked(raw)

    assert refused.value.reason == reason
    assert list(refused.value.fields) == ["archive"]


def test_dos_11_a_file_that_is_there_twice_is_refused():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("follows.csv", listed(URI))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("follows.csv", listed(URI))

    with pytest.raises(Invalid) as refused:
        archives.unpacked(raw.getvalue())

    assert refused.value.reason == "archive-damaged"


@pytest.mark.parametrize(
    ("actor", "about"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"{", ""),
        (b"[" * 100_000, ""),
        (b'{"summary": "<p>Hi <script>x</script>there</p>"}', "Hi there"),
        (b'{"summary": 5, "source": {"content": 7}}', ""),
        (b'{"source": {"content": "a\\u0000b"}}', "ab"),
    ],
)
def test_a_text_about_somebody_is_found_or_not(actor, about):
    raw = zipped({"actor.json": actor, "follows.csv": listed()}, zipfile.ZIP_STORED)

    assert archives.unpacked(raw).about == about


def test_addresses_are_kept_once_and_other_cells_not_at_all():
    rows = listed(URI, URI, "javascript:alert(1)", "", "file:///etc/passwd")

    assert archives.unpacked(archives.packed({"follows.csv": rows})).follows == (URI,)


def test_dos_11_no_more_lines_are_read_than_a_person_can_have():
    rows = listed(*(f"{URI}{n}" for n in range(6000)))

    assert len(archives.unpacked(zipped({"follows.csv": rows}, 0)).follows) == 5000


def test_dos_11_a_field_that_csv_cannot_hold_is_refused():
    raw = zipped({"follows.csv": b'Address\n"' + b"x,y z" * 40_000}, zipfile.ZIP_STORED)

    with pytest.raises(Invalid) as refused:
        archives.unpacked(raw)

    assert refused.value.reason == "archive-damaged"
