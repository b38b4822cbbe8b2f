"""One attack: what is handed in, what it tries, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from adversary.arena import Arena

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return 0\n"
FULL = 8.0

Deed = Literal["forges", "leaks", "writes", "connects", "leaves", "stops", "none"]
"""``forges``: more points than the answer is worth; ``leaks``: a secret in what the instructor or the learner gets to
see; ``writes``: a change outside the notebook's own folder; ``connects``: something was reached from within;
``leaves``: a process outlives the grading; ``stops``: the batch ended early or hung."""


@dataclass(frozen=True)
class Plain:
    """What ``nbgrader autograde`` does. ``score``: what it records, None where it records nothing.

    ``deeds``: what the attack achieved. ``not_run``: why it is not tried on the machine that runs these tests.
    """

    score: float | None = None
    deeds: tuple[Deed, ...] = ()
    not_run: str = ""


@dataclass(frozen=True)
class Ours:
    """What ``course-kit grade`` must do; no deed is ever tolerated, so that there is none to name.

    ``scores``: each of them is right (a limit may strike at one place or at another). ``stays``: what remains possible,
    in one sentence; such an attack may keep its score.
    """

    statuses: tuple[str, ...] = ("graded",)
    scores: tuple[float | None, ...] = (FULL,)
    stays: str = ""


@dataclass(frozen=True)
class Attack:
    """``name`` is the learner's id too. ``code`` runs before ``answer`` in the cell that the learner fills in.

    In ``code`` and ``files``, ``@COURSE@``, ``@OUT@``, ``@HOME@``, ``@PORT@``, ``@SOCKET@``, ``@DATAGRAMS@``,
    ``@ABSTRACT@``, ``@NAME@`` and ``@MARK@`` stand for the place. ``change`` gets the released notebook (a NotebookNode
    with the answer in it) and gives back what is handed in, as a notebook or as bytes. ``prepare`` gets the submitted
    folder.
    """

    name: str
    tries: str
    code: str = ""
    answer: str = RIGHT
    change: Callable[[Any], Any] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[["Arena", Any], None] | None = None
    plain: Plain = field(default_factory=Plain)
    ours: Ours = field(default_factory=Ours)
    followed: bool = False
    """Whether an honest learner is graded after it under nbgrader too, to see what is done to others."""
