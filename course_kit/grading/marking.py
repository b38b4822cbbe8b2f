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
from course_kit.grading.graded import Suspect
from course_kit.grading.holds import Decisions, Ruling, ruling
from course_kit.grading.kept_results import KeptResults
from course_kit.grading.pipeline import CALL_SECONDS, Terms, Work, lost, put_result, read_files
from course_kit.grading.places import GradedAssignment
from course_kit.grading.records import Record, Records
from course_kit.grading.staging import Expected, grade_ids, put_folder, stage
from course_kit.grading.stamps import Named
from course_kit.model.scores import SubmissionStatus

_ENDINGS: Mapping[SubmissionStatus, str] = {
    "out-of-memory": "a cell of {} used more memory than allowed and counts zero",
    "kernel-died": "a cell of {} ended the kernel and counts zero",
    "timed-out": "a cell of {} ran longer than allowed and counts zero",
}
"""The worst first: a submission's status is that of its worst notebook."""


FLAKY = "It came out otherwise when the same work was run again: it depends on luck, time or order."


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
    at: datetime
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
            ran = {name: getattr(before, name) for name in ("kernel", "proof", "limits", "keys", "seconds")}
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
        work.notes += [f"{phrase}; it counts zero" for phrase in staged.unreadable]
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
        named = {text.split(".ipynb:")[0] for text in staged.unreadable}
        work.notes += [f"{stem}.ipynb is missing and counts zero" for stem in answer["missing"] if stem not in named]
        for stem, about in answer["notebooks"].items():
            work.notebooks[stem] = about
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
            work.detail = _sentence(f"{stem}.ipynb: {reason.rstrip('.')}" for stem, reason in work.absent.items())
        if work.status is not None:
            return self._unscored(work, work.status, work.detail)
        facts = _facts(work)
        draft = self._record(work, "graded", "", facts)
        wanted = ruling(work.learner, draft, self._bench.decisions, self._bench.suspects)
        answer = self._recorded(work, facts, wanted)
        if answer["fault"] is not None:
            return self._unscored(work, "failed", f"nbgrader could not record it: {str(answer['reason']).rstrip('.')}.")
        facts = _as_held(facts, answer, wanted)
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
        status, detail = _outcome(work, answer, wanted)
        flags = _flags(answer, _wavering(work, facts, self._bench.records.get(work.learner)))
        return self._record(work, status, detail, facts, flags=flags, held=wanted.waiting, denied=wanted.denied)

    def _recorded(self, work: Work, facts: "Facts", wanted: Ruling) -> Any:
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
        facts: "Facts",
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
            limits=bench.terms.limits.json_object(),
            keys=dict(work.keys),
            works={stem: about["work"] for stem, about in work.notebooks.items() if "work" in about},
            verdicts=facts.verdicts,
            passed=facts.passed,
            flags=flags or {},
            held={stem: list(cells) for stem, cells in (held or {}).items()},
            denied={stem: list(cells) for stem, cells in (denied or {}).items()},
            seconds=round(work.seconds, 3),
        )


@dataclass(frozen=True)
class Facts:
    """By notebook and cell: what proof found (``proofs``: with evidence), and whether running left nothing bad."""

    proofs: Mapping[str, Mapping[str, Mapping[str, str]]]
    verdicts: Mapping[str, Mapping[str, str]]
    passed: Mapping[str, Mapping[str, bool]]


def _facts(work: Work) -> Facts:
    proofs: dict[str, dict[str, dict[str, str]]] = {}
    passed: dict[str, dict[str, bool]] = {}
    for stem, result in work.results.items():
        if stem in work.absent:
            continue
        names = {position: cell for cell, position in work.notebooks[stem]["tests"].items()}
        proofs[stem] = {
            names[one.index]: {"verdict": one.verdict, "evidence": one.evidence}
            for one in result.proof
            if one.index in names
        }
        cells = json.loads((work.folder / f"{stem}.ipynb").read_bytes())["cells"]
        passed[stem] = {cell: left_nothing(cells[position]) for position, cell in names.items()}
    verdicts = {stem: {cell: one["verdict"] for cell, one in cells.items()} for stem, cells in proofs.items()}
    return Facts(proofs, verdicts, passed)


