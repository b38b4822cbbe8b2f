"""Answers to graded quizzes: whatever stands in responses.json, it chooses what is scored, never what it earns."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.chance import picked, variant_for
from course_kit.model.quiz import Quiz, Variants
from course_kit.quizzes.graded import scored_quiz
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.quiz_file import wording_digest
from course_kit.quizzes.render import markdown_html
from course_kit.quizzes.responses import MAX_RESPONSES, Given, Responses, parse_responses, read_responses
from course_kit.quizzes.score_sheet import Sheet, score_sheet
from course_kit.quizzes.templates import TEMPLATES, template

SOURCE = """%%quiz robust
Which is *robust*?
- [x] `median` — One rank.
- [ ] `mean` — Try it.
key: which
---
The mean of 2, 4 and 9?
= 5 ± 0.01
key: mean
points: 3
explanation: Sum, *then* divide.
"""


def quiz_of(source: str = SOURCE) -> Quiz:
    parsed, problems = parse_quiz(source)
    assert [problem for problem in problems if problem.level == "error"] == []
    return parsed.quiz


QUIZ = quiz_of()
DIGESTS = {variants.item.key: wording_digest(variants) for variants in QUIZ.items}


def rendered(quiz: Quiz = QUIZ) -> Quiz:
    return replace(quiz, items=tuple(variants.map_texts(markdown_html) for variants in quiz.items))


def entry(item: str, response: Any, **more: Any) -> dict[str, Any]:
    return {
        "digest": DIGESTS[item],
        "variant": 0,
        "response": response,
        "confidence": None,
        "at": "",
        "count": 1,
        **more,
    }


def file(**entries: Any) -> bytes:
    rows = {f"robust/{item}": value for item, value in entries.items()}
    return json.dumps({"version": 1, "seed": "", "responses": rows}).encode()


def sheet(content: bytes, worth: float = 4.0, **more: Any) -> Sheet:
    return score_sheet(rendered(), DIGESTS, parse_responses(content), worth, **more)


def test_each_item_earns_its_share() -> None:
    right = sheet(file(which=entry("which", 0), mean=entry("mean", "5")))
    assert (right.points, right.answered, right.asked, right.remarks) == (4.0, 2, 2, ())
    assert sheet(file(which=entry("which", 0))).points == 1.0
    assert sheet(file(mean=entry("mean", "5.005"))).points == 3.0
    assert sheet(file(mean=entry("mean", "5")), worth=8.0).points == 6.0
    assert sheet(file()).points == 0.0


def test_what_cannot_be_read_counts_zero_and_is_told() -> None:
    unread = sheet(file(which=entry("which", 0), mean=entry("mean", "five")))
    assert unread.points == 1.0
    assert unread.remarks == (
        "The answer to robust/mean could not be read and counts zero. What its page says: "
        "This is not a number that can be read. Write it like 3.5, 1200 or 2e-3.",
    )


def test_the_page_says_question_answer_score_and_explanation() -> None:
    page = sheet(file(which=entry("which", 1), mean=entry("mean", "5"))).page
    assert "Which is <em>robust</em>?" in page
    assert "Question 1 of 2: Wrong, 0 of 1 point" in page
    assert "Try it." in page
    assert "Question 2 of 2: Right, 3 of 3 points" in page
    assert "<em>Your answer:</em> 5" in page
    assert "Sum, <em>then</em> divide." in page


def test_what_was_typed_is_shown_and_never_run() -> None:
    script = "<script>alert(1)</script>"
    for item in ("which", "mean"):
        found = sheet(file(**{item: entry(item, script)}))
        assert (found.points, "<script" in found.page) == (0.0, False)
        assert "&lt;script&gt;" in found.page


@pytest.mark.parametrize(
    ("forged", "remark"),
    [
        (entry("which", 0, digest=DIGESTS["mean"]), "never asked"),
        (entry("which", 0, digest="0" * 64), "never asked"),
        (entry("which", 0, digest=""), "never asked"),
        (entry("which", 0, digest=DIGESTS["which"][:11]), "never asked"),
        (entry("which", 0, variant=7), "variant that there is not"),
        (entry("which", 0, variant=-1), "variant that there is not"),
    ],
)
def test_an_answer_to_something_else_counts_zero_and_is_named(forged: dict[str, Any], remark: str) -> None:
    found = sheet(file(which=forged, mean=entry("mean", "5")))
    assert found.points == 3.0
    assert remark in found.remarks[0]


@pytest.mark.parametrize(
    "response", [7, -1, 2**31, True, "0", [0], [[0, 0]], ["0"], {"points": 9}, 1.0, "x" * 10_001, [0] * 201, None]
)
def test_an_answer_of_another_form_counts_zero(response: Any) -> None:
    assert sheet(file(which=entry("which", response), mean=entry("mean", "5"))).points == 3.0


def test_points_inside_the_file_are_nobodys_points() -> None:
    row = entry("which", 1, points=100, score=4, fraction=1.0, state="right", outcome={"fraction": 1})
    whole = json.loads(file(which=row))
    assert sheet(json.dumps({**whole, "points": 4, "score": 4}).encode()).points == 0.0


def test_an_earlier_wording_is_scored_by_its_own_key() -> None:
    old = quiz_of(SOURCE.replace("[x] `median`", "[ ] `mode`").replace("[ ] `mean`", "[x] `mean`"))
    (item, _) = old.items
    known = {wording_digest(item): item.map_texts(markdown_html)}

    def earlier(name: str, wording: str) -> Variants | None:
        assert name == "robust/which"
        return known.get(wording)

    answered = file(which=entry("which", 1, digest=wording_digest(item)))
    found = sheet(answered, earlier=earlier)
    assert (found.points, found.remarks) == (
        1.0,
        ("robust/which was answered in an earlier wording, and is scored by it.",),
    )
    assert sheet(answered).points == 0.0


def test_an_item_that_was_renamed_keeps_its_answer() -> None:
    quiz = quiz_of(SOURCE.replace("key: which", "key: sturdy\nwas: which"))
    digests = {variants.item.key: wording_digest(variants) for variants in quiz.items}
    assert digests["sturdy"] == DIGESTS["which"]
    found = score_sheet(rendered(quiz), digests, parse_responses(file(which=entry("which", 0))), 4.0)
    assert (found.points, found.remarks) == (1.0, ())


def test_a_switched_variant_is_scored_and_pointed_out() -> None:
    (which, mean) = QUIZ.items
    both = Variants((mean.item, mean.item.model_copy(update={"prompt": "The mean of 1, 2 and 12?"})))
    quiz = replace(QUIZ, items=(which, both))
    digests = {**DIGESTS, "mean": wording_digest(both)}
    first = variant_for("seed", "/robust/mean", 2)
    for variant in (0, 1):
        given = {"robust/mean": Given(digests["mean"], variant, "5")}
        found = score_sheet(rendered(quiz), digests, Responses(given, "seed"), 4.0)
        assert found.points == 3.0
        assert bool(found.remarks) == (variant != first)
        # a seed that was taken out excuses nothing: everybody without one meets the same
        found = score_sheet(rendered(quiz), digests, Responses(given, ""), 4.0)
        assert bool(found.remarks) == (variant != variant_for("", "/robust/mean", 2))


def test_an_unanswered_question_is_shown_in_the_variant_that_was_met() -> None:
    quiz = rendered(quiz_of("%%quiz k\nWhat is {a} + 1?\n= {a + 1}\nkey: sum\nvary: a in 1..9\nvariants: 6"))
    (variants,) = quiz.items
    for seed in ("one", "two", "three"):
        met = variants.variant(variant_for(seed, "/k/sum", 6))
        page = score_sheet(quiz, {"sum": "0" * 64}, Responses(seed=seed), 1.0).page
        assert [item for item in variants.all if item.prompt in page] == [met]


def test_of_a_pool_the_best_count_and_no_more_than_were_asked() -> None:
    source = "%%quiz p\n" + "---\n".join(f"{n}?\n= {n}\nkey: k{n}\n" for n in range(1, 5))
    quiz = replace(quiz_of(source), pick=2)
    digests = {variants.item.key: wording_digest(variants) for variants in quiz.items}

    def given(*answers: tuple[int, str]) -> Responses:
        return Responses({f"p/k{n}": Given(digests[f"k{n}"], 0, text) for n, text in answers})

    honest = score_sheet(rendered(quiz), digests, given((1, "1"), (3, "0")), 2.0)
    assert (honest.points, honest.asked, honest.answered, honest.remarks) == (1.0, 2, 2, ())
    for seed in ("a", "b", "c", "d"):
        answers = given((1, "1"), (2, "0"), (3, "0"), (4, "4"))
        greedy = score_sheet(rendered(quiz), digests, replace(answers, seed=seed), 2.0)
        mine = picked(seed, "/p", ("k1", "k2", "k3", "k4"), 2)
        assert (greedy.points, greedy.answered) == (float(len({"k1", "k4"} & set(mine))), 2)
        (remark,) = greedy.remarks
        assert remark == f"The quiz 'p' asks 2 questions, and 4 are answered: {', '.join(mine)} count, as drawn."


KINDS = [template.name for template in TEMPLATES]
HOSTILE: list[Any] = [
    "<script>alert(1)</script>",
    ["<script>alert(1)</script>"] * 3,
    ["1", "<img src=x onerror=alert(1)>", "\\x00"],
    [[0, 0], [1, 9], [2**30, -1]],
    [0, 1, 2, 3],
    [-1] * 200,
    [2**31 - 1],
    "9" * 10_000,
    "(" * 5_000,
    "1e999999999",
    "x**x**x**x",
    "nan",
    True,
    0,
]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_scored_or_named_and_shown_safely(name: str) -> None:
    found = template(name)
    quiz = scored_quiz(quiz_of(found.cell("robust")))
    if found.kind in ("essay", "code-check"):
        assert quiz.items == () or quiz.items[0].item.practice_only
        return
    (variants,) = quiz.items
    key, known = variants.item.key, {variants.item.key: wording_digest(variants)}
    shown = rendered(quiz)
    met = variant_for("", f"/robust/{key}", len(variants.all))

    def given(response: Any) -> Sheet:
        rows = {f"robust/{key}": {"digest": known[key], "variant": met, "response": response}}
        content = json.dumps({"version": 1, "responses": rows}).encode()
        return score_sheet(shown, known, parse_responses(content), 4.0)

    right = given(variants.variant(met).reference_response())
    assert (right.points, right.remarks) == (4.0, ())
    assert "Your answer:" in right.page
    for response in HOSTILE:
        sheet = given(response)
        assert 0.0 <= sheet.points <= 4.0
        assert not any("could not be scored" in remark for remark in sheet.remarks)
        assert "<script" not in sheet.page
        assert "<img src=x" not in sheet.page
        sheet.page.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"version": 1}',
        b'{"version": 2, "responses": {}}',
        b'{"version": true, "responses": {}}',
        b'{"version": 1, "responses": []}',
        b'{"version": 1, "responses": ' + b"[" * 100_000,
        b'{"version": 1, "responses": {"a": ' + b"9" * 10_000 + b"}}",
        b" " * (MAX_RESPONSES + 1),
        json.dumps({"version": 1, "responses": {str(n): {} for n in range(200_000)}}).encode(),
    ],
)
def test_a_file_that_is_none_says_so_and_earns_nothing(content: bytes) -> None:
    found = parse_responses(content)
    assert found.given == {}
    assert found.trouble.startswith("responses.json")
    assert score_sheet(rendered(), DIGESTS, found, 4.0).points == 0.0


def test_one_odd_answer_costs_no_other() -> None:
    rows = {
        "robust/mean": entry("mean", "5"),
        "robust/which": {"digest": DIGESTS["which"], "variant": 1.5, "response": 0},
        "\ud800": entry("which", 0),
        "x": [1],
        "y": {"digest": 5},
        "z": entry("which", float("nan")),
    }
    found = parse_responses(json.dumps({"version": 1, "seed": ["x"], "responses": rows}).encode())
    assert found.trouble == "responses.json: 4 of its answers cannot be read."
    assert score_sheet(rendered(), DIGESTS, found, 4.0).points == 3.0


def test_half_a_letter_is_no_trouble() -> None:
    found = sheet(
        b'{"version": 1, "responses": {"robust/mean": ' + json.dumps(entry("mean", "\ud83d")).encode() + b"}}"
    )
    assert found.points == 0.0
    found.page.encode()


def test_only_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "responses.json"
    assert read_responses(path).is_missing
    other = tmp_path / "other.json"
    other.write_bytes(file(which=entry("which", 0)))
    path.symlink_to(other)
    assert read_responses(path).trouble
    path.unlink()
    os.mkfifo(path)
    assert read_responses(path).trouble
    path.unlink()
    path.mkdir()
    assert read_responses(path).trouble
    assert list(read_responses(other).given) == ["robust/which"]
