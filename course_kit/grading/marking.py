"""One submission's two ends: staged and sanitized before its notebooks run, recorded and put in its place after."""

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.client import WorkerLost
from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import CourseKitError, Invalid
from course_kit.grading.desk import Desk
from course_kit.grading.facts import Facts, as_held, facts_of, flags_of, outcome, sentence, wavering
from course_kit.grading.graded import Suspect
from course_kit.grading.holds import Decisions, Ruling, ruling
from course_kit.grading.kept_results import KeptResults
from course_kit.grading.pipeline import CALL_SECONDS, Terms, Work, lost, put_result, read_files
from course_kit.grading.places import GradedAssignment
from course_kit.grading.records import Record, Records
from course_kit.grading.staging import Expected, grade_ids, put_folder, stage
from course_kit.grading.stamps import Named
from course_kit.model.scores import SubmissionStatus

_OF_RUNNING = ("kernel", "proof", "environment", "limits", "keys", "seconds", "due")
"""What a record says of the run itself, which recording once more does not change."""


@dataclass
class Bench:
    """What all submissions of a batch are marked with. ``target`` gives the folder that a graded submission goes to."""

    desk: Desk
    info: CourseInfo
    assignment: GradedAssignment
    records: Records
    results: KeptResults
    terms: Terms
    decisions: Decisions
    suspects: tuple[Suspect, ...]
    expected: Expected
    scratch: Path
    target: Callable[[str], Path]
    tests: str
    files: str
    settings: str
    environment: str
    at: datetime
    added: tuple[str, ...] = ()
    is_trial: bool = False


