"""The demo's made-up learners answer whatever they are asked, of every kind, and do not all answer rightly."""

import json
import random

from course_kit.apps.flagship import flagship_folder
from course_kit.apps.made_up_answers import right_answer, wrong_answer
from course_kit.model.quiz import KINDS, Item, score
from course_kit.quizzes.parse import is_quiz, parse_quiz
from course_kit.source.notebooks import join_source


def flagship_items() -> list[Item]:
    """Each question of the course that the demo plays, in its first variant."""
    found = []
    folder = flagship_folder()
    for path in sorted([*folder.glob("notebooks/*.ipynb"), *folder.glob("autograders/source/*/*.ipynb")]):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = join_source(cell["source"]) or ""
            if cell["cell_type"] == "code" and is_quiz(source):
                found += [variants.item for variants in parse_quiz(source)[0].quiz.items]
    return found


def test_the_flagship_course_is_answered() -> None:
    asked = flagship_items()
    assert {item.kind for item in asked} == set(KINDS)
    for item in asked:
        assert score(item, right_answer(item)).fraction == 1.0, item.key
        tried = [score(item, wrong_answer(item, random.Random(seed))) for seed in range(20)]
        if item.kind not in ("essay", "number", "short-text"):
            assert not [one for one in tried if one.state == "invalid"], item.key
        if item.kind != "essay":
            assert [one for one in tried if one.fraction < 1], item.key
