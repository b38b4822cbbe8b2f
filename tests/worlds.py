"""The people of the stories: an author, learners and an instructor, each with folders of their own.

They work through the ``course-kit`` command, as people do; each command is a process of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BUILD_SECONDS = 180


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Person:
    """Someone at a computer: a home folder, and course-kit's data folder in it."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def runs(self, *words: str | Path, fails: bool = False, cwd: Path | None = None) -> Ran:
        """Run ``course-kit`` with these words; it must succeed, or with ``fails`` end with an error."""
        ended = subprocess.run(
            [sys.executable, "-m", "course_kit", *map(str, words)],
            cwd=cwd or self.home,
            env=self.surroundings(),
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        assert (ended.returncode != 0) == fails, f"course-kit {words} ended with {ended.returncode}:\n{ended.stderr}"
        assert "Traceback" not in ended.stderr, ended.stderr
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def surroundings(self) -> dict[str, str]:
        inherited: Mapping[str, str] = os.environ
        return {
            **inherited,
            "HOME": str(self.home),
            "COURSE_KIT_DATA": str(self.data),
            "JUPYTER_DATA_DIR": str(self.home / "jupyter"),
            "JUPYTER_CONFIG_DIR": str(self.home / "jupyter-config"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "PYTHONWARNINGS": "ignore",
            **self.environment,
        }


@dataclass
class Author(Person):
    """Writes a course in ``course``."""

    @property
    def course(self) -> Path:
        return self.home / "course"

    def builds(self) -> Path:
        """Build a release and return its file."""
        built = self.runs("build", self.course, "--json").json
        return Path(built["archive"])

    def edits(self, path: str, old: str, new: str) -> None:
        """Replace a text in one of the course's files; it must be there."""
        file = self.course / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new), encoding="utf-8")


@dataclass
class Learner(Person):
    """Works in ``copy``."""

    @property
    def copy(self) -> Path:
        return self.home / "copy"

    def opens(self, source: Path) -> Ran:
        return self.runs("open", source, "--to", self.copy, "--no-lab")

    def progress(self) -> Any:
        return self.runs("progress", self.copy, "--json").json

    def submits(self, assignment: str, *options: str) -> Path:
        """Submit and return the file."""
        answer = self.runs("submit", assignment, "--folder", self.copy, "--yes", "--json", *options).json
        return Path(answer["file"])


@dataclass
class Instructor(Author):
    """Runs an author's course: collects, grades, reports."""
