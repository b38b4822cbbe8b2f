# ruff: noqa: E501  # what attackers write keeps its lines
"""Attackers who bring more than a notebook: links, configuration, libraries, names that climb."""

import os
from pathlib import Path
from typing import Any

from adversary.arena import NOTEBOOK, Arena
from adversary.attack import WRONG, Attack, Ours, Plain

_PLANT = "open('@OUT@/@NAME@', 'w').close()\n"
_CONFIG = """
try:
    c = get_config()
    c.Autograde.sanitize_preprocessors = []
    c.InteractiveShellApp.exec_lines = ['get_ipython().run_code = None']
    c.ClearSolutions.code_stub = {}
finally:
    open('@OUT@/@NAME@', 'w').close()
"""


def _link(name: str, to: str) -> Any:
    def prepare(arena: Arena, folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(arena.filled(to, folder.parent.name))

    return prepare


def _hard_link(arena: Arena, folder: Path) -> None:
    os.link(arena.home / ".ssh" / "id_ed25519", folder / "data.txt")


def _odd_files(arena: Arena, folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    (folder / "a\nb\x1b[2J.txt").write_text("x")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("x")
    (folder / "..\\..\\evil.py").write_text("x")
    (folder / "self").symlink_to(".")


def _deep(arena: Arena, folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 20, dir_fd=place)
        inner = os.open("d" * 20, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)


def _neighbours_folder(arena: Arena, folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.symlink_to(arena.submitted("neighbour"))


def _notebook_folder(arena: Arena, folder: Path) -> None:
    (folder / NOTEBOOK).unlink()
    (folder / NOTEBOOK).mkdir()


_OPENS = "try: print(open('data.txt', 'rb').read().decode(errors='replace'))\nexcept OSError as error: print(type(error).__name__)"

ATTACKS = (
    Attack(
        "link-to-keys",
        "Hands in a symbolic link to the keys of whoever grades, and reads it.",
        _OPENS,
        prepare=_link("data.txt", "@HOME@/.ssh/id_ed25519"),
        plain=Plain(score=8.0, deeds=("leaks",)),
    ),
    Attack(
        "link-to-folder",
        "Hands in a symbolic link to the course's folder, and reads through it.",
        "try: print(open('data/gradebook.db', 'rb').read().decode(errors='replace'))\nexcept OSError as error: print(type(error).__name__)",
        prepare=_link("data", "@COURSE@"),
        plain=Plain(score=8.0),
    ),
    Attack(
        "link-as-notebook",
        "Hands in a symbolic link to another learner's notebook.",
        prepare=_link(NOTEBOOK, "@COURSE@/submitted/neighbour/adding/sums.ipynb"),
        plain=Plain(score=8.0, deeds=("forges",)),
        ours=Ours(statuses=("missing", "unreadable"), scores=(None, 0.0)),
    ),
    Attack(
        "link-as-folder",
        "Hands in a folder that is a symbolic link to another learner's.",
        prepare=_neighbours_folder,
        plain=Plain(score=8.0),
        ours=Ours(statuses=("missing", "unreadable", "failed"), scores=(None, 0.0)),
    ),
    Attack(
        "hard-link-to-keys",
        "Hands in a hard link to the keys of whoever grades.",
        _OPENS,
        prepare=_hard_link,
        plain=Plain(score=8.0, deeds=("leaks",)),
        ours=Ours(
            statuses=("graded", "repaired"),
            stays="A hard link is the file itself: whoever can make one where submissions "
            "are kept could copy the file as well. Archives that are collected make none.",
        ),
    ),
    Attack(
        "odd-files",
        "Hands in a named pipe, a link to its own folder and names with line breaks, terminal codes and no text.",
        prepare=_odd_files,
        plain=Plain(score=None),
        ours=Ours(statuses=("graded", "repaired")),
    ),
    Attack(
        "deep-submission",
        "Hands in folders nested 600 deep, with a path of 12,000 letters.",
        prepare=_deep,
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "repaired", "unreadable"), scores=(8.0, None)),
    ),
    Attack(
        "notebook-is-a-folder",
        "Hands in a folder with the notebook's name.",
        prepare=_notebook_folder,
        plain=Plain(score=None),
        ours=Ours(statuses=("missing", "unreadable"), scores=(None, 0.0)),
    ),
    Attack(
        "own-configuration",
        "Brings nbgrader, IPython and Jupyter configuration.",
        answer=WRONG,
        files=dict.fromkeys(
            (
                "nbgrader_config.py",
                "ipython_config.py",
                "jupyter_config.py",
                "jupyter_nbconvert_config.py",
                "ipython_kernel_config.py",
                ".ipython/profile_default/ipython_config.py",
                ".ipython/profile_default/startup/00.py",
            ),
            _CONFIG,
        )
        | {"jupyter_config.json": '{"Autograde": {"sanitize_preprocessors": []}}', "course.yml": "course: mine\n"},
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "own-site",
        "Brings sitecustomize.py, usercustomize.py, conftest.py and a .pth file.",
        answer=WRONG,
        files=dict.fromkeys(
            ("sitecustomize.py", "usercustomize.py", "conftest.py", "__init__.py", "__main__.py"), _PLANT
        )
        | {"mine.pth": "import os; open('@OUT@/@NAME@', 'w').close()", "pyvenv.cfg": "home = /usr/bin\n"},
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "own-libraries",
        "Brings files named like the libraries of the kernel and of the graders: json.py, IPython.py, course_kit.py and more.",
        files=dict.fromkeys(
            (
                "json.py",
                "os.py",
                "IPython.py",
                "ipykernel.py",
                "traitlets.py",
                "zmq.py",
                "nbclient.py",
                "nbgrader.py",
                "sqlite3.py",
                "course_kit.py",
                "numpy.py",
                "selectors.py",
                "landlockpy.py",
                "pyseccomp.py",
                "encodings.py",
                "asyncio.py",
                "tornado.py",
            ),
            _PLANT + "raise SystemExit\n",
        ),
        plain=Plain(score=6.0, deeds=("writes",)),
        ours=Ours(scores=(6.0, 8.0)),
    ),
    Attack(
        "own-source",
        "Brings folders named source, release, autograded and a gradebook.db, as if it were a course.",
        answer=WRONG,
        files={
            "source/adding/sums.ipynb": "{}",
            "gradebook.db": "no",
            "autograded/x/adding/sums.ipynb": "{}",
            ".course-kit/grades.json": "{}",
        },
        plain=Plain(score=0.0),
        ours=Ours(scores=(0.0,)),
    ),
    Attack(
        "second-notebook",
        "Hands in a second notebook that the assignment does not have, with the first one's tests passed.",
        files={
            "extra.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "Sums.ipynb": "{}",
            "sums .ipynb": "{}",
        },
        plain=Plain(score=8.0),
        ours=Ours(statuses=("graded", "repaired")),
    ),
    Attack(
        "own-timestamp",
        "Dates its submission to next to nothing, in a file that is no date and 10 MB long.",
        files={"timestamp.txt": "0001-01-01 00:00:00 UTC " + "9" * 10**7},
        plain=Plain(score=None, deeds=("stops",)),
        ours=Ours(statuses=("graded", "repaired")),
    ),
)
