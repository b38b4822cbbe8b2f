"""Questions of jupyterquiz: lists of questions in JSON, in base64, or hidden in a notebook."""

import base64
import json
from typing import Any

from course_kit.quizzes.imports.formats import format_of, read
from course_kit.quizzes.imports.questions import Imported
from course_kit.quizzes.parse import parse_quiz


def imported(*questions: dict[str, Any]) -> Imported:
    return read(json.dumps(questions).encode(), "means.json")


def reasons(found: Imported) -> list[str]:
    return [loss.reason for loss in found.losses]


MANY = {
    "question": "Choose all of the following that *can* hold $x_1$:",
    "type": "many_choice",
    "answers": [
        {"answer": "Text — and graphics", "correct": True, "feedback": "Correct."},
        {"answer": "Typeset <b>mathematics</b>", "correct": True, "feedback": "Correct."},
        {"code": "a = '`'\nprint(a)", "correct": False, "feedback": "I hope not."},
    ],
}
ONE = {
    "question": "What is printed?",
    "code": "print(1 + 1)",
    "type": "multiple_choice",
    "answers": [
        {"answer": "2", "correct": True, "feedback": "Yes."},
        {"answer": "11", "correct": False, "feedback": "Only with <code>'1'</code>."},
    ],
}
PI = {
    "question": "Enter the value of pi (will be checked to 2 decimal places):",
    "type": "numeric",
    "precision": 3,
    "answers": [
        {"type": "value", "value": 3.14, "correct": True, "feedback": "Correct."},
        {"type": "range", "range": [3.142857, 3.142858], "correct": True, "feedback": "22/7"},
        {"type": "value", "value": 6.28, "correct": False, "feedback": "That is tau."},
        {"type": "range", "range": [-100000000, 0], "correct": False, "feedback": "pi is an area."},
        {"type": "default", "feedback": "pi is the area of a circle of radius 1."},
    ],
}


def test_choices_with_code_formulas_and_remarks() -> None:
    found = imported(MANY, ONE)
    assert found.losses == ()
    assert found.text == (
        "%%quiz means\n"
        "Choose all of the following that \\*can\\* hold $x_1$:\n"
        "- [x] Text &mdash; and graphics — Correct.\n"
        "- [x] Typeset **mathematics** — Correct.\n"
        "- [ ] ```python\n"
        "    a = '`'\n"
        "    print(a)\n"
        "    ```\n"
        "     — I hope not.\n"
        "key: choose-all-of-the-following-that-can\n"
        "---\n"
        "What is printed?\n"
        "\n"
        "```python\n"
        "print(1 + 1)\n"
        "```\n"
        "- [x] 2 — Yes.\n"
        "- [ ] 11 — Only with `'1'`.\n"
        "key: what-is-printed\n"
    )


def test_a_number_with_what_could_not_come_along() -> None:
    found = imported(PI)
    assert found.text == (
        "%%quiz means\n"
        "Enter the value of pi (will be checked to 2 decimal places):\n"
        "= 3.14 ± 0.005\n"
        "≠ 6.28 — That is tau.\n"
        "key: enter-the-value-of-pi-will-be-checked-to\n"
    )
    assert reasons(found) == [
        "the upper end of its range was not part of it; here it is",
        "the remark on a range of wrong answers: a remark belongs to one number",
        "the remark on any other answer: remarks belong to answers",
        "further right answers (3.1428575): there is one, with its tolerance",
    ]
    assert {loss.where for loss in found.losses} == {
        "question 1 (Enter the value of pi (will be checked to 2 decimal places):)"
    }


def test_a_precision_counts_significant_digits() -> None:
    number = {"question": "Pi?", "type": "numeric", "precision": 2, "answers": [{"value": 3.14, "correct": True}]}
    assert "\n= 3.1 ± 0.05\n" in imported(number).text
    assert "\n= 1200 ± 50\n" in imported({**number, "answers": [{"value": 1234, "correct": True}]}).text


def test_texts_and_pairs() -> None:
    text = {
        "question": "The capital of France?",
        "type": "string",
        "answers": [
            {"answer": "Paris", "correct": True, "match_case": True, "fuzzy_threshold": 0.8},
            {"answer": "42", "correct": True},
            {"answer": "London", "correct": False, "feedback": "Of the United Kingdom."},
        ],
    }
    pairs = {
        "question": "Match",
        "type": "match",
        "pairs": [{"label": "dog", "answer": "barks"}, {"label": "cat", "answer": "meows"}],
        "options": ["barks", "meows", "moos"],
    }
    found = imported(text, pairs)
    assert found.text == (
        "%%quiz means\n"
        "The capital of France?\n"
        "= Paris | 42\n"
        "≠ London — Of the United Kingdom.\n"
        "case: yes\n"
        "key: the-capital-of-france\n"
        "---\n"
        "Match\n"
        "= dog => barks\n"
        "= cat => meows\n"
        "=> moos\n"
        "key: match\n"
    )
    assert reasons(found) == ["`Paris` was accepted when it was nearly right; here it has to be right"]


def test_base64_keeps_letters_that_others_garble() -> None:
    question = {**ONE, "question": "Größe in µm?"}
    coded = base64.b64encode(json.dumps([question], ensure_ascii=False).encode())
    assert format_of(coded) == "jupyterquiz"
    assert "Größe in µm?" in read(coded, "quiz.txt").text


def test_a_notebook_that_hides_its_questions() -> None:
    coded = base64.b64encode(json.dumps([ONE]).encode()).decode()
    hidden = f'<span style="display:none" id="first_quiz">{coded}</span>'
    open_one = f"<div class='second'>{json.dumps([PI])}</div>"
    cells = [
        {"cell_type": "markdown", "source": [hidden, "\n\n", open_one]},
        {"cell_type": "code", "source": 'display_quiz("#first_quiz")\ndisplay_quiz("other.json")'},
    ]
    found = read(json.dumps({"cells": cells, "nbformat": 4}).encode(), "lesson.ipynb")
    assert [(quiz.key, quiz.count) for quiz in found.quizzes] == [("first-quiz", 1), ("second", 1)]
    assert "it shows `other.json`: import that file as well" in reasons(found)


def test_what_is_no_question_is_named_and_left_out() -> None:
    found = imported({"type": "numeric"}, {"question": "x", "type": "sort"}, {**ONE, "answers": []}, ONE)
    assert [quiz.count for quiz in found.quizzes] == [1]
    assert [(loss.where, loss.reason) for loss in found.losses if loss.whole] == [
        ("question 1", "it has no text `question`"),
        ("question 2 (x)", "a question of the type 'sort' is not known"),
        ("question 3 (What is printed?)", "it cannot be written as a quiz: the question has no answer"),
    ]


def test_text_that_looks_like_the_form_stays_text() -> None:
    odd = (
        "<p>= 5</p><p>key: a</p><p>---</p><p>hint (5 %): b</p><p>{{x}} and !=</p>"
        "<pre>%%quiz in\n- [ ] code</pre><p>a => b</p>"
    )
    found = imported({**ONE, "question": odd, "code": None})
    assert found.losses == ()
    quiz, problems = parse_quiz(found.quizzes[0].cell)
    assert problems == ()
    assert [item.kind for item in quiz.items] == ["one-choice"]
