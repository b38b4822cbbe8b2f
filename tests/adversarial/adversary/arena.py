"""The place under attack: a course with its gradebook, other learners, secrets, and listeners on every door."""

import json
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from adversary.attack import RIGHT, Attack

ASSIGNMENT, NOTEBOOK = "adding", "sums.ipynb"
HONEST = {"aaa-honest": RIGHT, "mmm-honest": "def add(a, b):\n    return a + b if a < 10 else 0\n", "zzz-honest": RIGHT}
HONEST_SCORES = {"aaa-honest": 8.0, "mmm-honest": 3.0, "zzz-honest": 8.0}

SECRETS = {
    "solution": "canary-solution-51c7",
    "gradebook": "canary-gradebook-8e02",
    "neighbour": "canary-neighbour-77ad",
    "environment": "canary-environment-3b9f",
    "home": "canary-home-c6d1",
}
HIDDEN = "canary-hidden-20ee"
"""Stands in a hidden test: whoever reads the executed notebook sees it in that cell, and nowhere else."""

PLANTED = (Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path(nbformat.__file__).parent.parent)  # noqa: S108
"""Where attackers leave files for others, beside the course."""

CELLS = {
    "test-add": (2, "assert add(1, 2) == 3"),
    "test-more": (
        3,
        "assert callable(add)\n### BEGIN HIDDEN TESTS\nassert add(20, 22) == 42, 'larger'\n"
        f"word = '{HIDDEN}'\n### END HIDDEN TESTS",
    ),
    "test-complex": (2, "from numpy.testing import assert_equal\nassert_equal(add(1j, 2), 2 + 1j)"),
    "test-refuses": (
        1,
        "try:\n    add('1', 2)\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError('text is no number')",
    ),
}


COURSE = """\
course: arena
title: Under attack
units:
  - title: One
    assignments:
      - source: source/adding
        limits: {cell: 4 seconds, notebook: 90 seconds, memory: 500 MB, processes: 40, output: 1 MB, disk: 50 MB}
        grading: {proof: drawn, suspect: SUSPECT}
"""
"""Small limits, so that bombs go off small. ``suspect`` is 100 % unless set, since most of this batch cheats."""


