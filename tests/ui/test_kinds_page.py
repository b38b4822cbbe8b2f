"""The page on the kinds of questions: its quizzes are what it says, and its pictures are pictures of them.

Each quiz on the page is answered in a real browser as the page tells. With ``COURSE_KIT_WRITE_SCREENSHOTS=1`` the
pictures are taken anew; otherwise they have to be there, and what they would show has to be without fault. They are
not compared by their pixels, since fonts differ from machine to machine.
"""

import os
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from siblings import sibling

from course_kit.model.quiz import KINDS, score
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.render import markdown_html
from course_kit.session.code_checks import run_checks
from course_kit.session.practice import QuizSession

labs, stages, cases = sibling("conftest"), sibling("quiz_stage"), sibling("quiz_cases")
Learner = sibling("test_quiz_kinds").Learner

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "question-kinds.md").read_text(encoding="utf-8")
PICTURES = DOCS / "images" / "kinds"
MAX_BYTES = 60_000
WRITE = os.environ.get("COURSE_KIT_WRITE_SCREENSHOTS") == "1"

FIELD = "Your answer"
VERDICTS = {
    "right": "Right",
    "partly-right": "Partly right",
    "wrong": "Not right yet",
    "saved": "Handed in",
}


@dataclass(frozen=True)
class Picture:
    """How the questions of a quiz are answered, by key, and what comes of it: the verdict, and the share earned."""

    moves: Mapping[str, Sequence[tuple[str, ...]]]
    states: Sequence[str]
    share: float
    last: Sequence[str] = ()
    """Buttons that are pressed in the end."""


def one(key: str, state: str, share: float, *moves: tuple[str, ...], last: Sequence[str] = ()) -> Picture:
    return Picture({key: moves}, [state], share, last)


def _lines(*texts: str) -> list[tuple[str, ...]]:
    return [("click", f"Add to the program {text}") for text in texts]


PICTURED = {
    "one-choice": one("typical", "wrong", 0, ("pick", "income.mean()")),
    "several-choices": one(
        "copies",
        "partly-right",
        1 / 2,
        ("pick", "sorted(values)"),
        ("pick", "values.sort()"),
        ("pick", "sorted(values, reverse=True)"),
    ),
    "true-false": one("negative", "right", 1, ("pick", "False"), last=["Show explanation"]),
    "number": Picture(
        {
            "mean": [("write", FIELD, "4")],
            "stone": [("write", FIELD, "35.3 km/h")],
            "mole": [("write", FIELD, "6.022e23")],
        },
        ["wrong", "right", "partly-right"],
        1 / 2,
    ),
    "short-text": one("length", "wrong", 0, ("write", FIELD, "count()")),
    "code-check": one("squares", "partly-right", 1 / 2),
    "ordering": one(
        "steps",
        "partly-right",
        2 / 3,
        ("click", "Move up Fit the model"),
    ),
    "parsons": one(
        "largest",
        "partly-right",
        2 / 3,
        *_lines("def largest", "best = 0"),
        ("click", "Indent more best = 0"),
        *_lines("for candidate", "if candidate"),
        ("click", "Indent more if candidate"),
        *_lines("best = candidate"),
        ("click", "Indent more best = candidate"),
        *_lines("return best"),
        ("click", "Indent less return best"),
        ("click", "Indent less return best"),
    ),
    "cloze": one(
        "words",
        "partly-right",
        2 / 3,
        ("write", "Blank 1", "mode"),
        ("write", "Blank 2", "4,0"),
        ("select", "Blank 3", "moves"),
    ),
    "cloze-code": one(
        "frequencies",
        "right",
        1,
        ("write", "Blank 1", "dict()"),
        ("write", "Blank 2", "words"),
        ("write", "Blank 3", "0"),
        ("select", "Blank 4", "+"),
        ("write", "Blank 5", "counts"),
    ),
    "matching": one(
        "partners",
        "partly-right",
        1 / 3,
        ("select", "mean", "the value in the middle of the sorted list"),
        ("select", "median", "the sum over the count"),
        ("select", "mode", "the most frequent value"),
    ),
    "essay": one(
        "when",
        "saved",
        1,
        (
            "write",
            FIELD,
            "For the prices of houses in a town: a handful of villas cost millions, and nobody who looks for a home "
            "should fear their mean.",
        ),
    ),
    "expression": one("expand", "right", 1, ("write", FIELD, "y^2 + x*(x + 2y)")),
    "confidence": one("positive", "wrong", 0, ("pick", "about 99 %"), ("pick", "Certain")),
    "hints": one("rows", "wrong", 0, ("write", FIELD, "2"), last=["Hint (1 of 2)"]),
    "variants": one("varied", "right", 1, ("write", FIELD, "{right}")),
}
DARK = ("one-choice", "parsons", "cloze-code")
SHOWN = [*((name, "light") for name in PICTURED), *((name, "dark") for name in DARK)]


