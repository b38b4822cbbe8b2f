"""The review's notebook: what it asks, in which form, and what it never overwrites."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from course_kit.errors import Invalid
from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import LessonWaived
from course_kit.model.keys import utc_text
from course_kit.model.kinds import Check, CodeCheck, Essay, Number
from course_kit.model.quiz import Item, Quiz, Variants
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.session.notes import close_all
from course_kit.session.quizzes import Surroundings, open_quiz
from course_kit.session.review import open_question
from course_kit.workspace.events import own_events, record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.panel import panel
from course_kit.workspace.review import MadeReview, make_review
from course_kit.workspace.sync import sync
from course_kit.workspace.trust import trusted

ENVIRON = {"COURSE_KIT_RECORD": "1"}
BERLIN = ZoneInfo("Europe/Berlin")


def number(key: str, skill: str, forms: int = 1, **more: Any) -> Variants:
    """``KEY n?``, to which ``n`` is right, for each n below ``forms``."""
    return Variants(
        tuple(Number(key=key, skill=skill, prompt=f"<p>{key} {n}?</p>", answer=str(n), **more) for n in range(forms))
    )


def one(item: Item) -> Variants:
    return Variants((item,))


QUIZZES = {
    "first": [
        Quiz("add", (number("small", "adding", 3), number("large", "adding", 3))),
        Quiz("pool", tuple(number(f"p{n}", "guessing") for n in range(4)), pick=1),
        Quiz("slow", (number("long", "thinking", 2, minutes=6), number("only", "lonely"))),
        Quiz(
            "not-here",
            (
                one(CodeCheck(key="code", skill="coding", prompt="f", names=("f",), checks=(Check(code="f()"),))),
                one(Essay(key="essay", skill="writing", prompt="Why?")),
            ),
        ),
    ],
    "second": [Quiz("more", (number("huge", "adding", 2), number("free", "adding")))],
}


def outline() -> Course:
    lessons = []
    for key, path, title in (
        ("first", "notebooks/01 first.ipynb", "Sums [a*b] & $x$"),
        ("second", "notebooks/02-second.ipynb", "Second"),
    ):
        items = [(quiz.key, item.item) for quiz in QUIZZES[key] for item in quiz.items]
        lessons.append(
            Lesson(
                key=key,
                title=title,
                kind="notebook",
                path=path,
                items=tuple(f"{quiz}/{item.key}" for quiz, item in items),
                skills={f"{quiz}/{item.key}": item.skill for quiz, item in items if item.skill},
                pools={"pool": 1} if key == "first" else {},
                requires=() if key == "first" else ("first",),
            )
        )
    return Course(key="tiny", title="A tiny course", units=(Unit(key="only", lessons=tuple(lessons)),))


class Learner:
    """One learner's copy, and a clock that only goes on when it is told."""

    def __init__(self, computer: Any, release: Any) -> None:
        computer.opens(release)
        self.folder, self.data, self.begun = computer.copy, computer.data, datetime.now(UTC)

    @staticmethod
    def released(author: Any, make: Any) -> Any:
        course = outline()
        files: dict[str, bytes | None] = dict.fromkeys(author.files())
        for lesson in course.lessons():
            files[lesson.path] = make.as_bytes(make.notebook(make.prose("t", "# T"), lesson=lesson.key))
            quizzes, _ = quiz_file(lesson.key, QUIZZES[lesson.key], str)
            files[f".course-kit/quizzes/{lesson.key}.json"] = make.as_bytes(quizzes)
        return author.releases(files, course)

    def answers(self, name: str, right: bool = True, *, only: str | None = None) -> None:
        close_all()
        quiz = open_quiz(name, cwd=self.folder, environ=ENVIRON, data=self.data)
        for item in quiz.items:
            if only in (None, item.key):
                quiz.answer(item.key, quiz.item(item.key).reference_response() if right else "-99")
        close_all()

    def lets_pass(self, days: int) -> None:
        """What was done so far, and is not taken in yet, was done so many days earlier."""
        for path in (self.data / "journals").glob("*.jsonl"):
            events = [json.loads(line) for line in path.read_text().splitlines()]
            for event in events:
                event["at"] = utc_text(datetime.fromisoformat(event["at"]) - timedelta(days=days))
            path.write_text("".join(json.dumps(event) + "\n" for event in events))

    def shown(self, name: str, item: str) -> int:
        publics = open_quiz(name, cwd=self.folder, environ=ENVIRON, data=self.data).publics()
        return next(int(public["variant"]) for public in publics if public["key"] == item)

    def after(self, days: float) -> datetime:
        return self.begun + timedelta(days=days, minutes=10)

    def reviews(self, days: float, **more: Any) -> MadeReview:
        return make_review(self.folder, data=self.data, at=self.after(days), **more)

    def questions(self, made: MadeReview) -> list[tuple[str, int]]:
        found = []
        for cell in self.notebook(made)["cells"]:
            source = "".join(cell["source"])
            if source.startswith("quiz("):
                name, _, variant = (
                    source.removeprefix('quiz("').removesuffix(")").partition('", review=review, variant=')
                )
                found.append((name, int(variant)))
        return found

    def notebook(self, made: MadeReview) -> Any:
        return json.loads((self.folder / made.path).read_text(encoding="utf-8"))

    def answers_in(self, made: MadeReview, name: str, variant: int, right: bool = True) -> None:
        question = open_question(name, made.review, variant, Surroundings(self.folder, ENVIRON, data=self.data))
        key = name.rpartition("/")[2]
        question.answer(key, question.item(key).reference_response() if right else "-99")
        close_all()


