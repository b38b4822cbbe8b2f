"""``responses.json``: what a learner answered in an assignment's graded quizzes. A learner writes it: it is a claim."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_kit.model.quiz import Response, recordable

RESPONSES_VERSION = 1
MAX_RESPONSES = 5_000_000
"""Bytes. A thousand long answers fit."""
_MAX_ENTRIES = 5_000


@dataclass(frozen=True)
class Given:
    """One answer: to which wording (its digest, whole or from the beginning) and variant of an item."""

    digest: str
    variant: int
    response: Response
    confidence: int | None = None


@dataclass(frozen=True)
class Responses:
    """``given`` by ``quiz/item``. ``trouble``: why the file, or part of it, could not be read, as a sentence."""

    given: Mapping[str, Given] = field(default_factory=dict)
    seed: str = ""
    trouble: str = ""
    is_missing: bool = False


def read_responses(path: Path) -> Responses:
    """The answers in the file ``path``, which anybody may have written. Never raises, and follows no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Responses(trouble=f"{path.name} is not a file that can be read.")
        with os.fdopen(os.open(path, flags), "rb") as stream:
            return parse_responses(stream.read(MAX_RESPONSES + 1), path.name)
    except FileNotFoundError:
        return Responses(is_missing=True)
    except OSError:
        return Responses(trouble=f"{path.name} is not a file that can be read.")


def parse_responses(content: bytes, name: str = "responses.json") -> Responses:
    """The answers in ``content``. Never raises: what is odd is left out, and ``trouble`` says so."""
    if len(content) > MAX_RESPONSES:
        return Responses(trouble=f"{name} is larger than {MAX_RESPONSES // 10**6} MB, which no page of ours writes.")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError, MemoryError):
        return Responses(trouble=f"{name} is damaged: it is not JSON.")
    if not isinstance(data, dict) or not isinstance(data.get("responses"), dict):
        return Responses(trouble=f"{name} is damaged: it holds no responses.")
    if data.get("version") != RESPONSES_VERSION or isinstance(data.get("version"), bool):
        return Responses(trouble=f"{name} was written by another version of course-kit.")
    rows = data["responses"]
    if len(rows) > _MAX_ENTRIES:
        return Responses(trouble=f"{name} holds {len(rows):,} answers, which no page of ours writes.")
    found = {key: given for key, row in rows.items() if (given := _given(row)) is not None}
    odd = len(rows) - len(found)
    seed = data.get("seed")
    return Responses(
        found,
        seed if isinstance(seed, str) and len(seed) <= 200 else "",
        f"{name}: {odd} of its answers cannot be read." if odd else "",
    )


def _given(row: Any) -> Given | None:
    if not isinstance(row, dict) or not isinstance(row.get("digest"), str):
        return None
    raw, variant, confidence = row.get("response"), row.get("variant", 0), row.get("confidence")
    response = recordable(raw)
    if (response is None and raw is not None) or type(variant) is not int:
        return None
    sure = confidence if type(confidence) is int and 1 <= confidence <= 3 else None
    return Given(row["digest"], variant, writable(response), sure)


def writable(response: Response) -> Response:
    """Without halves of surrogate pairs, which some pages send and no file takes."""
    if isinstance(response, str):
        return response.encode("utf-8", errors="replace").decode()
    if isinstance(response, list):
        return [writable(part) if isinstance(part, str) else part for part in response]  # type: ignore[return-value]
    return response
