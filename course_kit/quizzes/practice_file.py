"""``.course-kit/practice/<assignment>.json``: what marks a practice assignment on the learner's own computer.

The source's notebooks travel sealed: with hidden tests, solutions and quizzes. Out of sight, not secret.
"""

import json
from collections.abc import Mapping
from typing import Any

from course_kit.errors import Invalid, Tampered
from course_kit.quizzes.sealing import AGAIN, MAX_SEALED, seal, sealed_parts, unseal

PRACTICE = ".course-kit/practice"
PRACTICE_VERSION = 1


def practice_file(assignment: str, notebooks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The file's JSON for the source's ``notebooks`` (by file name). Raises :class:`Invalid` for one above 8 MB."""
    sealed = {}
    for name, notebook in sorted(notebooks.items()):
        bare = {**notebook, "cells": [_without_outputs(cell) for cell in notebook["cells"]]}
        if len(json.dumps(bare, ensure_ascii=False).encode()) > MAX_SEALED:
            raise Invalid(
                f"{name} of the practice assignment {assignment!r} is larger than {MAX_SEALED // 10**6} MB.",
                hint="Put its pictures into files beside it.",
            )
        sealed[name] = seal(bare)
    return {"version": PRACTICE_VERSION, "assignment": assignment, "notebooks": sealed}


def read_practice_file(content: bytes, what: str) -> dict[str, dict[str, Any]]:
    """The source's notebooks by file name. Raises :class:`WrongVersion`, or :class:`Tampered` for what is damaged."""
    notebooks = sealed_parts(content, what, PRACTICE_VERSION, "notebooks")
    found = {name: unseal(text, what) for name, text in notebooks.items()}
    for notebook in found.values():
        if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
            raise Tampered(f"{what} is damaged: it holds what is no notebook.", hint=AGAIN)
    return found


def _without_outputs(cell: Mapping[str, Any]) -> dict[str, Any]:
    bare = dict(cell)
    if "outputs" in bare:
        bare.update(outputs=[], execution_count=None)
    return bare
