"""Events in words, so that a learner reads what a submission would carry before it is sent."""

from collections.abc import Mapping

from course_kit.model import events as e
from course_kit.model.course import Course
from course_kit.model.review import is_review

_STATES: Mapping[str, str] = {
    "right": "right",
    "partly-right": "partly right",
    "wrong": "wrong",
    "invalid": "could not be read",
    "unanswered": "left empty",
}

_RATINGS: Mapping[int, str] = {1: "again", 2: "hard", 3: "good", 4: "easy"}

_PACE: Mapping[str, str] = {
    "pause": "Paused the course.",
    "resume": "Went on after a pause.",
    "restart": "Started the course's dates over.",
    "hours": "Changed the hours planned for a week.",
}


def sentence(event: e.Event, course: Course) -> str:
    """What happened, in one English sentence without the time."""
    fact = event.fact
    lesson = _lesson(course, getattr(fact, "lesson", ""))
    match fact:
        case e.CourseStarted():
            return "Opened the course for the first time."
        case e.LessonOpened():
            return f"Opened {lesson}."
        case e.LessonViewed():
            return f"Had seen {fact.fraction:.0%} of {lesson}."
        case e.CellRan():
            how = "without an error" if fact.ok else f"with the error {fact.error or 'unknown'}"
            return f"Ran a cell in {lesson} {how}."
        case e.ItemShown():
            return f"Saw the question {fact.item} in {lesson}."
        case e.ItemAnswered():
            return f"Answered {fact.item} in {lesson}: {_STATES[fact.state]} (attempt {fact.attempt})."
        case e.HintTaken():
            return f"Took hint {fact.hint + 1} of {fact.item} in {lesson}."
        case e.LessonCompleted():
            return f"Completed {lesson}."
        case e.LessonUnlocked():
            return f"Unlocked {lesson}."
        case e.LessonWaived():
            return f"Was excused from {lesson}: {fact.reason}"
        case _:
            return _other(fact, course)


def _other(fact: e.Fact, course: Course) -> str:
    match fact:
        case e.AssignmentSubmitted():
            return f"Handed in {_assignment(course, fact.assignment)}."
        case e.ScorePosted():
            return f"Got {fact.score:g} of {fact.max_score:g} points for {_assignment(course, fact.assignment)}."
        case e.GoalSet():
            return f"{'Reached' if fact.done else 'Set'} the goal of the week: {fact.text}"
        case e.GateOverridden():
            return f"Opened {_lesson(course, fact.lesson)} before its gate was open."
        case e.VideoWatched(read=True):
            return f"Read the transcript of the video {fact.video} in {_lesson(course, fact.lesson)}."
        case e.VideoWatched():
            return f"Watched parts of the video {fact.video} in {_lesson(course, fact.lesson)}."
        case e.ReviewDone():
            return f"Reviewed {fact.skill}: {_RATINGS[fact.rating]}."
        case e.PaceChanged():
            return _PACE[fact.change]
        case e.ZoneNoted():
            return f"Worked in the time zone {fact.zone}."
        case e.ArrangementsPosted():
            return "Got word of what your teacher arranged for you."
        case e.Voided():
            return f"An earlier entry was taken back: {fact.reason}"
        case _:
            return f"{fact.kind}."


def _lesson(course: Course, key: str) -> str:
    if is_review(key):
        return "a review"
    lesson = course.lesson(key)
    return f"“{lesson.title or lesson.key}”" if lesson is not None else f"“{key}”"


def _assignment(course: Course, key: str) -> str:
    assignment = course.assignment(key)
    return f"“{assignment.title or assignment.key}”" if assignment is not None else f"“{key}”"