@pytest.fixture
def release(author: Any, make: Any) -> Any:
    return Learner.released(author, make)


@pytest.fixture
def ada(laptop: Any, release: Any) -> Learner:
    return Learner(laptop, release)


def test_a_lesson_that_was_opened_though_it_was_locked_has_been_met(ada: Learner) -> None:
    ada.answers("second/more", only="free")
    assert ada.reviews(3).skills == ("adding",)
    assert ada.questions(ada.reviews(3)) == [("second/more/huge", 1 - ada.shown("second/more", "huge"))]


def test_before_anything_is_due_it_says_when(ada: Learner) -> None:
    with pytest.raises(Invalid) as nothing:
        ada.reviews(0)
    assert nothing.value.message == "There is nothing to review yet."
    ada.answers("first/add")
    with pytest.raises(Invalid) as early:
        ada.reviews(0.5, zone=BERLIN)
    when = (ada.begun + timedelta(days=2)).astimezone(BERLIN)
    assert early.value.message == "Nothing is due for review now."
    assert f"{when:%A}, {when.day} {when:%B %Y} at" in early.value.hint
    assert "--anyway" in early.value.hint


def test_what_is_due_comes_back_in_another_form(ada: Learner) -> None:
    ada.answers("first/add")
    before = {key: ada.shown("first/add", key) for key in ("small", "large")}
    seen: list[tuple[str, int]] = [(f"first/add/{key}", variant) for key, variant in before.items()]
    day = 3.0
    for _ in range(6):
        made = ada.reviews(day)
        (asked,) = ada.questions(made)
        assert made.skills == ("adding",)
        assert asked != seen[-1]
        if len(seen) < 6:
            assert asked not in seen, "a form that was never seen comes first"
        ada.answers_in(made, *asked, right=False)
        seen.append(asked)
        day += 3
    assert len(set(seen)) == 6, "all forms of the lesson that was opened; none of the one that was not"


def test_the_words_around_a_question(ada: Learner) -> None:
    ada.answers("first/add")
    made = ada.reviews(3, zone=BERLIN)
    day = ada.after(3).astimezone(BERLIN)
    met = ada.begun.astimezone(BERLIN)
    notebook = ada.notebook(made)
    texts = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert texts[0].startswith(
        f"# Review of {day.day} {day:%B %Y}\n\nOne question from **A tiny course**, about 1 minute:"
    )
    assert texts[1:3] == ["%load_ext course_kit", f'# Which review this is\nreview = "{made.review}"']
    assert texts[3] == (
        f"## 1 of 1: Adding\n\nYou last met it on {met.day} {met:%B %Y}. Taught in "
        r"[Sums \[a\*b\] \& \$x\$](../notebooks/01%20first.ipynb) and [Second](../notebooks/02-second.ipynb)."
    )
    shown = notebook["cells"][4]["outputs"][0]["data"]["text/html"]
    assert "?</p>" in "".join(shown)
    assert "Run this cell to answer (Shift+Enter)." in "".join(shown)
    assert notebook["metadata"]["course_kit"]["review"] == made.review
    assert "papermill" not in json.dumps(notebook)
    assert trusted(ada.folder / made.path)