class Marking:
    """The steps of the pipeline that speak to nbgrader. ``named`` tells what was handed in, by learner."""

    def __init__(self, bench: Bench, named: Mapping[str, Named | None]) -> None:
        self._bench, self._named = bench, named
        self._known: dict[str, Named] = {}
        self._count = 0

    @property
    def terms(self) -> Terms:
        return self._bench.terms

    @property
    def decisions(self) -> Decisions:
        return self._bench.decisions

    def suspect(self, suspects: tuple[Suspect, ...]) -> None:
        """From now on these tests are suspected."""
        self._bench.suspects = suspects

    def again(self, learner: str) -> bool:
        """Record a submission once more from the results that are kept. False where they are not: nothing changed."""
        before = self._bench.records.get(learner)
        work = self.begin(learner)
        if before is None or work.status is not None or not self._take_kept(work):
            shutil.rmtree(work.staging, ignore_errors=True)
            return False
        if learner not in self._named:
            self._known[learner] = Named(before.submission, before.stamp)
        self.finish(work)
        after = self._bench.records.get(learner)
        if after is not None:
            ran = {name: getattr(before, name) for name in _OF_RUNNING}
            self._bench.records.put(learner, replace(after, **ran))
        return True

    def _take_kept(self, work: Work) -> bool:
        """Put what ran before into a submission that was sanitized again; False where something is missing."""
        for stem in work.todo:
            result = self._bench.results.get(work.learner, stem)
            if result is None or not put_result(work, stem, result):
                return False
        work.todo.clear()
        return True

    def begin(self, learner: str) -> Work:
        """Stage and sanitize. What goes wrong is this submission's status."""
        self._count += 1
        work = Work(learner, self._bench.scratch / str(self._count))
        try:
            self._begin(work)
        except WorkerLost as error:
            work.status, work.detail = lost(error)
        except Invalid as error:
            work.status, work.detail = "unreadable", f"It was not graded: {error.message.rstrip('.')}."
        except CourseKitError as error:
            work.status, work.detail = "failed", f"It could not be graded: {error.message.rstrip('.')}."
        except OSError as error:
            work.status, work.detail = "unreadable", f"Its files cannot be read: {error}."
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
            work.status, work.detail = "failed", f"It could not be read ({type(error).__name__}: {error})."
        return work

    def _begin(self, work: Work) -> None:
        bench, name = self._bench, self._bench.assignment.name
        submitted = bench.info.submitted_folder(work.learner, name)
        staged = stage(submitted, work.staging / "submitted" / work.learner / name, bench.expected)
        work.repairs += staged.repairs
        if not staged.notebooks:
            work.status, work.detail = _nothing_to_mark(staged.unreadable, submitted)
            return
        answer = bench.desk.call(
            bench.assignment.root,
            "sanitize",
            timeout=CALL_SECONDS,
            assignment=name,
            learner=work.learner,
            staging=str(work.staging),
        )
        if answer["fault"] is not None:
            work.status, work.detail = "failed", f"nbgrader could not mark it: {answer['reason'].rstrip('.')}."
            return
        work.folder = Path(answer["folder"])
        work.repairs += answer["repairs"]
        _name_what_is_not_there(work, staged.unreadable, answer["missing"])
        for stem, about in answer["notebooks"].items():
            work.notebooks[stem] = about
            for test in about["restored"]:
                if test in bench.added:
                    work.remarks.append(f"{stem}.ipynb: the test {test!r} was added after it was handed in")
                else:
                    work.repairs.append(f"{stem}.ipynb: the test {test!r} was missing and was put back")
            if about["fault"] is None:
                work.todo.append(stem)
            else:
                work.absent[stem] = about["reason"]
                work.broken[stem] = "failed"
        work.files = read_files(work.folder)
        if not bench.terms.executes:
            work.todo = deque()

    def finish(self, work: Work) -> None:
        """Record, put the graded notebooks in their place, and keep what came of it."""
        try:
            record = self._finish(work)
        except WorkerLost as error:
            record = self._unscored(work, *lost(error))
        except CourseKitError as error:
            record = self._unscored(work, "failed", f"It could not be recorded: {error.message.rstrip('.')}.")
        finally:
            shutil.rmtree(work.staging, ignore_errors=True)
        self._bench.records.put(work.learner, record)

    def _finish(self, work: Work) -> Record:
        if work.status is None and work.notebooks and set(work.absent) >= set(work.notebooks):
            kinds = set(work.broken.values())
            work.status = "missing-kernel" if kinds == {"missing-kernel"} else "failed"
            work.detail = sentence(f"{stem}.ipynb: {reason.rstrip('.')}" for stem, reason in work.absent.items())
        if work.status is not None:
            return self._unscored(work, work.status, work.detail)
        facts = facts_of(work)
        draft = self._record(work, "graded", "", facts)
        wanted = ruling(work.learner, draft, self._bench.decisions, self._bench.suspects)
        answer = self._recorded(work, facts, wanted)
        if answer["fault"] is not None:
            return self._unscored(work, "failed", f"nbgrader could not record it: {str(answer['reason']).rstrip('.')}.")
        facts = as_held(facts, answer, wanted)
        settled = ruling(
            work.learner, self._record(work, "graded", "", facts), self._bench.decisions, self._bench.suspects
        )
        if settled.accepted != wanted.accepted or settled.denied != wanted.denied:
            # recording found more that speaks against a pass than proof did, and it is decided already
            answer = self._recorded(work, facts, settled)
        wanted = settled
        work.answer = answer
        put_folder(work.folder, self._bench.target(work.learner))
        self._keep_results(work, wanted)
        status, detail = outcome(work, answer, wanted)
        flags = flags_of(answer, wavering(work, facts, self._bench.records.get(work.learner)))
        return self._record(work, status, detail, facts, flags=flags, held=wanted.waiting, denied=wanted.denied)

    def _recorded(self, work: Work, facts: Facts, wanted: Ruling) -> Any:
        bench = self._bench
        return bench.desk.call(
            bench.assignment.root,
            "record",
            timeout=CALL_SECONDS,
            assignment=bench.assignment.name,
            learner=work.learner,
            staging=str(work.staging),
            proofs=facts.proofs,
            accepted={stem: list(cells) for stem, cells in wanted.accepted.items()},
            denied={stem: list(cells) for stem, cells in wanted.denied.items()},
            absent=work.absent,
            at=bench.at.isoformat(),
            keep_evidence=not bench.is_trial,
        )

    def _keep_results(self, work: Work, wanted: Ruling) -> None:
        """What a decision will need, so that it runs nothing again."""
        if wanted.waiting or wanted.denied or wanted.accepted:
            self._bench.results.put(work.learner, work.results)
        else:
            self._bench.results.drop(work.learner)

    def _unscored(self, work: Work, status: SubmissionStatus, detail: str) -> Record:
        return self._record(work, status, detail, Facts({}, {}, {}))

    def _record(
        self,
        work: Work,
        status: SubmissionStatus,
        detail: str,
        facts: Facts,
        *,
        flags: Mapping[str, Mapping[str, list[str]]] | None = None,
        held: Mapping[str, Iterable[str]] | None = None,
        denied: Mapping[str, Iterable[str]] | None = None,
    ) -> Record:
        bench, named = self._bench, self._named.get(work.learner) or self._known.get(work.learner)
        return Record(
            submission=named.digest if named else "",
            cells=bench.tests,
            kernel=bench.terms.kernel or "",
            status=status,
            detail=detail,
            stamp=named.stamp if named else "",
            files=bench.files,
            settings=bench.settings,
            proof=bench.terms.proof,
            environment=bench.environment,
            limits=bench.terms.limits.json_object(),
            keys=dict(work.keys),
            works={stem: about["works"] for stem, about in work.notebooks.items()},
            verdicts=facts.verdicts,
            passed=facts.passed,
            flags=flags or {},
            held={stem: list(cells) for stem, cells in (held or {}).items()},
            denied={stem: list(cells) for stem, cells in (denied or {}).items()},
            seconds=round(work.seconds, 3),
        )


def expected_notebooks(source: Path) -> dict[str, frozenset[str]]:
    """The notebooks of an assignment's source, with the grade ids that tell each from the others."""
    found = {}
    for path in sorted(source.glob("*.ipynb")) if source.is_dir() else ():
        try:
            found[path.stem] = grade_ids(json.loads(path.read_bytes()))
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            continue
    return found


def _name_what_is_not_there(work: Work, unreadable: Iterable[str], missing: Iterable[str]) -> None:
    """Say of each notebook of the assignment that is not marked why; any other that cannot be read is only remarked."""
    broken = {text.split(".ipynb:")[0]: text for text in unreadable}
    for stem in missing:
        text = broken.pop(stem, "")
        work.notes.append(f"{text}; it counts zero" if text else f"{stem}.ipynb is missing and counts zero")
    work.remarks += [f"{text}; it is none of the assignment's" for text in broken.values()]


def _nothing_to_mark(unreadable: tuple[str, ...], submitted: Path) -> tuple[SubmissionStatus, str]:
    if unreadable:
        return "unreadable", sentence(unreadable)
    there = ", ".join(sorted(path.name for path in submitted.iterdir())[:5]) or "nothing"
    return "missing", f"There is no notebook in it, only: {there}."
