"""Reads the PNG files that the Swift tests leave in .build/pages, by Python's own zlib."""

import pathlib
import struct
import zlib

import pytest

PAGES = pathlib.Path(__file__).resolve().parents[2] / ".build/pages"

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="the Swift tests have not left their pages")


def pixels(path):
    """The width, the height and the rows of an RGB picture; every checksum must hold."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, size = 8, b"", None
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 4:place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0] == zlib.crc32(body)
        if kind == b"IHDR":
            size = struct.unpack(">IIBBBBB", body[4:])
        if kind == b"IDAT":
            packed += body[4:]
        place += 12 + length
    width, height, *form = size
    assert form == [8, 2, 0, 0, 0]
    rows = zlib.decompress(packed)
    stride = 1 + 3 * width
    assert len(rows) == stride * height and set(rows[::stride]) == {0}
    return width, height, [rows[at + 1:at + stride] for at in range(0, len(rows), stride)]


def test_a_contact_sheet_has_a_thumbnail_for_each_head():
    width, height, rows = pixels(PAGES / "attention-minilm.png")
    side = 15 * (128 // 15)
    assert (width, height) == (2 * 24 + 12 * (side + 6) - 6, 2 * 24 + 6 * (side + 6) - 6)
    assert rows[0] == b"\xff" * 3 * width, "the margin is white"
    assert len({bytes(rows[30][3 * x:3 * x + 3]) for x in range(width)}) > 20


def test_positions_stand_beside_their_similarity():
    width, height, rows = pixels(PAGES / "positions-small.png")
    assert width > 1024 and height > 768
    colors = {bytes(row[3 * x:3 * x + 3]) for row in rows[::16] for x in range(0, width, 16)}
    assert len(colors) > 50
