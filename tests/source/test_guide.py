"""What the author's guide shows is what course-kit reads."""

import re
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.quiz import KINDS, score
from course_kit.quizzes.parse import OPTIONS, parse_quiz
from course_kit.quizzes.render import markdown_html
from course_kit.source.author_form import AssignmentForm, CourseForm, LessonForm, UnitForm
from course_kit.source.course_file import load_course

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "author.md").read_text(encoding="utf-8")
FORM = (DOCS / "quiz-form.md").read_text(encoding="utf-8")


def quizzes(text: str) -> list[str]:
    """The quiz cells in a page, from its fenced blocks."""
    return [match[2] for match in re.finditer(r"^(`{3,4})\n(%%quiz.*?)^\1$", text, re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("source", [*quizzes(GUIDE), *quizzes(FORM)], ids=lambda source: source.split()[1])
def test_its_quizzes_are_without_fault_and_each_right_answer_scores_in_full(source: str) -> None:
    quiz, problems = parse_quiz(source)
    assert [problem for problem in problems if problem.code != "no-item-key"] == []
    assert len(quiz.items) == source.count("\n---\n") + 1
    for variants in quiz.variants:
        for item in variants.all:
            assert score(item, item.reference_response()).fraction == 1
            assert score(item.map_texts(markdown_html), item.reference_response()).fraction == 1


def test_each_kind_has_an_example() -> None:
    shown = {item.kind for source in quizzes(FORM) for item in parse_quiz(source)[0].items}
    assert shown == set(KINDS)


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
        assert f"`{option}:" in FORM
