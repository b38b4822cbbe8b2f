"""The templates: an author who begins with one begins with a quiz that works."""

import pytest

from course_kit.model import kinds as _kinds  # noqa: F401
from course_kit.model.keys import is_key
from course_kit.model.quiz import KINDS, score
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.render import markdown_html
from course_kit.quizzes.templates import TEMPLATES, Template, template, templates_json


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: one.name)
def test_each_reads_without_a_problem_and_its_right_answer_scores_in_full(one: Template) -> None:
    quiz, problems = parse_quiz(one.cell())
    assert problems == ()
    assert [(item.key, item.kind) for item in quiz.items] == [(one.key, one.kind)]
    for variants in quiz.variants:
        for item in variants.map_texts(markdown_html).all:
            assert score(item, item.reference_response()).fraction == 1.0


def test_there_is_one_for_every_kind() -> None:
    assert {one.kind for one in TEMPLATES} == set(KINDS)


def test_all_of_them_fit_into_one_quiz() -> None:
    quiz, problems = parse_quiz("%%quiz all\n" + "---\n".join(one.item for one in TEMPLATES))
    assert problems == ()
    assert len(quiz.items) == len(TEMPLATES)


def test_names_and_keys_are_keys_and_differ() -> None:
    for names in ([one.name for one in TEMPLATES], [one.key for one in TEMPLATES]):
        assert all(map(is_key, names))
        assert len(set(names)) == len(names)


def test_the_page_gets_what_it_shows() -> None:
    found = templates_json()["templates"]
    assert [one["name"] for one in found] == [one.name for one in TEMPLATES]
    assert all(set(one) == {"name", "kind", "title", "what", "key", "text"} for one in found)
    assert template("parsons") is not None
    assert template("none") is None
