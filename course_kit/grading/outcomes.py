"""What a batch has to say of each submission when it is done: score, status, reason, and what tests showed."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from course_kit.bridges.nbgrader.duedates import LearnerDates, read_dates
from course_kit.execution.sandbox import Layer
from course_kit.grading.collected import Index, submission_id
from course_kit.grading.graded import GradedBatch, Reason, TestFlag
from course_kit.grading.holds import suspects
from course_kit.grading.opened import Opened
from course_kit.grading.pipeline import Work
from course_kit.grading.plan import Planned
from course_kit.grading.records import Record
from course_kit.model.scores import SubmissionScore


class Outcomes:
    """A finished batch: what was planned, what the gradebook holds (``held``), and what was ``done``."""

    def __init__(
        self, opened: Opened, planned: Mapping[str, Planned], held: Mapping[str, Any], done: Mapping[str, Work]
    ) -> None:
        self._opened, self._planned, self._held, self._done = opened, planned, held, done

    @cached_property
    def _index(self) -> Index:
        return Index(self._opened.place)

    def graded(self, wanted: list[str], layers: tuple[Layer, ...]) -> GradedBatch:
        """All of it, for the learners in ``wanted``."""
        reasons = tuple(self._reason(self._planned[name].reason) for name in wanted)
        ran = sum(one.ran is True for one in reasons)
        again = sum(one.again for one in reasons)
        return GradedBatch(
            scores=tuple(self.score(learner) for learner in wanted),
            flags=self._flags(),
            suspects=suspects(self._opened.records.items(), self._opened.assignment.grading.suspect),
            pending=self._opened.pending,
            layers=layers,
            reasons=reasons,
            ran=ran,
            cached=sum(one.ran is False and self._has_results(one.learner) for one in reasons),
            settled=len(wanted) - again,
        )

    def _has_results(self, learner: str) -> bool:
        work = self._done.get(learner)
        return work is not None and bool(work.results)

    def _reason(self, reason: Reason) -> Reason:
        work = self._done.get(reason.learner)
        if work is None:
            return reason
        if work.ran:
            known = [f"{stem}.ipynb" for stem in work.results if stem not in work.ran]
            note = f" {', '.join(known)} did not run: its result is kept." if known else ""
            return replace(reason, ran=True, text=reason.text + note)
        note = " Nothing ran: the results of the same code are kept." if work.results else " There was nothing to run."
        return replace(reason, ran=False, text=reason.text + note)

    def _flags(self) -> tuple[TestFlag, ...]:
        found: dict[tuple[str, str, str, str], list[str]] = {}
        for learner, record in self._opened.records.items():
            for notebook, cells in record.flags.items():
                for cell, texts in cells.items():
                    for text in texts:
                        kind, _, words = text.partition(": ")
                        found.setdefault((notebook, cell, kind, words), []).append(learner)
        return tuple(
            TestFlag(notebook, cell, kind, tuple(who), words)  # type: ignore[arg-type]  # kinds are the worker's
            for (notebook, cell, kind, words), who in sorted(found.items())
        )

    @cached_property
    def _dates(self) -> Mapping[str, LearnerDates]:
        assignment = self._opened.assignment
        found = read_dates(assignment.root, assignment.name)
        return {} if found is None else found.learners

    def _why_late(self, learner: str) -> str:
        mine = self._dates.get(learner)
        return "" if mine is None else mine.text

    def score(self, learner: str) -> SubmissionScore:
        """One submission, as its record and the gradebook have it."""
        one, held = self._planned[learner], self._held
        record = self._opened.records.get(learner) or Record("", "", "", "graded", "")
        row = held["submissions"].get(learner) if record.scored else None
        status, detail = record.status, record.detail
        if row is not None and row["needs_manual"]:
            status = "needs-manual-grading" if status == "graded" else status
            detail = f"{detail} Some answers wait to be marked by hand in the formgrader.".strip()
        if row is not None and row["penalty"]:
            detail = f"{detail} {row['penalty']:g} points were taken off for being late.".strip()
            detail = f"{detail} {self._why_late(learner)}".strip()
        comments = [text for name in (row or {"notebooks": {}})["notebooks"].values() for text in name["comments"]]
        content = one.named.digest if one.named else "unreadable"
        return SubmissionScore(
            learner=learner,
            assignment=self._opened.assignment.key,
            status=status,  # type: ignore[arg-type]  # a record's status is one of these
            score=row["score"] if row is not None else None,
            max_score=row["max_score"] if row is not None else held["max_score"],
            submission=submission_id(
                self._opened.place,
                self._opened.assignment,
                self._opened.info,
                learner,
                index=self._index,
                content=content,
            ),
            detail=detail,
            comment="\n\n".join(comments),
        )