def _as_held(facts: Facts, answer: Mapping[str, Any], wanted: Ruling) -> Facts:
    """What is held is what recording says: it knows what a cell would have scored, and looks at its outputs, too."""
    verdicts = {stem: dict(cells) for stem, cells in facts.verdicts.items()}
    passed = {stem: dict(cells) for stem, cells in facts.passed.items()}
    for stem, row in answer["notebooks"].items():
        held = set(row.get("held", ()))
        for cell in held:
            verdicts.setdefault(stem, {})[cell] = "unverified"
            passed.setdefault(stem, {})[cell] = True
        for cell, verdict in verdicts.get(stem, {}).items():
            if verdict == "unverified" and cell not in held and cell not in wanted.accepted.get(stem, ()):
                passed.setdefault(stem, {})[cell] = False
    return Facts(facts.proofs, verdicts, passed)


def left_nothing(cell: Mapping[str, Any]) -> bool:
    """Whether a test cell's outputs hold neither an error nor a warning: nbgrader's rule for any points at all."""
    for output in cell.get("outputs", ()):
        if output.get("output_type") == "error":
            return False
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            return False
    return True


def _outcome(work: Work, answer: Mapping[str, Any], wanted: Ruling) -> tuple[SubmissionStatus, str]:
    notes = list(work.repairs) + list(work.notes)
    for stem, reason in work.absent.items():
        notes.append(f"{stem}.ipynb could not be run and counts zero ({reason.rstrip('.')})")
    for stem, row in answer["notebooks"].items():
        if row.get("fault") and stem not in work.absent:
            notes.append(f"{stem}.ipynb could not be recorded and counts zero ({str(row['reason']).rstrip('.')})")
    broken = bool(work.absent) or any(row.get("fault") for row in answer["notebooks"].values())
    notes += [note for result in work.results.values() for note in result.notes]
    if wanted.denied:
        notes.insert(0, f"points were not given after a review: {_listed(wanted.denied)}")
    status: SubmissionStatus = "repaired" if work.repairs or work.notes or broken else "graded"
    for ending in reversed(list(_ENDINGS)):
        stems = [stem for stem, result in work.results.items() if result.ending == ending]
        if stems:
            status = ending
            notes.insert(0, _ENDINGS[ending].format(", ".join(stems)))
    if wanted.waiting:
        status = "unverified"
        notes.insert(0, f"passed without proof, and waits for your decision: {_listed(wanted.waiting)}")
    return status, _sentence(notes)


def _listed(cells: Mapping[str, Iterable[str]]) -> str:
    return ", ".join(f"{cell} in {stem}" for stem, names in cells.items() for cell in names)


def _wavering(work: Work, facts: Facts, before: Record | None) -> dict[str, list[str]]:
    """Tests that came out otherwise than before although everything that goes into them is the same, by notebook."""
    if before is None:
        return {}
    same = [stem for stem in work.ran if before.keys.get(stem) == work.keys.get(stem)]
    return {
        stem: [
            cell
            for cell, now in facts.passed.get(stem, {}).items()
            if before.passed.get(stem, {}).get(cell, now) != now
        ]
        for stem in same
    }


def _flags(answer: Mapping[str, Any], wavering: Mapping[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for stem, cells in wavering.items():
        for cell in cells:
            found.setdefault(stem, {})[cell] = [f"flaky: {FLAKY}"]
    for flag in answer.get("flags", ()):
        found.setdefault(flag["notebook"], {}).setdefault(flag["cell"], []).append(f"{flag['kind']}: {flag['text']}")
    return found


def expected_notebooks(source: Path) -> dict[str, frozenset[str]]:
    """The notebooks of an assignment's source, with the grade ids that tell each from the others."""
    found = {}
    for path in sorted(source.glob("*.ipynb")) if source.is_dir() else ():
        try:
            found[path.stem] = grade_ids(json.loads(path.read_bytes()))
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            continue
    return found


def _nothing_to_mark(unreadable: tuple[str, ...], submitted: Path) -> tuple[SubmissionStatus, str]:
    if unreadable:
        return "unreadable", _sentence(unreadable)
    there = ", ".join(sorted(path.name for path in submitted.iterdir())[:5]) or "nothing"
    return "missing", f"There is no notebook in it, only: {there}."


def _sentence(phrases: Iterable[str]) -> str:
    text = "; ".join(phrases).rstrip(".")
    if not text:
        return ""
    # a file's name keeps its letters
    return f"{text}." if "." in text.split(" ", 1)[0] else f"{text[0].upper()}{text[1:]}."
