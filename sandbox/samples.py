"""Small real files for what a person sends: each is what its name says, made or shipped."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    mime: str
    content: bytes = field(repr=False)
    seconds: int = 0


def sample(kind: str) -> Sample:
    """A file for `kind`: photo, video, video_note, document, voice, audio or sticker."""
    match kind:
        case "photo":
            return Sample("photo.jpg", "image/jpeg", _shipped("sample-photo.jpg"))
        case "sticker":
            return Sample("sticker.webp", "image/webp", _shipped("sample-sticker.webp"))
        case "video" | "video_note":
            return Sample("video.mp4", "video/mp4", _shipped("sample-video.mp4"), 2)
        case "document":
            return Sample("price list.pdf", "application/pdf", _pdf("Price list of the tea shop"))
        case "voice":
            return Sample("voice.ogg", "audio/ogg", _silent_opus(3), 3)
        case "audio":
            return Sample("song.mp3", "audio/mpeg", _silent_mp3(3), 3)
        case _:
            raise ValueError(f"there is no sample for {kind!r}")


def _shipped(name: str) -> bytes:
    return (STATIC / name).read_bytes()


def _silent_mp3(seconds: int) -> bytes:
    # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes and 1152 samples a frame, all zero.
    frame = b"\xff\xfb\x90\x64" + bytes(413)
    return frame * (seconds * 44_100 // 1152)


def _silent_opus(seconds: int) -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    pages = [_ogg_page([head], 0, 0, flags=2), _ogg_page([tags], 0, 1)]
    # One packet of silence of 20 ms (config 31, code 0) is three bytes; 50 make a page.
    for number in range(seconds):
        last = number == seconds - 1
        packets = [b"\xf8\xff\xfe"] * 50
        granule = (number + 1) * 48_000
        pages.append(_ogg_page(packets, granule, number + 2, flags=4 if last else 0))
    return b"".join(pages)


def _ogg_page(packets: list[bytes], granule: int, number: int, *, flags: int = 0) -> bytes:
    lacing = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, 1, number, 0)
    page = head + bytes([len(lacing)]) + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", _ogg_checksum(page)) + page[26:]


def _ogg_checksum(page: bytes) -> int:
    checksum = 0
    for byte in page:
        checksum = (checksum << 8) & 0xFFFFFFFF ^ _CRC[checksum >> 24 ^ byte]
    return checksum


def _crc_table() -> Iterator[int]:
    for value in range(256):
        row = value << 24
        for _ in range(8):
            row = (row << 1) ^ (0x04C11DB7 if row & 0x80000000 else 0)
        yield row & 0xFFFFFFFF


_CRC = tuple(_crc_table())


def _pdf(words: str) -> bytes:
    stream = f"BT /F1 18 Tf 40 780 Td ({words}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(out)
