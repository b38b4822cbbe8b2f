"""What the author's guide shows is what course-kit reads."""

import re
from pathlib import Path
from typing import Any

from course_kit.quizzes.parse import OPTIONS, parse_quiz
from course_kit.source.author_form import AssignmentForm, CourseForm, LessonForm, UnitForm
from course_kit.source.course_file import load_course

GUIDE = (Path(__file__).parents[2] / "docs" / "author.md").read_text(encoding="utf-8")


def test_its_quizzes_are_without_fault() -> None:
    quizzes = re.findall(r"^```\n(%%quiz.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert len(quizzes) == 1
    for source in quizzes:
        quiz, problems = parse_quiz(source)
        assert problems == ()
        assert len(quiz.items) == 2


def test_its_course_lacks_nothing_but_its_files(author: Any) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    author.writes("course.yml", text)
    codes = {finding.code for finding in load_course(author.folder).yaml.findings}
    assert codes == {"missing-notebook", "missing-document", "missing-source"}


def test_every_field_and_option_is_explained() -> None:
    for form in (CourseForm, UnitForm, LessonForm, AssignmentForm):
        for name, field in form.model_fields.items():
            assert f"`{field.alias or name}`" in GUIDE
    for option in OPTIONS:
        assert f"`{option}:" in GUIDE