def source_notebook() -> Any:
    solution = f"### BEGIN SOLUTION\n# {SECRETS['solution']}\ndef add(a, b):\n    return a + b\n### END SOLUTION"
    cells = [
        new_markdown_cell("# Adding", id="intro"),
        new_code_cell(solution, metadata=_marks("add", solution=True), id="cell-add"),
        *(
            new_code_cell(text, metadata=_marks(name, grade=True, points=points), id=f"cell-{name}")
            for name, (points, text) in CELLS.items()
        ),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def _marks(name: str, *, grade: bool = False, solution: bool = False, points: float = 0) -> dict[str, Any]:
    found = {"grade_id": name, "grade": grade, "solution": solution, "locked": grade, "task": False}
    return {"nbgrader": {**found, "schema_version": 3, **({"points": points} if grade else {})}}


@dataclass
class Arena:
    """``folder`` holds ``course``, ``out`` (where nobody may write), and ``home``."""

    folder: Path
    listeners: "Listeners"
    config: str = ""
    suspect: str = "100 %"
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def gradebook(self) -> Path:
        return self.course / "gradebook.db"

    def submitted(self, learner: str) -> Path:
        return self.course / "submitted" / learner / ASSIGNMENT

    def autograded(self, learner: str) -> Path:
        return self.course / "autograded" / learner / ASSIGNMENT

    def filled(self, text: str, name: str) -> str:
        """A text with the place's names filled in."""
        known = {
            "COURSE": self.course,
            "OUT": self.out,
            "HOME": self.home,
            "PORT": self.listeners.port,
            "SOCKET": self.listeners.path,
            "DATAGRAMS": f"{self.listeners.path}-datagrams",
            "ABSTRACT": self.listeners.abstract,
            "NAME": name,
            "MARK": self.mark,
        }
        for word, value in known.items():
            text = text.replace(f"@{word}@", str(value))
        return text

    def environment(self) -> dict[str, str]:
        """What the grading is started with: a secret among it, as an instructor's shell has them."""
        return {
            **os.environ,
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "jupyter"),
            "JUPYTER_DATA_DIR": str(self.home / "jupyter-data"),
            "IPYTHONDIR": str(self.home / ".ipython"),
            "LTI_CLIENT_SECRET": SECRETS["environment"],
            "COURSE_KIT_DATA": str(self.home / "data"),
            "PYTHONWARNINGS": "ignore",
        }

    def build(self, template: Path) -> None:
        """Copy a generated course here and put the secrets into it."""
        shutil.copytree(template, self.course)
        (self.course / "nbgrader_config.py").write_text("c = get_config()\n" + self.config)
        (self.course / "course.yml").write_text(COURSE.replace("SUSPECT", self.suspect))
        self.out.mkdir()
        (self.home / ".ssh").mkdir(parents=True)
        (self.home / ".ipython" / "profile_default" / "startup").mkdir(parents=True)
        (self.home / ".ipython" / "profile_default" / "startup" / "README").write_text(
            "IPython writes one otherwise.\n"
        )
        (self.home / ".ssh" / "id_ed25519").write_text(f"PRIVATE {SECRETS['home']}\n")
        with sqlite3.connect(self.gradebook) as database:
            database.execute(
                "INSERT INTO student (id, first_name, lms_user_id) VALUES ('secret', ?, '')", (SECRETS["gradebook"],)
            )
        database.close()
        self.hand_in("neighbour", RIGHT + f"# {SECRETS['neighbour']}\n")

    def hand_in(self, learner: str, text: str) -> None:
        """Hand in an honest notebook."""
        folder = self.submitted(learner)
        folder.mkdir(parents=True)
        (folder / NOTEBOOK).write_text(nbformat.writes(self.released(text)))
        (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC\n")

    def released(self, text: str) -> Any:
        notebook = nbformat.read(self.course / "release" / ASSIGNMENT / NOTEBOOK, as_version=4)
        notebook.cells[1].source = text
        return notebook

    def hand_in_attack(self, attack: Attack) -> None:
        folder = self.submitted(attack.name)
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC\n")
        work = self.released(self.filled(attack.code + "\n" + attack.answer, attack.name))
        if attack.change is not None:
            work = attack.change(work)
        content = work if isinstance(work, bytes) else json.dumps(work).encode()
        (folder / NOTEBOOK).write_bytes(content)
        for name, text in attack.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(self.filled(text, attack.name))
        if attack.prepare is not None:
            attack.prepare(self, folder)

    # ------------------------------------------------------------ what was done

    def remember(self) -> None:
        """Note how everything looks that no submission may change."""
        self.before = self._guarded()

    def changes(self) -> tuple[str, ...]:
        """What was changed since, of what no submission may change."""
        now = self._guarded()
        return tuple(sorted(name for name in self.before.keys() | now.keys() if self.before.get(name) != now.get(name)))

    def _guarded(self) -> dict[str, Any]:
        watched: list[Path] = [self.out, self.course / "source", self.course / "release", self.course / "submitted"]
        watched += [self.home / ".ssh", self.home / ".ipython" / "profile_default" / "startup", self.home / "planted"]
        found: dict[str, Any] = {}
        for root in watched:
            for path in [root, *_below(root)]:
                found[str(path.relative_to(self.folder))] = _looks(path)
        config = self.course / "nbgrader_config.py"
        found["config"] = _looks(config)
        found["gradebook mode"] = self.gradebook.stat().st_mode
        found["gradebook"] = self._points()
        for place in PLANTED:
            for path in place.glob(f"{self.mark}-*"):
                found[str(path)] = True
        return found

    def tidy(self) -> None:
        """Remove what attackers planted outside."""
        for place in PLANTED:
            for path in place.glob(f"{self.mark}-*"):
                path.unlink()

    @property
    def mark(self) -> str:
        """A word that every file planted outside carries in its name (``@MARK@``)."""
        return self.folder.name

    def _points(self) -> Any:
        """What only an instructor may set, as the gradebook holds it."""
        queries = (
            "SELECT manual_score, extra_credit FROM grade WHERE manual_score IS NOT NULL OR extra_credit IS NOT NULL",
            "SELECT max_score FROM grade_cells ORDER BY id",
            "SELECT first_name FROM student WHERE id = 'secret'",
        )
        try:
            with sqlite3.connect(f"file:{self.gradebook}?mode=ro", uri=True) as database:
                rows = [database.execute(query).fetchall() for query in queries]
            database.close()
        except sqlite3.Error as error:
            return str(error)
        return rows

    def leaks(self, learner: str) -> tuple[str, ...]:
        """Which secrets stand in what grading made of a submission."""
        folder, found = self.autograded(learner), set()
        for path in _below(folder):
            if path.is_symlink() or not path.is_file() or path.stat().st_size > 3 * 10**8:
                continue
            text = path.read_bytes().decode("utf-8", errors="replace")
            if path.name == NOTEBOOK:
                text = _spoken(text)
            found |= {name for name, secret in SECRETS.items() if secret in text}
            found |= {"hidden test"} if HIDDEN in text else set()
            shadow = _shadow()
            found |= {"/etc/shadow"} if shadow and shadow in text else set()
        return tuple(sorted(found))


def _spoken(text: str) -> str:
    """What the cells of an executed notebook show, but for the tests' own outputs, which may quote themselves."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, LookupError):
        return text
    tests = set(CELLS)
    kept = []
    for cell in cells:
        outputs = json.dumps(cell.get("outputs", []))
        marks = cell.get("metadata", {}).get("nbgrader", {})
        if isinstance(marks, dict) and marks.get("grade_id") in tests:
            outputs = outputs.replace(HIDDEN, "")
        kept.append(outputs)
    return "\n".join(kept)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            yield Path(place) / name


def _looks(path: Path) -> Any:
    try:
        found = path.lstat()
    except OSError:
        return None
    if path.is_symlink():
        return str(path.readlink())
    if path.is_dir():
        return found.st_mode
    if found.st_size > 10**7:
        return found.st_mode, found.st_size, found.st_mtime_ns
    return found.st_mode, found.st_mtime_ns, path.read_bytes() if path.is_file() else None


def _shadow() -> str:
    try:
        return Path("/etc/shadow").read_text().splitlines()[0]
    except (OSError, IndexError):
        return ""


class Listeners:
    """A TCP, a UDP, a pathname and an abstract Unix listener that note who spoke to them."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        # a socket's path is short
        self._room = Path(tempfile.mkdtemp(prefix="door-"))
        self.path = str(self._room / "door")
        # abstract names belong to the machine: another run of these tests may be under way
        self.abstract = self._room.name
        tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", self.port))
        post = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        post.bind(f"{self.path}-datagrams")
        named, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        named.bind(self.path)
        abstract.bind("\0" + self.abstract)
        named.listen(50)
        abstract.listen(50)
        self._sockets = (tcp, udp, named, abstract, post)
        for one in (tcp, named, abstract):
            threading.Thread(target=self._listen, args=(one,), daemon=True).start()
        for one in (udp, post):
            threading.Thread(target=self._receive, args=(one,), daemon=True).start()

    def _listen(self, door: socket.socket) -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            caller.settimeout(2)
            with caller:
                try:
                    self.heard.append(caller.recv(200).decode(errors="replace") or "somebody")
                except OSError:
                    self.heard.append("somebody")

    def _receive(self, door: socket.socket) -> None:
        while True:
            try:
                self.heard.append(door.recv(200).decode(errors="replace"))
            except OSError:
                return

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        shutil.rmtree(self._room, ignore_errors=True)


def scores(gradebook: Path) -> Mapping[str, float | None]:
    """The recorded score of every learner, straight from the database."""
    query = (
        "SELECT submitted_assignment.student_id, SUM(COALESCE(grade.manual_score, grade.auto_score, 0)) "
        "FROM submitted_assignment "
        "JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id "
        "JOIN grade ON grade.notebook_id = submitted_notebook.id GROUP BY submitted_assignment.student_id"
    )
    with sqlite3.connect(f"file:{gradebook}?mode=ro", uri=True) as database:
        found = dict(database.execute(query).fetchall())
    database.close()
    return found


def names(attacks: Iterable[Attack]) -> list[str]:
    return [attack.name for attack in attacks]
