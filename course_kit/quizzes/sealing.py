"""Sealing: the answers of practice items, out of sight. It keeps nobody out who wants to look."""

import base64
import binascii
import json
import zlib
from typing import Any

from course_kit.errors import Tampered, check_version
from course_kit.model.keys import canonical_json

MAX_SEALED = 8_000_000
_BLOCK = 65_535
_DAMAGED = "Get the course once more from where it came from."
AGAIN = "Get the release once more from where it came from; nothing was changed on this computer."
"""What to do where a file of a release is damaged."""


def sealed_parts(content: bytes, what: str, version: int, part: str) -> dict[str, Any]:
    """What stands under ``part`` in a file of a release that holds sealed things. ``what`` names the file in errors.

    Raises :class:`~course_kit.errors.WrongVersion`, or :class:`Tampered` for what is no such file.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Tampered(f"{what} is damaged: {error}.", hint=AGAIN) from error
    if not isinstance(data, dict):
        raise Tampered(f"{what} is damaged: it is not a JSON object.", hint=AGAIN)
    check_version(what, data.get("version"), version)
    parts = data.get(part)
    if not isinstance(parts, dict):
        raise Tampered(f"{what} is damaged: it holds no {part}.", hint=AGAIN)
    return parts


def seal(value: Any) -> str:
    """Base64 of a zlib stream of ``value``'s JSON.

    The stream is written in stored blocks (RFC 1951, 3.2.4), since compressed bytes differ between zlib and its
    replacements, and a release must have one hash on every machine.
    """
    data = canonical_json(value).encode()
    blocks = [data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK)]
    stream = bytearray(b"\x78\x01")
    for number, block in enumerate(blocks):
        stream.append(number == len(blocks) - 1)
        stream += len(block).to_bytes(2, "little") + (len(block) ^ 0xFFFF).to_bytes(2, "little") + block
    stream += zlib.adler32(data).to_bytes(4, "big")
    return base64.b64encode(stream).decode()


def unseal(text: Any, what: str) -> Any:
    """The value that :func:`seal` sealed. ``what`` names it in errors.

    Raises :class:`Tampered` if it is no such text, or unpacks to more than 8 MB.
    """
    if not isinstance(text, str) or len(text) > 2 * MAX_SEALED:
        raise Tampered(f"{what} is damaged: its sealed part is no text of the right size.", hint=_DAMAGED)
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_SEALED)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise Tampered(f"{what} is damaged: its sealed part is cut short or endless.", hint=_DAMAGED)
        return json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        if isinstance(error, Tampered):
            raise
        raise Tampered(f"{what} is damaged: its sealed part cannot be read.", hint=_DAMAGED) from error
