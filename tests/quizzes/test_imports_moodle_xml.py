"""Questions of Moodle's XML, written as its question bank exports them."""

import base64

import pytest

from course_kit.quizzes.imports.formats import read
from course_kit.quizzes.imports.questions import Imported

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n not much of an image").decode()


def question(kind: str, name: str, text: str, inner: str = "", files: str = "") -> str:
    return (
        f'<question type="{kind}"><name><text>{name}</text></name>'
        f'<questiontext format="html"><text><![CDATA[{text}]]></text>{files}</questiontext>'
        f"<defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>{inner}</question>"
    )


def answer(fraction: float, text: str, feedback: str = "", more: str = "") -> str:
    return (
        f'<answer fraction="{fraction}" format="html"><text><![CDATA[{text}]]></text>{more}'
        f'<feedback format="html"><text><![CDATA[{feedback}]]></text></feedback></answer>'
    )


def imported(*questions: str) -> Imported:
    return read(f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{"".join(questions)}</quiz>'.encode(), "bank.xml")


def one(*questions: str) -> str:
    found = imported(*questions)
    assert found.losses == ()
    assert found.count == 1
    return found.text.removeprefix("%%quiz bank\n")


def reasons(found: Imported) -> list[str]:
    return [loss.reason for loss in found.losses]


def test_one_choice_with_an_image_hints_and_everything_around() -> None:
    inner = (
        "<idnumber>robust-1</idnumber><defaultgrade>2.5</defaultgrade>"
        "<generalfeedback format='html'><text>&lt;p&gt;Order counts.&lt;/p&gt;</text></generalfeedback>"
        "<single>true</single><shuffleanswers>true</shuffleanswers>"
        "<correctfeedback format='html'><text>Your answer is correct.</text></correctfeedback>"
        "<hint format='html'><text>Think of <![CDATA[<em>outliers</em>]]></text></hint>"
        + answer(100, "<p>the <code>median</code></p>", "Yes")
        + answer(0, "the mean")
    )
    files = f'<file name="box plot.png" path="/" encoding="base64">{PNG}</file>'
    text = '<p>Which is <b>robust</b>?</p><p><img src="@@PLUGINFILE@@/box%20plot.png" alt="A box plot" width="3"></p>'
    found = imported(
        question("multichoice", "Robust", text, inner, files).replace("<defaultgrade>1.0000000</defaultgrade>", "")
    )
    assert found.losses == ()
    assert found.text == (
        "%%quiz bank\n"
        "Which is **robust**?\n"
        "\n"
        "![A box plot](images/box-plot.png)\n"
        "- [x] the `median` — Yes\n"
        "- [ ] the mean\n"
        "shuffle: yes\n"
        "points: 2.5\n"
        "hint: Think of *outliers*\n"
        "explanation: Order counts.\n"
        "key: robust-1\n"
    )
    assert found.files == {"images/box-plot.png": base64.b64decode(PNG)}


def test_several_choices() -> None:
    inner = "<single>false</single>" + answer(50, "a") + answer(50, "b") + answer(-100, "c", "No")
    assert one(question("multichoice", "Both", "Which?", inner)) == (
        "Which?\n- [x] a\n- [x] b\n- [ ] c — No\nkey: both\n"
    )


def test_shares_of_points_are_named() -> None:
    inner = "<single>true</single>" + answer(90, "a") + answer(50, "b") + answer(-25, "c")
    found = imported(question("multichoice", "Shares", "Which?", inner))
    assert found.text == "%%quiz bank\nWhich?\n- [x] a\n- [ ] b\n- [ ] c\nkey: shares\n"
    assert reasons(found) == [
        "no answer earned all points (90 % at most): the best one is right",
        "part of the points for a wrong answer: here it earns none",
        "points taken off for a wrong answer: here a wrong answer earns none",
    ]


def test_true_or_false_in_either_order() -> None:
    inner = answer(100, "false", "Right.") + answer(0, "true", "Try 1 and 2.")
    assert one(question("truefalse", "Mean", "Always?", inner)) == (
        "Always?\n= false\n≠ true — Try 1 and 2.\nexplanation: Right.\nkey: mean\n"
    )


def test_short_answers_with_wildcards_and_case() -> None:
    inner = "<usecase>1</usecase>" + answer(100, "Ber*n") + answer(100, "a/b|c \\*") + answer(0, "Bonn", "Once.")
    assert one(question("shortanswer", "Capital", "Capital?", inner)) == (
        "Capital?\n= /Ber.*n|a\\/b\\|c \\*/\n≠ Bonn — Once.\nkey: capital\n"
    )
    assert one(question("shortanswer", "Five", "Word?", answer(100, "5"))) == "Word?\n= 5\nkind: text\nkey: five\n"


def test_numbers_with_tolerance_and_units() -> None:
    units = (
        "<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit>"
        "<unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit></units>"
    )
    inner = answer(100, "23.8", "Good.", "<tolerance>0.1</tolerance>") + answer(0, "2.38", "Ten times.")
    assert one(question("numerical", "Long", "How long?", inner)) == (
        "How long?\n= 23.8 ± 0.1\n≠ 2.38 — Ten times.\nexplanation: Good.\nkey: long\n"
    )
    optional = imported(question("numerical", "Long", "How long?", inner + units))
    assert reasons(optional) == [
        "the unit `m`, which might be left away: name it in the question, or ask for it with `unit:`"
    ]
    needed = imported(
        question("numerical", "Long", "How long?", answer(100, "2") + units + "<unitgradingtype>1</unitgradingtype>")
    )
    assert needed.text == "%%quiz bank\nHow long?\n= 2 m\nunit: m | cm = 0.01\nkey: long\n"


def test_pairs_and_one_that_belongs_to_none() -> None:
    pairs = "".join(
        f'<subquestion format="html"><text><![CDATA[{left}]]></text><answer><text>{right}</text></answer></subquestion>'
        for left, right in (("<p>dog</p>", "barks"), ("<p>cat</p>", "meows"), ("", "moos"))
    )
    assert one(question("matching", "Animals", "Match.", pairs)) == (
        "Match.\n= dog => barks\n= cat => meows\n=> moos\nkey: animals\n"
    )


def test_essays() -> None:
    inner = (
        "<responsefieldlines>15</responsefieldlines><minwordlimit>20</minwordlimit><maxwordlimit>100</maxwordlimit>"
        "<attachments>1</attachments><graderinfo format='html'><text>Look for this.</text></graderinfo>"
    )
    found = imported(question("essay", "Essay", "Explain.", inner))
    assert found.text == "%%quiz bank\nExplain.\n= essay\nlines: 15\nwords: 20-100\nkey: essay\n"
    assert reasons(found) == ["the notes for who marks it", "files that were handed in with it"]


def test_order() -> None:
    inner = answer(2, "Fit.") + answer(1, "Look.") + answer(3, "Judge.")
    assert one(question("ordering", "Steps", "Order.", inner)) == (
        "Order.\n1. Look.\n2. Fit.\n3. Judge.\nkind: ordering\nkey: steps\n"
    )


def test_cloze_of_every_kind() -> None:
    text = (
        "<p>Berlin is in {1:SHORTANSWER:=Germany~=Deutschland}, has {1:NUMERICAL:=3.7:0.2} million, "
        "lies on the {1:MCV:=Spree#yes~Rhine#no \\~ it} and is {1:SAC:=big}.</p>"
    )
    assert one(question("cloze", "Berlin", text)) == (
        "Berlin is in {{Germany | Deutschland}}, has {{= 3.7 ± 0.2}} million, "
        "lies on the {{choose: *Spree — yes | Rhine — no ~ it}} and is {{big}}.\nkey: berlin\n"
    ).replace("{{big}}", "{{big}}")
    found = imported(question("cloze", "More", "Choose {1:MR:=a~=b~c} and {2:SA:=x#fine~%50%y}."))
    assert reasons(found) == [
        "a gap of the type MR",
        "part of the points for a wrong answer (`y`, 50 %): here it earns none",
        "what is said about the answer in a blank, other than to a choice",
        "the weights of its gaps: here each counts the same",
        "one of its gaps cannot be written as a blank",
    ]


@pytest.mark.parametrize(("kind", "box"), [("ddwtos", "dragbox"), ("gapselect", "selectoption")])
def test_words_in_gaps(kind: str, box: str) -> None:
    words = (("Romani", 1), ("ite", 2), ("eunt", 2), ("domus", 1))
    boxes = "".join(f"<{box}><text>{word}</text><group>{group}</group></{box}>" for word, group in words)
    assert one(question(kind, "Latin", "<p>In Latin: [[1]] [[2]]</p>", boxes)) == (
        "In Latin: {{choose: *Romani | domus}} {{choose: *ite | eunt}}\nkey: latin\n"
    )


def test_what_has_no_counterpart_is_named_and_left_out() -> None:
    found = imported(
        question("description", "Intro", "Read."),
        question("calculated", "Sum", "{a} + {b}?"),
        question("ddmarker", "Map", "Where?"),
        question("stack", "Algebra", "x"),
        question("essay", "Last", "Write."),
    )
    assert found.count == 1
    assert [(loss.where, loss.whole) for loss in found.losses] == [
        ("question 1 (Intro)", True),
        ("question 2 (Sum)", True),
        ("question 3 (Map)", True),
        ("question 4 (Algebra)", True),
    ]


def test_html_that_could_do_harm_becomes_words() -> None:
    text = (
        '<p onclick="steal()">A<script>alert(1)</script> <a href="javascript:alert(1)">link</a> '
        '<a href="https://example.org/a_b">page</a> <iframe src="https://example.org"></iframe> &lt;img src=x&gt; '
        '<img src="x" onerror="alert(1)" alt="gone"></p>'
    )
    found = imported(question("essay", "Harm", text))
    assert found.text == (
        "%%quiz bank\nA link [page](https://example.org/a_b) \\<img src=x> gone\n= essay\nkey: harm\n"
    )
    assert reasons(found) == ["an embedded page (`<iframe>`) was left out", "the image `x` is not in the file"]


def test_lists_tables_code_and_formulas() -> None:
    text = (
        "<ol><li>one<ul><li>in</li></ul></li><li>two</li></ol><pre class='language-python'>if x:\n    y()</pre>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2|3</td></tr></table>"
        "<p>\\(x_1 < 2\\) and $$y$$, H<sub>2</sub>O, 5 m<sup>2</sup></p>"
    )
    assert one(question("essay", "All", text)) == (
        "1. one\n\n   - in\n2. two\n\n```python\nif x:\n    y()\n```\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |\n\n$x_1 < 2$ and $y$, H₂O, 5 m²\n= essay\nkey: all\n"
    )


def test_markdown_that_looks_like_the_form_stays_text() -> None:
    text = (
        "# Head\n\nx\n---\nkey: me\n= 5\n!= 6\n~ x\n=> y\n{{a}} in $\\frac{{a}}{b}$\n\n"
        "```check\n= 5\n{{b}}\n%%quiz x\n```\n\n1. a\n2. b"
    )
    found = imported(
        question("essay", "Odd", text).replace('<questiontext format="html">', '<questiontext format="markdown">')
    )
    assert found.losses == ()
    assert found.text == (
        "%%quiz bank\n# Head\n\nx\n***\nkey\\: me\n\\= 5\n\\!= 6\n\\~ x\n\\=\\> y\n\\{{a}} in $\\frac{{a}}{b}$\n\n"
        "```\n= 5\n{{b}}\n %%quiz x\n```\n\n1. a\n2. b\n= essay\nkey: odd\n"
    )


def test_two_images_of_one_name_both_come_along() -> None:
    def with_image(name: str, content: bytes) -> str:
        coded = base64.b64encode(content).decode()
        files = f'<file name="../a.png" path="/" encoding="base64">{coded}</file>'
        return question("essay", name, '<img src="@@PLUGINFILE@@/../a.png" alt="x">', files=files)

    found = imported(with_image("One", b"one"), with_image("Two", b"two"), with_image("Three", b"one"))
    assert sorted(found.files.values()) == [b"one", b"two"]
    assert all(name.startswith("images/a") and ".." not in name for name in found.files)
    bad = imported(
        question("essay", "Bad", "<img src='data:image/png;base64,%%%'><img src='data:image/tiff;base64,AAAA'>")
    )
    assert bad.files == {}