def fences(text: str, begin: str) -> list[str]:
    """What stands in fenced blocks that begin so."""
    found = re.finditer(rf"^(`{{3,4}})({begin}.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    return [match[2] for match in found]


def pictures(text: str) -> dict[str, str]:
    """The pictures that a text shows: their alternative texts by their paths."""
    return {match[2]: match[1] for match in re.finditer(r"!\[([^\]]*)\]\(([^)]*)\)", text)}


QUIZZES = {source.split()[1]: source for source in (text.lstrip("\n") for text in fences(PAGE, "\n%%quiz"))}
SECTIONS = {name: next(part for part in PAGE.split("\n## ") if f"%%quiz {name}\n" in part) for name in QUIZZES}


# ------------------------------------------------------------ the page


def test_it_shows_every_kind_in_order() -> None:
    assert list(QUIZZES) == list(PICTURED)
    shown = {item.kind for source in QUIZZES.values() for item in parse_quiz(source)[0].items}
    assert shown == set(KINDS)
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= set(anchors)


@pytest.mark.parametrize("name", QUIZZES)
def test_its_quizzes_are_without_fault_and_score_in_full(name: str) -> None:
    quiz, problems = parse_quiz(QUIZZES[name])
    assert problems == ()
    assert [item.key for item in quiz.items] == list(PICTURED[name].moves)
    for variants in quiz.variants:
        for item in variants.all:
            assert score(item, item.reference_response()).fraction == 1
            assert score(item.map_texts(markdown_html), item.reference_response()).fraction == 1


def test_each_picture_is_there_small_and_said_in_words() -> None:
    shown = pictures(PAGE)
    names = [name if theme == "light" else f"{name}-dark" for name, theme in SHOWN]
    assert list(shown) == [f"images/kinds/{name}.png" for name in names]
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(f"{name}.png" for name in names)
    for name, words in zip(names, shown.values(), strict=True):
        picture = (PICTURES / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert 4_000 < len(picture) < MAX_BYTES, name
        width, height = struct.unpack(">II", picture[16:24])
        assert 1000 < width < 1600, name
        assert 300 < height < 3200, name
        assert len(words) > 40, name
        for state in PICTURED[name.removesuffix("-dark")].states:
            assert VERDICTS[state].lower() in words.lower(), name


@pytest.mark.parametrize("name", [name for name, picture in PICTURED.items() if "partly-right" in picture.states])
def test_it_tells_what_a_part_is_worth(name: str) -> None:
    words = " ".join(re.sub(r"!\[[^\]]*\]", "", SECTIONS[name]).split())
    assert f"{PICTURED[name].share * 100:.0f} %" in words.partition("**Part of the points:**")[2]


# ------------------------------------------------------------ its pictures


def made_by_the_learner(name: str) -> dict[str, Any]:
    """What the cell makes that the section shows beside the question."""
    made: dict[str, Any] = {}
    for source in fences(SECTIONS[name], "python\n"):
        exec(source.removeprefix("python"), made)  # noqa: S102 - a cell of our own page
    return made


def answer(stage: Any, name: str, made: dict[str, Any]) -> float:
    """Answer every question of a quiz as the page tells; what the last one earned."""
    learner = Learner(stage, made, keyboard=False)
    session = stage.kernel.session
    picture = PICTURED[name]
    for number, (key, moves) in enumerate(picture.moves.items()):
        item, right = stage.item(number), str(session.item(key).reference_response())
        learner.do(item, tuple(tuple(word.replace("{right}", right) for word in move) for move in moves))
        learner.submit(item)
        expect(item.locator(".ck-feedback")).to_have_attribute("data-state", picture.states[number])
    for button in picture.last:
        stage.page.get_by_role("button", name=button).click()
    stage.page.mouse.move(0, 0)
    stage.page.evaluate("document.activeElement.blur()")
    return float(stage.kernel.state()["answers"][list(picture.moves)[-1]]["fraction"])


def take(page: Page, path: Path) -> None:
    """Keep a picture of the quiz, in few colours where Pillow is there to choose them."""
    taken = page.locator(".ck-quiz").screenshot(animations="disabled")
    try:
        from PIL import Image
    except ImportError:
        path.write_bytes(taken)
        return
    few = BytesIO()
    image = Image.open(BytesIO(taken)).convert("RGB")
    image.quantize(96, dither=Image.Dither.NONE).save(few, "PNG", optimize=True)
    path.write_bytes(min(taken, few.getvalue(), key=len))


@pytest.mark.browser
@pytest.mark.parametrize(("name", "theme"), SHOWN)
def test_a_picture_shows_what_the_page_tells(chromium: Browser, name: str, theme: str) -> None:
    parsed, _ = parse_quiz(QUIZZES[name])
    made = made_by_the_learner(name) if name == "code-check" else {}
    asked = cases.asked(*(variants.all for variants in parsed.variants), quiz=name)
    session = QuizSession("demo", name, asked, checker=lambda item: run_checks(item, made))
    context = chromium.new_context(viewport={"width": 720, "height": 1400}, device_scale_factor=2)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    stage = stages.Stage(page, stages.Kernel(session)).open(theme)
    assert answer(stage, name, made) == pytest.approx(PICTURED[name].share, abs=0.001)
    assert labs.axe_violations(page, ".ck-quiz") == []
    assert said == []
    assert stage.elsewhere == []
    if WRITE:
        PICTURES.mkdir(parents=True, exist_ok=True)
        take(page, PICTURES / f"{name}{'' if theme == 'light' else '-dark'}.png")
    context.close()
