"""What a batch has to say: the scores, and what the instructor should know beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, overload

from course_kit.execution.sandbox import Layer
from course_kit.model.scores import SubmissionScore, SubmissionStatus

FlagKind = Literal["stderr", "odd-value", "out-of-range", "flaky", "solution-fails"]


@dataclass(frozen=True)
class TestFlag:
    """A test that the instructor should look at, and on whose work it showed. ``text`` is one sentence."""

    __test__ = False  # pytest is not meant

    notebook: str
    cell: str
    kind: FlagKind
    learners: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Suspect:
    """A test that too many passed without proof: the test is suspected, and nobody's points are held for it.

    ``cell`` "" means all tests of the assignment. ``share`` is that of the submissions in which it was looked at.
    """

    notebook: str
    cell: str
    share: float
    learners: tuple[str, ...]
    text: str


ReasonCode = Literal[
    "new",
    "changed",
    "tests",
    "files",
    "settings",
    "limits",
    "kernel",
    "proof",
    "environment",
    "forced",
    "unsettled",
    "lost",
    "unchanged",
    "by-nbgrader",
]


@dataclass(frozen=True)
class Reason:
    """Why a submission is or is not looked at again; ``ran`` says whether its code was run (None: not yet known)."""

    learner: str
    code: ReasonCode
    text: str
    ran: bool | None = None
    again: bool = False
    """Whether it is sanitized and recorded again: its code runs then unless every result is in the cache."""


@dataclass(frozen=True)
class BatchState:
    """A batch under way, for a live view. ``running`` and ``slowest``: (learner, notebook, seconds).

    ``failures``: how many submissions ended in each status other than graded. ``left``: seconds, an estimate, None
    while there is none. ``layers``: those of the sandbox that are in force; ``missing_layers``: those that are not.
    """

    what: str
    done: int
    total: int
    running: tuple[tuple[str, str, float], ...] = ()
    slowest: tuple[tuple[str, str, float], ...] = ()
    failures: Mapping[str, int] = field(default_factory=dict)
    left: float | None = None
    cached: int = 0
    layers: tuple[str, ...] = ()
    missing_layers: tuple[Layer, ...] = ()


@dataclass(frozen=True)
class GradedBatch:
    """The scores in the order of the learners' ids, and what else a batch found. Iterates and counts as its scores.

    ``pending``: changes of tests and cells that wait for an explicit yes; until then submissions are graded with the
    recorded ones. ``ran``: submissions whose code was run; ``cached``: recorded again without running; ``settled``:
    left as they were.
    """

    scores: tuple[SubmissionScore, ...]
    flags: tuple[TestFlag, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    pending: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    reasons: tuple[Reason, ...] = ()
    ran: int = 0
    cached: int = 0
    settled: int = 0
    seconds: float = 0.0

    def __iter__(self) -> Iterator[SubmissionScore]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, index: int) -> SubmissionScore: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SubmissionScore, ...]: ...
    def __getitem__(self, index: int | slice) -> SubmissionScore | tuple[SubmissionScore, ...]:
        return self.scores[index]

    def counts(self) -> dict[SubmissionStatus, int]:
        """How many submissions have each status."""
        found: dict[SubmissionStatus, int] = {}
        for score in self.scores:
            found[score.status] = found.get(score.status, 0) + 1
        return found

    def json_object(self) -> dict[str, Any]:
        """For programs; scores without what learners may be shown."""
        shown = ("learner", "assignment", "status", "score", "max_score", "detail")
        return {
            "submissions": [{name: getattr(score, name) for name in shown} for score in self.scores],
            "flags": [asdict(one) for one in self.flags],
            "suspects": [asdict(one) for one in self.suspects],
            "pending": list(self.pending),
            "layers": [asdict(one) for one in self.layers],
            "reasons": [asdict(one) for one in self.reasons],
            "ran": self.ran,
            "cached": self.cached,
            "settled": self.settled,
            "seconds": round(self.seconds, 3),
        }
