"""How long a video lasts, from the head of its file. For authors' own files, when a course is checked and built.

No library that reads both kinds of file is light, and only one number is wanted: WebM's ``Duration`` (RFC 9559, section
5.1.2) and MP4's ``mvhd`` box (ISO/IEC 14496-12, section 8.2.2). Learners' computers never look into the file: they
take the length from the release.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from course_kit.model.video import MAX_LENGTH

_HEAD = 1_000_000
"""So much of a WebM file is looked through."""
_MOST_BOXES = 1000
_EBML, _SEGMENT, _INFO, _SCALE, _DURATION = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489


def video_length(path: Path) -> float | None:
    """Its length in seconds, or None where the file does not say, or is of another kind. Never raises."""
    try:
        with path.open("rb") as stream:
            start = stream.read(12)
            stream.seek(0)
            if start[:4] == b"\x1a\x45\xdf\xa3":
                found = _webm(stream.read(_HEAD))
            elif start[4:8] == b"ftyp":
                found = _mp4(stream, path.stat().st_size)
            else:
                found = None
    except (OSError, struct.error, IndexError, ValueError, OverflowError):
        return None
    return found if found is not None and 0 < found <= MAX_LENGTH else None


def _number(data: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    """EBML's number of variable size at ``at`` (with its marking bit or without), and where the next thing begins."""
    if at >= len(data) or data[at] == 0:
        raise ValueError("no number")
    size = 9 - data[at].bit_length()
    raw = data[at : at + size]
    if len(raw) < size:
        raise ValueError("cut short")
    value = int.from_bytes(raw, "big")
    return (value if marked else value & ((1 << (7 * size)) - 1)), at + size


def _webm(data: bytes) -> float | None:
    at, scale, duration = 0, 1_000_000, None
    while at < len(data):
        name, at = _number(data, at, marked=True)
        size, at = _number(data, at, marked=False)
        if name in (_SEGMENT, _INFO):
            continue  # into it
        if name == _SCALE:
            scale = int.from_bytes(data[at : at + size], "big")
        elif name == _DURATION:
            duration = struct.unpack(">f" if size == 4 else ">d", data[at : at + size])[0]
        if duration is not None and name not in (_EBML, _SCALE, _DURATION):
            break
        at += size
    return None if duration is None else duration * scale / 1e9


def _mp4(stream: BinaryIO, end: int) -> float | None:
    """The boxes ``moov``, in it ``mvhd``; what is in others is passed over."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            break
        stream.seek(at)
        size, kind = struct.unpack(">I4s", stream.read(8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", stream.read(8))[0], 16
        elif size == 0:
            size = end - at
        if size < head:
            return None
        if kind == b"moov":
            at += head
            continue
        if kind == b"mvhd":
            version = stream.read(4)[0]
            stream.seek(16 if version == 1 else 8, 1)
            scale, duration = struct.unpack(">IQ" if version == 1 else ">II", stream.read(12 if version == 1 else 8))
            return float(duration) / scale if scale else None
        at += size
    return None