def test_what_was_waived_says_that_it_is_a_check(ada: Learner) -> None:
    record(ada.data, Workspace.at(ada.folder), [LessonWaived(lesson="second", reason="Knows it.")], at=ada.after(0))
    with pytest.raises(Invalid, match="Nothing is due for review now"):
        ada.reviews(13.9)
    made = ada.reviews(14.1)
    day = ada.after(0)
    texts = ["".join(cell["source"]) for cell in ada.notebook(made)["cells"]]
    assert f"You were excused from it on {day.day} {day:%B %Y}: this is the check." in texts[3]
    assert ada.questions(made)[0][0].startswith("second/")


def test_minutes_hold_what_fits_in_the_order_in_which_it_is_due(ada: Learner) -> None:
    ada.answers("first/slow", right=False, only="long")
    ada.answers("first/add")
    ada.answers("first/pool")
    ada.answers("first/slow", only="only")
    assert ada.reviews(3, minutes=10).skills == ("thinking", "adding", "guessing", "lonely")
    assert ada.reviews(3, minutes=7).skills == ("thinking", "adding")
    assert ada.reviews(3, minutes=2).skills == ("thinking",), "the first one is asked, however long it takes"
    assert ada.reviews(3, minutes=10).minutes == 9
    for wrong in (0, -1, 1000, float("nan")):
        with pytest.raises(Invalid):
            ada.reviews(3, minutes=wrong)


def test_of_a_pool_a_question_that_was_not_met_comes_first(ada: Learner) -> None:
    ada.answers("first/pool")
    met = open_quiz("first/pool", cwd=ada.folder, environ=ENVIRON, data=ada.data).items[0].key
    asked = []
    for day in (3, 6, 9, 12):
        made = ada.reviews(day)
        ((name, _),) = ada.questions(made)
        ada.answers_in(made, name, 0, right=False)
        asked.append(name.rpartition("/")[2])
    assert sorted(asked[:3]) == sorted({"p0", "p1", "p2", "p3"} - {met})
    assert asked[3] == met, "then what was seen longest ago"


def test_what_has_one_form_only_comes_back_as_it_was(ada: Learner) -> None:
    ada.answers("first/slow", only="only")
    assert ada.questions(ada.reviews(3)) == [("first/slow/only", 0)]


def test_what_needs_the_lessons_cells_or_a_person_is_not_asked(ada: Learner) -> None:
    ada.answers("first/not-here", only="essay")
    with pytest.raises(Invalid) as caught:
        ada.reviews(3)
    assert "cannot be asked in a notebook of its own" in caught.value.message


def test_anyway_practises_what_is_weakest(ada: Learner) -> None:
    ada.answers("first/add")
    ada.answers("first/slow", right=False, only="only")
    assert ada.reviews(0, anyway=True).skills == ("lonely", "adding")
    assert ada.reviews(1.5, anyway=True).skills == ("lonely",), "what is due goes before"


def test_nothing_that_was_answered_or_changed_is_overwritten(ada: Learner) -> None:
    ada.answers("first/add")
    first = ada.reviews(3)
    assert ada.reviews(3).path == first.path, "nothing is lost: it was not touched"
    ada.answers_in(first, *ada.questions(first)[0], right=False)
    content = (ada.folder / first.path).read_bytes()
    second = ada.reviews(3, anyway=True)
    assert (ada.folder / first.path).read_bytes() == content
    assert second.path == first.path.replace(".ipynb", "-2.ipynb")
    assert second.review != first.review
    notebook = ada.notebook(second)
    notebook["cells"][-1]["source"] = "A note of mine"
    (ada.folder / second.path).write_text(json.dumps(notebook), encoding="utf-8")
    assert ada.reviews(3, anyway=True).path.endswith("-3.ipynb")
    (ada.folder / second.path).write_text("damaged", encoding="utf-8")
    third = ada.reviews(3, anyway=True)
    assert third.path.endswith("-3.ipynb")
    ran = ada.notebook(third)
    ran["cells"][1]["outputs"], ran["cells"][1]["execution_count"] = [], 1
    (ada.folder / third.path).write_text(json.dumps(ran), encoding="utf-8")
    assert ada.reviews(3, anyway=True).path.endswith("-3.ipynb"), "what was only run holds nothing"


