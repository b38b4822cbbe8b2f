"""What a graded quiz's file tells of each kind of item: what is asked, and nothing that answers it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from course_kit.errors import Tampered
from course_kit.model.quiz import Item, Variants, item_digest
from course_kit.quizzes.graded import (
    essay_id,
    is_questions,
    is_scored,
    key_digest,
    key_line,
    quiz_points,
    remembered_key,
    scored_quiz,
)
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.quiz_file import quiz_file, read_quiz_file, wording_digest
from course_kit.quizzes.render import markdown_html
from course_kit.quizzes.templates import TEMPLATES, template

PUBLIC = {"key", "kind", "prompt", "form", "hints", "minutes", "skill", "points", "attempts", "wait", "confidence"}
FORM = {
    "one-choice": {"choices"},
    "several-choices": {"choices"},
    "true-false": set(),
    "number": {"unit", "units"},
    "short-text": set(),
    "ordering": {"pieces"},
    "parsons": {"pieces", "indent", "step", "language"},
    "cloze": {"blanks", "code"},
    "matching": {"left", "right"},
    "expression": {"names"},
}
GRADED = [one.name for one in TEMPLATES if one.kind not in ("essay", "code-check")]


def texts_in(value: Any, inside: bool = False) -> Iterator[str]:
    """Every remark, explanation, hint and example that an item holds."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from texts_in(part, inside or name in ("feedback", "explanation", "hints", "mistakes", "example"))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_in(part, inside)
    elif isinstance(value, str) and inside and len(value) > 5:
        yield value


def graded(name: str) -> tuple[Variants, str]:
    source = template(name).cell("q").rstrip("\n") + "\nhint: CANARY-hint.\n"
    source += "" if "\nexplanation:" in source else "explanation: CANARY-explained.\n"
    parsed, problems = parse_quiz(source)
    assert [problem for problem in problems if problem.level == "error"] == []
    quiz = scored_quiz(parsed.quiz)
    file, _ = quiz_file("n.ipynb", [quiz], markdown_html, sealed=False)
    return parsed.quiz.items[0], json.dumps(file, ensure_ascii=False)


@pytest.mark.parametrize("name", GRADED)
def test_only_what_is_asked_stands_in_it(name: str) -> None:
    variants, text = graded(name)
    (item,) = read_quiz_file(text.encode(), "it")["q"].items
    assert item.variants is None
    for public in item.publics:
        assert set(public) == PUBLIC | {"shuffle"}
        assert set(public["form"]) <= FORM[public["kind"]]
        assert (public["hints"], public["attempts"], public["wait"]) == ([], None, 0.0)
    for variant in variants.all:
        assert [secret for secret in texts_in(variant.whole()) if secret in text] == []
        assert item_digest(variant)[:12] not in text
    assert "CANARY" not in text
    assert variants.digest[:12] not in text


@pytest.mark.parametrize("name", ["number", "short-text", "expression"])
def test_typed_answers_stand_nowhere(name: str) -> None:
    variants, text = graded(next(one.name for one in TEMPLATES if one.kind == name))
    for answer in variants.item.right_answers():
        assert json.dumps(answer, ensure_ascii=False) not in text


def items(source: str) -> tuple[Item, ...]:
    return parse_quiz(f"%%quiz q\n{source}")[0].items


def test_the_wordings_digest_knows_nothing_of_the_key() -> None:
    one, other = (items(f"Two?\n= {answer}\nkey: k\nexplanation: {answer}\n")[0] for answer in ("2", "3"))
    assert wording_digest(Variants((one,))) == wording_digest(Variants((other,)))
    left, right = (items(f"Which?\n- [{a}] A\n- [{b}] B\nkey: k\n")[0] for a, b in (("x", " "), (" ", "x")))
    assert wording_digest(Variants((left,))) == wording_digest(Variants((right,)))
    reworded = items("Which one?\n- [x] A\n- [ ] B\nkey: k\n")[0]
    assert wording_digest(Variants((reworded,))) != wording_digest(Variants((left,)))
    assert wording_digest(Variants((left, right))) != wording_digest(Variants((left,)))


def test_a_cell_remembers_its_quiz_by_the_text() -> None:
    source = "%%quiz q\nTwo?\n= 2\n"
    assert remembered_key(f"# x\n{key_line(source)}\n# y") == key_digest(source) == key_digest(f"\n{source}  \r\n")
    assert remembered_key("raise NotImplementedError()") == ""
    assert key_digest(source.replace("= 2", "= 3")) != key_digest(source)
    assert essay_id("a.b", "c.d") == "quiz-a_b-c_d"


def test_of_a_pool_the_best_make_its_points() -> None:
    quiz = parse_quiz("%%quiz q\nA?\n= 1\nkey: a\npoints: 2\n---\nB?\n= 1\nkey: b\n---\nC?\n= essay\nkey: c\n")[0].quiz
    assert quiz_points(quiz) == 3.0
    assert quiz_points(type(quiz)(quiz.key, quiz.items, 1)) == 2.0


@pytest.mark.parametrize(
    ("metadata", "source"),
    [
        ({}, 'raise NotImplementedError("scored by course-kit")'),
        ({"nbgrader": {"grade": True, "solution": True}}, 'raise NotImplementedError("scored by course-kit")'),
        ({"nbgrader": {"grade": "yes", "solution": False}}, 'raise NotImplementedError("scored by course-kit")'),
        (
            {"nbgrader": {"grade": True, "solution": False}},
            'assert x  # raise NotImplementedError("scored by course-kit")',
        ),
        ({"nbgrader": {"grade": True, "solution": False, "grade_id": "quiz-q-questions"}}, "quiz('q')"),
    ],
)
def test_another_cell_is_taken_for_none_of_its_cells(metadata: dict[str, Any], source: str) -> None:
    cell = {
        "cell_type": "code",
        "metadata": {**metadata, "course_kit": {"quiz": "q", "graded": True}},
        "source": source,
    }
    assert not is_scored(cell)
    assert not is_questions(cell)


def test_no_name_in_it_is_code() -> None:
    """A quiz and its items are named in the code of notebooks that course-kit writes for a learner."""
    _, text = graded("one-choice")
    (item,) = read_quiz_file(text.encode(), "it")["q"].items
    hostile = 'x"); print("code'
    for old, new in (
        ('"q": {', f"{json.dumps(hostile)}: {{"),
        (f'"key": "{item.key}"', f'"key": {json.dumps(hostile)}'),
    ):
        assert old in text
        with pytest.raises(Tampered, match="it is damaged"):
            read_quiz_file(text.replace(old, new).encode(), "it")
