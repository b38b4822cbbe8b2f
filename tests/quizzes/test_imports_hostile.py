"""Files from anywhere: a reader raises on none, ends soon, and writes only what reads without a problem."""

import base64
import json
import random
import time
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.quizzes.imports.formats import FORMATS, read
from course_kit.quizzes.imports.markdown import html_markdown, plain_markdown
from course_kit.quizzes.imports.questions import MAX_QUESTIONS, Imported
from course_kit.quizzes.parse import parse_quiz

GIFT = "\n\n".join(
    (
        "$CATEGORY: a/b",
        "::T:: [html]<b>x</b> {=a#b ~%50%c#d ####e}",
        "N {#=1:2#a =%50%3..4}",
        "M {=a -> b =c -> d}",
        "S {=x =%50%y*#z}",
        "T {F#a#b}",
        "in {~a =b} it",
        "E {}",
    )
)
XML = (
    '<quiz><question type="multichoice"><name><text>n</text></name><questiontext format="html"><text>&lt;p&gt;q</text>'
    '<file name="a.png" path="/" encoding="base64">AAAA</file></questiontext><single>false</single>'
    '<answer fraction="50"><text>a</text><feedback><text>f</text></feedback></answer><answer fraction="-50"><text>b'
    '</text></answer></question><question type="cloze"><questiontext><text>x {1:SA:=a~%50%b#c} {2:NM:=1:1}</text>'
    '</questiontext></question><question type="numerical"><questiontext><text>x</text></questiontext><answer '
    'fraction="100"><text>1</text><tolerance>0.1</tolerance></answer><units><unit><multiplier>1</multiplier>'
    "<unit_name>m</unit_name></unit></units></question></quiz>"
)
JSON = json.dumps(
    [
        {"question": "q", "type": "numeric", "precision": 2, "answers": [{"value": 1.5, "correct": True}]},
        {"question": "q", "type": "many_choice", "answers": [{"answer": "a", "correct": True}, {"code": "b"}]},
        {"question": "q", "type": "string", "answers": [{"answer": "a", "correct": True, "feedback": "b"}]},
    ]
)


def check(found: Imported) -> None:
    """Everything that came along reads without a problem, and is as many as it says."""
    for quiz in found.quizzes:
        parsed, problems = parse_quiz(quiz.cell)
        assert problems == ()
        assert parsed.key == quiz.key
        assert len(parsed.items) == quiz.count
    assert all(name.startswith("images/") and ".." not in name and name.count("/") == 1 for name in found.files)


def mutated(text: str, seed: int) -> str:
    """The text with pieces taken out, doubled, moved or replaced by what means something to some format."""
    chance = random.Random(seed)
    marks = r"{ } = ~ # % :: -> \ < > & ]]> <![CDATA[ ` ``` $$ --- {{ }} %%quiz ≠ key: | [[1]] {1:MC: .. : / *"
    letters = [
        "\n",
        "\n\n",
        " — ",
        "- [ ]",
        "\x00",
        "\ue001",
        "\ue010",
        "\ue100",
        "\u202e",
        "\U0001d7d9",
        *marks.split(),
    ]
    for _ in range(chance.randint(1, 12)):
        at = chance.randint(0, len(text))
        end = min(len(text), at + chance.randint(0, 12))
        how = chance.random()
        text = text[:at] + (chance.choice(letters) if how < 0.6 else text[at:end] * chance.randint(0, 3)) + text[end:]
    return text


@pytest.mark.parametrize(("said", "sample"), [("gift", GIFT), ("moodle-xml", XML), ("jupyterquiz", JSON)])
def test_files_that_are_a_little_wrong(said: str, sample: str) -> None:
    check(read(sample.encode(), "x", said))
    for seed in range(150):
        check(read(mutated(sample, seed).encode("utf-8", errors="replace"), "x", said))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode), st.sampled_from([*FORMATS, None]))
def test_any_bytes(data: bytes, said: str | None) -> None:
    check(read(data, "x", said))


_FIELDS = [
    "question",
    "type",
    "answers",
    "answer",
    "correct",
    "feedback",
    "value",
    "range",
    "precision",
    "code",
    "pairs",
    "options",
    "label",
]
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_FIELDS),
            inner | st.sampled_from(["numeric", "string", "many_choice", "multiple_choice", "match"]),
            max_size=8,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=80)
