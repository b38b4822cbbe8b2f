"""The review: what is due, and the notebook that asks it."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from course_kit.errors import CourseKitError, Invalid
from course_kit.files.atomic import read_json, write_atomically
from course_kit.model.course import Course, Lesson
from course_kit.model.keys import utc_text
from course_kit.model.progress import progress_of
from course_kit.model.review import SkillState, due, next_due, review_lesson, skill_states, teaching, weak, weakest
from course_kit.model.tally import Tally
from course_kit.store.kept import tally_of
from course_kit.workspace.events import local_store
from course_kit.workspace.folder import Workspace
from course_kit.workspace.notebooks import write_notebook
from course_kit.workspace.review_notebook import FOLDER, review_template, written
from course_kit.workspace.review_questions import MINUTES_EACH, Question, Questions

MINUTES = 10
"""How long a review takes unless said otherwise."""
MOST_MINUTES = 120


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PanelTeaching(_Part):
    """A lesson that teaches a skill. ``path``: as the page opens it, null where it is not there."""

    key: str
    title: str
    path: str | None


class PanelSkill(_Part):
    """``strength``: the chance, 0 to 1, that it is remembered now."""

    skill: str
    title: str
    due: bool
    due_at: str
    strength: float
    lessons: tuple[PanelTeaching, ...]


class PanelReviews(_Part):
    """``due``: how many skills are; ``minutes``: what a review of them takes; ``next_at``: when the next one comes.

    ``skills``: all that the learner has met, what is due first; ``weak``: those to learn again, the weakest first.
    """

    due: int = 0
    minutes: int = 0
    next_at: str | None = None
    skills: tuple[PanelSkill, ...] = ()
    weak: tuple[PanelSkill, ...] = ()


@dataclass(frozen=True)
class MadeReview:
    """``path`` is relative to the copy in ``folder``; ``skills`` by key, in the order of the questions."""

    review: str
    folder: Path
    path: str
    skills: tuple[str, ...]
    titles: tuple[str, ...]
    minutes: int


def panel_reviews(course: Course, tally: Tally, files: Mapping[str, str], at: datetime) -> PanelReviews:
    """What the panel says of reviews. ``files``: the files of the release that are there, as the page opens them."""
    states = skill_states(course, tally, at)
    taught = teaching(course) if states else {}
    waiting, coming = due(states, at), next_due(states, at)

    def shown(these: Iterable[SkillState]) -> tuple[PanelSkill, ...]:
        return tuple(_shown(one, taught.get(one.skill, ()), files, at) for one in these)

    return PanelReviews(
        due=len(waiting),
        minutes=min(MINUTES, math.ceil(len(waiting) * MINUTES_EACH)),
        next_at=None if coming is None else utc_text(coming),
        skills=shown(states),
        weak=shown(weak(states)),
    )


def _shown(state: SkillState, taught: Sequence[Lesson], files: Mapping[str, str], at: datetime) -> PanelSkill:
    return PanelSkill(
        skill=state.skill,
        title=state.title,
        due=state.due <= at,
        due_at=utc_text(state.due),
        strength=round(state.strength, 3),
        lessons=tuple(
            PanelTeaching(key=one.key, title=one.title or one.key, path=files.get(one.path)) for one in taught
        ),
    )


def make_review(
    folder: Path,
    *,
    data: Path,
    at: datetime,
    zone: tzinfo = UTC,
    minutes: float = MINUTES,
    anyway: bool = False,
) -> MadeReview:
    """Write the notebook of a review: what is due in the copy around ``folder``, as much as ``minutes`` hold.

    It is named by the day in ``zone``. One of today that holds neither answers nor a change is replaced, any other
    stays, and the next number is taken. ``anyway``: where nothing is due, what is weakest. Raises :class:`Invalid`
    where there is nothing to ask (the hint says when there will be), and as
    :func:`course_kit.workspace.panel.panel` does.
    """
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"A review takes 1 to {MOST_MINUTES} minutes, not {minutes:g}.", hint="Ten is a good length.")
    workspace = Workspace.around(folder)
    course = workspace.manifest().course
    with local_store(data, at=at) as store:
        tally = tally_of(store, workspace.course)
    asked = _asked_for(course, skill_states(course, tally, at), at, zone, anyway=anyway)
    progress, seed = progress_of(course, tally, at=at), workspace.record.seed
    questions = Questions(workspace.folder, course, progress, tally, seed=seed, data=data).choose(asked, minutes)
    if not questions:
        raise Invalid(
            "What is due for review cannot be asked in a notebook of its own.",
            hint="Its questions look at a lesson's own cells or are marked by a person: go through the lesson again.",
        )
    return _write(workspace, course, questions, tally, at=at, zone=zone)


def _asked_for(
    course: Course, states: Sequence[SkillState], at: datetime, zone: tzinfo, *, anyway: bool
) -> tuple[SkillState, ...]:
    waiting = due(states, at)
    if waiting or (anyway and states):
        return waiting or weakest(states)
    if not any(lesson.skills for lesson in course.lessons()):
        hint = "Its author can name the skill of a question with a line such as `skill: grouping`."
        raise Invalid("The questions of this course name no skills, so none comes back for review.", hint=hint)
    coming = next_due(states, at)
    if coming is None:
        raise Invalid("There is nothing to review yet.", hint="Answer the questions of a lesson first.")
    here = coming.astimezone(zone)
    raise Invalid(
        "Nothing is due for review now.",
        hint=f"The next skill comes back on {here:%A}, {here.day} {here:%B %Y} at {here:%H:%M}. To practise what is "
        "weakest all the same: course-kit review --anyway",
    )


def _write(
    workspace: Workspace, course: Course, questions: Sequence[Question], tally: Tally, *, at: datetime, zone: tzinfo
) -> MadeReview:
    from course_kit.bridges.papermill import with_parameters
    from course_kit.workspace.trust import trust

    review, path = _free(workspace, tally, at.astimezone(zone).date())
    template = review_template(course, questions, teaching(course), review=review, at=at, zone=zone)
    notebook = with_parameters(template, {"review": review}, comment="Which review this is")
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].rstrip()
    notebook["metadata"]["course_kit"]["written"] = written(notebook)
    place = workspace.folder / path
    write_atomically(place, write_notebook(notebook))
    trust([place])
    return MadeReview(
        review=review,
        folder=workspace.folder,
        path=path,
        skills=tuple(question.state.skill for question in questions),
        titles=tuple(question.state.title for question in questions),
        minutes=max(1, math.ceil(sum(question.minutes for question in questions))),
    )


def _free(workspace: Workspace, tally: Tally, day: date) -> tuple[str, str]:
    """The name and the file of the next review of that day.

    The name bears a part of the copy's own, so that two computers of one learner never give theirs the same.
    """
    answered = {place for place, _ in tally.items}
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        path = f"{FOLDER}/review-{day.isoformat()}{suffix}.ipynb"
        file = workspace.path(path)
        if not file.exists() or _is_unused(file, answered):
            return f"{day.isoformat()}{suffix}-{workspace.record.folder_id[:6]}", path
        number += 1


def _is_unused(path: Path, answered: Collection[str]) -> bool:
    """Whether the review at ``path`` says what it was written with, and none of its questions was answered."""
    try:
        notebook = read_json(path, path.name)
        mark = notebook["metadata"]["course_kit"]
        return review_lesson(mark["review"]) not in answered and mark["written"] == written(notebook)
    except (CourseKitError, OSError, KeyError, TypeError, AttributeError):
        return False
