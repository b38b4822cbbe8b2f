"""Results of notebooks that ran, by what went into running them: ``.course-kit/cache/results/``.

The same code with the same files, tests, limits and packages is not run twice. What a learner wrote in Markdown, the
points of a test and a penalty for lateness do not go into running, so changing them runs nothing. Only results that
say all there is to say are kept: nothing that timed out, died, ran out of memory, or passed without proof.
"""

import hashlib
import json
import os
import re
import secrets
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course_kit.execution.job import VERSION, Job, Result, result_from_json

RESULTS = "cache/results"
"""Where a course keeps results, below its ``.course-kit/``."""
MAX_BYTES = 2 * 10**9
"""What all results of a course may take on the disk; the ones used longest ago go first."""
MAX_RESULT = 100 * 10**6
_LEVEL = 1
_HEADER = b"course-kit result 1\n"
# code that may look at other files than those it names in full
_LOOKS_AROUND = re.compile(
    rb"ipynb|timestamp|glob|listdir|scandir|iterdir|\.walk\b|subprocess|\.system\b|\bexec\b|\beval\b|^\s*!|=\s*!"
    rb"|%(?:run|load|ls|bash|sh|sx|system)\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Environment:
    """What notebooks run in, as far as it decides results: ``digest`` is the engine's, the rest is added here."""

    digest: str

    def parts(self) -> list[str]:
        return [self.digest, str(VERSION), _execution_digest()]


_SOURCES: dict[str, str] = {}


def _execution_digest() -> str:
    """Names course-kit's own way of running notebooks: the source of its execution package."""
    if "digest" not in _SOURCES:
        import course_kit.execution as package

        whole = hashlib.sha256()
        for folder in package.__path__:
            for path in sorted(Path(folder).rglob("*.py")):
                whole.update(path.read_bytes())
        _SOURCES["digest"] = whole.hexdigest()
    return _SOURCES["digest"]


def job_key(job: Job, environment: Environment, notebooks: frozenset[str] = frozenset()) -> str:
    """Names everything that decides what ``job`` gives.

    ``notebooks``: the names of the submission's notebooks among its files. They count by content only for code that
    looks around in its folder; so a changed test in one notebook does not run the others again.
    """
    notebook = json.loads(job.notebook)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    around = any(_LOOKS_AROUND.search(_text(cell).encode(errors="replace")) for cell in code) or any(
        _LOOKS_AROUND.search(content) for name, content in job.files.items() if name.endswith(".py")
    )
    files = {
        name: ""
        if not around and (name in notebooks or name == "timestamp.txt")
        else hashlib.sha256(content).hexdigest()
        for name, content in sorted(job.files.items())
    }
    whole = {
        "cells": [_running_part(cell) for cell in notebook["cells"]],
        "kernel": [job.kernel, notebook.get("metadata", {}).get("kernelspec", {}).get("name")],
        "files": files,
        "tests": job.tests,
        "limits": job.limits.json_object(),
        "proof": job.proof,
        "env": dict(sorted(job.env.items())),
        "preload": job.preload,
        "sandbox": job.require_sandbox,
        "environment": environment.parts(),
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _running_part(cell: Mapping[str, Any]) -> list[Any]:
    if cell["cell_type"] != "code":
        return [cell["cell_type"]]
    return ["code", _text(cell), cell.get("metadata", {}).get("tags", [])]


def is_lasting(result: Result) -> bool:
    """Whether running again could not say anything else: it ended well, and each pass is proved as far as it can be."""
    if result.ending != "ok" or result.notes:
        return False
    passed = {cell.index for cell in result.cells if cell.ending == "ok"}
    return all(one.verdict in {"proved", "silence-checked"} for one in result.proof if one.index in passed)


class ResultCache:
    """Results on the disk, each whole or not at all; what cannot be read is not there."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes

    def get(self, key: str, job: Job) -> Result | None:
        """The result, with ``job``'s own text and marks and the outputs that were kept; None if there is none."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            result = unpacked(content)
            notebook = with_outputs(job.notebook, result.notebook)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return replace(result, notebook=notebook)

    def put(self, key: str, result: Result) -> None:
        """Keep a result if it is lasting; a full disk only means that it is not kept."""
        if not is_lasting(result):
            return
        content = packed(result)
        if len(content) <= MAX_RESULT:
            path = self._path(key)
            draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            # no fsync: what a crash damages has the wrong digest and counts for nothing
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                draft.write_bytes(content)
                draft.replace(path)

    def trim(self) -> int:
        """Remove what was used longest ago until the rest fits. Returns how many went."""
        found = []
        for path in self._folder.glob("??/*.result") if self._folder.is_dir() else ():
            with suppress(OSError):
                seen = path.stat()
                found.append((seen.st_mtime_ns, seen.st_size, path))
        left, gone = sum(size for _, size, _ in found), 0
        for _, size, path in sorted(found):
            if left <= self._max_bytes:
                break
            with suppress(OSError):
                path.unlink()
                left, gone = left - size, gone + 1
        return gone

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}.result"


class NoCache:
    """Nothing is kept, and everything runs."""

    def get(self, key: str, job: Job) -> Result | None:
        return None

    def put(self, key: str, result: Result) -> None:
        return None


class ReadOnly(NoCache):
    """What is kept already is used; nothing is added."""

    def __init__(self, cache: ResultCache) -> None:
        self._cache = cache

    def get(self, key: str, job: Job) -> Result | None:
        return self._cache.get(key, job)


def packed(result: Result) -> bytes:
    """A result as bytes for the disk, with a digest, so that damage shows."""
    body = zlib.compress(result.to_json(), _LEVEL)
    return _HEADER + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unpacked(content: bytes) -> Result:
    """What :func:`packed` was given. Raises ValueError or zlib.error on anything else."""
    header, digest, body = content.split(b"\n", 2)
    if header + b"\n" != _HEADER or hashlib.sha256(body).hexdigest().encode() != digest:
        raise ValueError("it is damaged")
    return result_from_json(zlib.decompress(body))


def with_outputs(sanitized: bytes, executed: bytes) -> bytes:
    """The sanitized notebook with what running left: outputs, counts, and the kernel's word on its language.

    Raises ValueError if their code differs.
    """
    notebook, ran = json.loads(sanitized), json.loads(executed)
    if [_code(cell) for cell in notebook["cells"]] != [_code(cell) for cell in ran["cells"]]:
        raise ValueError("the result is another notebook's")
    for cell, done in zip(notebook["cells"], ran["cells"], strict=True):
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = done["outputs"], done["execution_count"]
    for name in ("language_info", "widgets"):
        if name in ran["metadata"]:
            notebook["metadata"][name] = ran["metadata"][name]
    # not indented: programs alone read it, and that takes many times as long
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8", errors="surrogatepass") + b"\n"


def _code(cell: Mapping[str, Any]) -> str | None:
    return _text(cell) if cell["cell_type"] == "code" else None