@given(_values)
def test_any_json(value: Any) -> None:
    check(read(json.dumps(value).encode(), "x.json"))


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="<>/pbliutrdcoe \"'=&;#x1$\\[]()`*_{}|-+.\n", max_size=200))
def test_any_html(text: str) -> None:
    html_markdown(text, breaks=True, dollars=True)
    plain_markdown(text)


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><quiz>&b;</quiz>',
        '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<quiz><question type="essay"><name><text>&x;</text></name></question></quiz>',
        '<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/x.dtd"><quiz></quiz>',
        '<quiz><question type="essay"><name><text>&x;</text></name></question></quiz>',
    ],
)
def test_entities_are_refused(bomb: str) -> None:
    found = read(bomb.encode(), "bomb.xml")
    assert found.quizzes == ()
    assert [loss.whole for loss in found.losses] == [True]
    assert "root:" not in found.losses[0].reason


def test_deep_and_long_files_end_soon() -> None:
    began = time.monotonic()
    check(read(b"[" * 200_000, "deep.json"))
    check(read(b'{"a":' * 100_000, "deep.json"))
    check(read(b"<quiz>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</quiz>", "deep.xml"))
    long = "<p><b>" * 200_000
    check(read(json.dumps([{"question": long, "type": "string", "answers": []}]).encode(), "long.json"))
    check(read(("x {=a" + " ~b" * 100_000 + "}").encode(), "long.gift"))
    check(read(("x " + "{" * 100_000).encode(), "long.gift"))
    many = f"<quiz>{'<question type=$essay$><name/></question>'.replace('$', chr(34)) * (MAX_QUESTIONS + 10)}</quiz>"
    assert f"only the first {MAX_QUESTIONS:,} questions were read" in {
        loss.reason for loss in read(many.encode(), "many.xml").losses
    }
    for piece in (
        "<",
        "<b",
        "<a ",
        "<!--",
        "<a b='",
        "&#x",
        "$$",
        "\\(",
        "`",
        "<li>",
        "<td>",
        "<pre>",
        "<script>",
        "*_",
    ):
        html_markdown(piece * 30_000, dollars=True)
    assert time.monotonic() - began < 30


def test_images_stay_in_their_folder_and_are_bounded() -> None:
    names = ["../../x.png", "/etc/passwd.png", "C:\\a.png", "x.html", ".png", "a\u0000.png", "big.png", "ü€.png"]
    big = base64.b64encode(b"0" * 1_100_000).decode()
    questions = "".join(
        f'<question type="essay"><name><text>n</text></name><questiontext format="html"><text>'
        f'&lt;img src="@@PLUGINFILE@@/{name}" alt="seen"&gt;</text><file name="{name}" path="/" encoding="base64">'
        f"{big if name == 'big.png' else 'AAAA'}</file></questiontext></question>"
        for name in names
        if "\u0000" not in name
    )
    found = read(f"<quiz>{questions}</quiz>".encode(), "images.xml")
    check(found)
    assert sorted(found.files) == ["images/a.png", "images/image.png", "images/passwd.png", "images/x.png"]
    assert any("larger than 1 MB" in loss.reason for loss in found.losses)
    assert any("is no image" in loss.reason for loss in found.losses)


def test_what_one_question_leaves_open_makes_no_code_of_another() -> None:
    """Each of the two alone is harmless; in one cell the second's code block would have been read as questions."""
    second = """P?

````
$$
- [x] yes
- [ ] no
key: a
---
Press the button.

```check
__import__('os').system('id') == 0
```
key: b
---
last?
- [x] a
- [ ] b
   ````
"""

    def question(prompt: str) -> str:
        answers = "".join(
            f'<answer fraction="{fraction}"><text>{word}</text></answer>'
            for fraction, word in ((100, "yes"), (0, "no"))
        )
        text = f'<questiontext format="markdown"><text>{escape(prompt)}</text></questiontext>'
        return f'<question type="multichoice">{text}<single>true</single>{answers}</question>'

    file = f"<quiz>{question('P?' + chr(10) * 2 + '$$')}{question(second)}</quiz>".encode()
    found = read(file, "x.xml", "moodle-xml")
    assert [quiz.count for quiz in found.quizzes] == [1, 1]
    for quiz in found.quizzes:
        parsed, problems = parse_quiz(quiz.cell)
        assert problems == ()
        assert [item.kind for item in parsed.items] == ["one-choice"]
