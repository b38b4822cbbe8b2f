"""A cohort of made-up learners for the demo: seeded, and working through the functions and files that real ones use."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from course_kit.apps.made_up_answers import right_answer, wrong_answer
from course_kit.errors import Refused
from course_kit.files.atomic import write_atomically
from course_kit.model.course import Assignment, Course, Lesson
from course_kit.model.quiz import Item, Quiz, Response
from course_kit.model.roster import Roster, RosterEntry
from course_kit.quizzes.graded import scored_quiz
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.session.quizzes import open_quiz
from course_kit.store.journal import Journal
from course_kit.store.places import local_learner

Road = Literal["file", "moodle", "bare", "two-computers", "none"]
"""How a submission reaches the instructor; ``none``: this learner never begins."""

_NAMES = (
    "Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Mary Jackson", "Donald Knuth",
    "Radia Perlman", "Tim Berners-Lee", "Katherine Johnson", "John von Neumann", "Barbara Liskov", "Ken Thompson",
    "Hedy Lamarr", "Claude Shannon", "Sofia Kovalevskaya", "Ronald Fisher", "Florence Nightingale", "John Tukey",
    "Gertrude Cox", "Karl Pearson", "Janet Norwood", "Abraham Wald", "Stella Cunliffe", "David Blackwell",
)  # fmt: skip
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_RECORDED = {"COURSE_KIT_RECORD": "1"}


@dataclass(frozen=True)
class MadeUpLearner:
    """``ability``: the chance of a right first answer; ``diligence``: the share of the course that is done."""

    entry: RosterEntry
    ability: float
    diligence: float
    road: Road


def make_cohort(size: int, seed: int) -> tuple[MadeUpLearner, ...]:
    """``size`` learners, the same for the same seed. From four on, the last never begins."""
    chance = random.Random(f"cohort/{seed}")
    roads: tuple[Road, ...] = ("two-computers", "moodle", "bare", "file")
    made = []
    for number in range(size):
        name = _NAMES[number % len(_NAMES)]
        learner = re.sub(r"[^a-z]+", "-", name.lower()) + (
            str(number // len(_NAMES) + 1) if number >= len(_NAMES) else ""
        )
        entry = RosterEntry(
            learner=learner,
            name=name,
            email=f"{learner}@example.org",
            lms_id=str(4000 + number),
            cohort="autumn" if number % 2 else "spring",
        )
        absent = number == size - 1 and size >= 4
        made.append(
            MadeUpLearner(
                entry=entry,
                ability=chance.uniform(0.35, 0.95),
                diligence=0.0 if absent else chance.choice([0.35, 0.7, 1.0, 1.0]),
                road="none" if absent else roads[number % len(roads)],
            )
        )
    return tuple(made)


def roster_of(cohort: tuple[MadeUpLearner, ...]) -> Roster:
    return Roster(entries=tuple(learner.entry for learner in cohort))


class MadeUpLife:
    """One made-up learner's work in an opened copy of the course."""

    def __init__(self, who: MadeUpLearner, course: Course, release: str, data: Path, seed: int) -> None:
        self.who, self._course, self._release, self._data = who, course, release, data
        self._chance = random.Random(f"{seed}/{who.entry.learner}")

    def work_through(self, copy: Path, share: float, *, after: float = 0.0) -> int:
        """Work through the lessons between the shares ``after`` and ``share`` of the course; how many there were."""
        lessons = list(self._course.lessons())
        begun = lessons[round(after * len(lessons)) : round(share * len(lessons))]
        for lesson in begun:
            self._view(lesson)
            if lesson.kind == "notebook":
                self._run_cells(lesson)
                self._answer_quizzes(copy, lesson)
        return len(begun)

    def do_assignment(self, copy: Path, assignment: Assignment, source: Path) -> None:
        """Fill in an assignment's cells (the reference solution, a slip, an unfinished cell, or the untouched stub),
        and answer its quizzes as well as this learner can. ``source``: where its keys are."""
        place = copy / "assignments" / assignment.key
        for path in sorted(place.glob("*.ipynb")):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            reference = json.loads((source / path.name).read_text(encoding="utf-8"))
            solutions = {_grade_id(cell): _text(cell) for cell in reference["cells"] if _is_solution(cell)}
            for cell in notebook["cells"]:
                if _is_solution(cell) and _grade_id(cell) in solutions:
                    cell["source"] = self._solve(cell, solutions[_grade_id(cell)])
            write_atomically(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
            for cell in reference["cells"]:
                if cell["cell_type"] == "code" and is_quiz(_text(cell)):
                    self._answer_graded(place, scored_quiz(parse_quiz(_text(cell))[0].quiz))

    def _answer_graded(self, place: Path, quiz: Quiz) -> None:
        """Save a response to each question, as the page does; now and then one is changed, or none comes."""
        if not quiz.items:
            return
        keyed = {variants.item.key: variants for variants in quiz.items}
        session = open_quiz(quiz.key, cwd=place, environ=_RECORDED, data=self._data)
        for public in session.publics():
            item = keyed[public["key"]].variant(public["variant"])
            drawn = self._chance.random()
            if drawn > 0.95:
                continue
            if drawn > 0.8:
                session.answer(item.key, wrong_answer(item, self._chance))
            knows = self._chance.random() < self.who.ability
            session.answer(item.key, right_answer(item) if knows else wrong_answer(item, self._chance))

    def _solve(self, cell: dict[str, Any], solution: str) -> str:
        stub = _text(cell)
        solved = "\n".join(line for line in solution.splitlines() if line.strip() not in (_BEGIN, _END))
        if cell["cell_type"] == "markdown":
            return "I compared the groups and would report the median, since a few values lie far out."
        drawn = self._chance.random()
        if drawn < self.who.ability:
            return solved
        if drawn < self.who.ability + 0.15:
            return re.sub(r"\b(\d+)\b", lambda match: str(int(match[1]) + 1), solved, count=1)
        if drawn < self.who.ability + 0.25:
            return solved + "\nraise RuntimeError('unfinished')"
        return stub

    def _journal(self, writer: Literal["page", "kernel"]) -> Journal:
        return Journal(
            self._data / "journals",
            learner=local_learner(self._data).learner,
            course=self._course.key,
            release=self._release,
            writer=writer,
        )

    def _view(self, lesson: Lesson) -> None:
        with self._journal("page") as journal:
            journal.append(
                [
                    {"kind": "LessonOpened", "lesson": lesson.key},
                    {"kind": "LessonViewed", "lesson": lesson.key, "fraction": 1.0},
                ]
            )

    def _run_cells(self, lesson: Lesson) -> None:
        facts: list[dict[str, Any]] = []
        for cell in lesson.cells:
            ran = {
                "kind": "CellRan",
                "lesson": lesson.key,
                "cell": cell,
                "seconds": round(self._chance.uniform(0.01, 2), 3),
            }
            if self._chance.random() > 0.5 + self.who.ability / 2:
                facts.append({**ran, "ok": False, "error": "NameError"})
            facts.append({**ran, "ok": True, "error": None})
        if facts:
            with self._journal("kernel") as journal:
                journal.append(facts)

    def _answer_quizzes(self, copy: Path, lesson: Lesson) -> None:
        for quiz in dict.fromkeys(item.partition("/")[0] for item in lesson.items):
            session = open_quiz(
                f"{lesson.key}/{quiz}", cwd=(copy / lesson.path).parent, environ=_RECORDED, data=self._data
            )
            session.shown()
            for item in session.items:
                with suppress(Refused):  # no attempt is left, or there is a wait: then most people go on
                    for response in self._responses(session.item(item.key)):
                        session.answer(item.key, response)

    def _responses(self, item: Item) -> Iterator[Response]:
        """Wrong answers, with luck a right one at their end; most people stop after three."""
        for _ in range(3):
            if self._chance.random() < self.who.ability:
                yield right_answer(item)
                return
            if item.hints and self._chance.random() < 0.3:
                return
            yield wrong_answer(item, self._chance)


def _is_solution(cell: dict[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))


def _grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"]["nbgrader"]["grade_id"])


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
