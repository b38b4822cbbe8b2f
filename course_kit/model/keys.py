"""Names and identities: author's keys, event ids, digests. Standard library only, so that a kernel starts fast.

Three identities are never mixed: the author's ``key`` (stable over releases), the emitter's ``event_id`` (one fact,
once), and a database's row number (which never leaves it).
"""

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

KEY_PATTERN = r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$"
_KEY = re.compile(KEY_PATTERN)
_NAMESPACE = uuid.UUID("6f6b7c2e-9d0f-5a55-8b1a-c0a25ec0de01")


def is_key(text: str) -> bool:
    """Whether ``text`` may name a course, unit, lesson, quiz, item, assignment or skill (``tidy-data``, ``lab2``)."""
    return len(text) <= 100 and _KEY.match(text) is not None


def slug(text: str) -> str:
    """The key that a title or a file's stem suggests: ``02-Tidy Data`` gives ``tidy-data``; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    without_number = re.sub(r"^\d+-", "", words)
    return (without_number or words or "untitled")[:100].strip("-")


def uuid7(at: datetime, random_bits: int) -> str:
    """A version 7 UUID (RFC 9562, section 5.7): 48 bits of ``at`` in milliseconds, then 74 of ``random_bits``."""
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    high, low = (random_bits >> 62) & 0xFFF, random_bits & ((1 << 62) - 1)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def decision_id(*parts: str) -> str:
    """The event id of a decision that must be recorded once (a lesson completed): the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))


def is_event_id(text: str) -> bool:
    """Whether ``text`` is a UUID in its canonical lower-case form."""
    try:
        return str(uuid.UUID(text)) == text
    except (ValueError, AttributeError, TypeError):
        return False


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, UTF-8 as it is; what every digest is taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """The SHA-256 of ``value``'s canonical JSON, or of the bytes if it is bytes, in 64 hexadecimal digits."""
    data = value if isinstance(value, bytes) else canonical_json(value).encode()
    return hashlib.sha256(data).hexdigest()


def manifest_digest(manifest: Mapping[str, Any], *, without: str) -> str:
    """The digest of a manifest with the field ``without`` (the one that holds this digest) left out."""
    return digest({name: value for name, value in manifest.items() if name != without})


def utc_text(at: datetime) -> str:
    """An aware time as fixed-width UTC text (``2026-11-22T14:00:00.000000Z``), so that text order is time order."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; times are aware UTC.")
    text = at.isoformat("T", "microseconds")
    if not text.endswith("+00:00"):
        text = at.astimezone(UTC).isoformat("T", "microseconds")
    return f"{text[:26]}Z"