def test_another_computers_answered_review_is_not_overwritten(ada: Learner) -> None:
    """A sync brings a review of the same day, whose name bears the other copy's part."""
    ada.answers("first/add")
    made = ada.reviews(3)
    text = (ada.folder / made.path).read_text(encoding="utf-8")
    theirs = made.review[:-6] + "ffffff"
    (ada.folder / made.path).write_text(text.replace(made.review, theirs), encoding="utf-8")
    around = Surroundings(ada.folder, ENVIRON, data=ada.data)
    name, variant = ada.questions(made)[0]
    key = name.rpartition("/")[2]
    open_question(name, theirs, variant, around).answer(key, "-99")
    close_all()
    assert ada.reviews(3, anyway=True).path.endswith("-2.ipynb")


def test_a_review_goes_on_at_another_computer(ada: Learner, desktop: Any, release: Any, tmp_path: Path) -> None:
    ada.answers("first/add")
    ada.lets_pass(3)
    made = ada.reviews(0)
    ((name, variant),) = ada.questions(made)
    ada.answers_in(made, name, variant, right=False)
    stick = tmp_path / "stick"
    stick.mkdir()
    sync(stick, data=ada.data, at=ada.after(0), computer="laptop")

    there = Learner(desktop, release)
    sync(stick, data=there.data, at=there.after(0), computer="desktop")
    question = open_question(name, made.review, variant, Surroundings(there.folder, ENVIRON, data=there.data))
    key = name.rpartition("/")[2]
    assert (question.state_of(key).state, question.state_of(key).attempts) == ("wrong", 1)
    there.answers_in(made, name, variant)
    shown = panel(there.folder, data=there.data, at=there.after(0), zone=BERLIN).reviews
    assert (shown.due, shown.weak[0].skill) == (0, "adding"), "the first answer stands"
    again = there.reviews(0, anyway=True)
    assert again.path == made.path.replace(".ipynb", "-2.ipynb")
    assert there.questions(again) != [(name, variant)]
    sync(stick, data=there.data, at=there.after(0), computer="desktop")
    assert sync(stick, data=ada.data, at=ada.after(0), computer="laptop").conflicts == ()
    kinds = [event.fact for event in own_events(ada.data, "tiny", at=ada.after(0)) if event.kind == "ReviewDone"]
    assert [fact.rating for fact in kinds] == [1]


def test_a_link_out_of_the_copy_is_refused(ada: Learner, tmp_path: Path) -> None:
    ada.answers("first/add")
    (tmp_path / "elsewhere").mkdir()
    (ada.folder / "review").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Invalid):
        ada.reviews(3)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_damaged_caches_cost_nothing_but_variety(ada: Learner) -> None:
    ada.answers("first/add")
    ada.reviews(0, anyway=True)
    (snapshot,) = (ada.data / "snapshots" / "tiny").glob("first.json")
    value = json.loads(snapshot.read_text())
    for answer in value["items"].values():
        answer["at"], answer["variant"] = 17, "x"
    snapshot.write_text(json.dumps(value))
    assert ada.reviews(3).skills == ("adding",)


def test_the_panel_tells_what_is_due_and_a_right_answer_takes_it_away(ada: Learner) -> None:
    ada.answers("first/add")
    ada.answers("first/pool", right=False)
    ada.lets_pass(3)

    def seen() -> Any:
        return panel(ada.folder, data=ada.data, at=ada.after(0), root=ada.folder.parent, zone=BERLIN)

    before = seen()
    assert (before.reviews.due, before.reviews.minutes, before.reviews.next_at) == (2, 2, None)
    assert [skill.skill for skill in before.reviews.skills] == ["guessing", "adding"]
    assert [skill.skill for skill in before.reviews.weak] == ["guessing"]
    assert before.reviews.weak[0].lessons[0].path == "tiny/notebooks/01 first.ipynb"
    made = ada.reviews(0)
    for name, variant in ada.questions(made):
        ada.answers_in(made, name, variant)
    after = seen()
    assert (after.reviews.due, after.reviews.weak) == (0, ())
    assert after.reviews.next_at is not None
    assert [lesson.fraction for lesson in after.units[0].lessons] == [
        lesson.fraction for lesson in before.units[0].lessons
    ]
    assert after.fraction == before.fraction


def test_a_course_without_skills_says_so(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    with pytest.raises(Invalid) as caught:
        make_review(laptop.copy, data=laptop.data, at=laptop.now, anyway=True)
    assert caught.value.message == "The questions of this course name no skills, so none comes back for review."
