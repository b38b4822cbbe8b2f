"""Names in course.yml that the roster does not have."""

from pathlib import Path

from course_kit.grading.roster_check import not_on_the_roster
from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.gate_tree import AnyOf, Completed, InCohort
from course_kit.model.when import Override

COURSE = Course(
    key="c",
    title="C",
    units=(
        Unit(
            key="u",
            lessons=(
                Lesson(key="a", kind="link", url="https://example.org", title="A"),
                Lesson(
                    key="b",
                    kind="link",
                    url="https://example.org",
                    title="B",
                    condition=AnyOf(parts=(Completed(lesson="a"), InCohort(cohort="morning"))),
                ),
            ),
            assignments=(
                Assignment(
                    key="w",
                    source="source/w",
                    overrides=(
                        Override(cohort="evning", due="start + 3 days"),
                        Override(cohort="evening", due="start + 3 days"),
                        Override(learner="adda", extend="3 days"),
                        Override(learner="ada", extend="3 days"),
                    ),
                ),
            ),
        ),
    ),
)


def test_a_slip_in_a_name_gives_nobody_another_date_and_is_said(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("learner,name,email,lms_id,cohort\nada,Ada,,,evening\nmia,Mia,,,\n")
    assert [(one.level, one.message, one.hint) for one in not_on_the_roster(tmp_path, COURSE)] == [
        (
            "warning",
            "nobody in roster.csv is in the cohort `evning`",
            "Write a cohort of roster.csv, or put learners into it there. Did you mean `evening`?",
        ),
        (
            "warning",
            "nobody in roster.csv is in the cohort `morning`",
            "Write a cohort of roster.csv, or put learners into it there.",
        ),
        (
            "warning",
            "nobody in roster.csv is called `adda`",
            "Write the learner's id as roster.csv has it. Did you mean `ada`?",
        ),
    ]


def test_without_a_roster_nothing_is_known_of_names(tmp_path: Path) -> None:
    assert not_on_the_roster(tmp_path, COURSE) == ()
