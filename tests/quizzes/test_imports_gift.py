"""Questions of Moodle's GIFT, written after Moodle's own description of the format."""

from course_kit.quizzes.imports.formats import read
from course_kit.quizzes.imports.questions import Imported


def imported(text: str) -> Imported:
    return read(text.encode(), "course.gift")


def one(text: str) -> str:
    """The item that one question becomes, without anything lost."""
    found = imported(text)
    assert found.losses == ()
    assert found.count == 1
    return found.text.removeprefix("%%quiz course\n")


def reasons(found: Imported) -> list[tuple[str, str]]:
    return [(loss.where, loss.reason) for loss in found.losses]


def test_one_choice_with_remarks_title_and_general_feedback() -> None:
    assert one(
        "// a comment\n"
        "::Grant's tomb:: Who's buried in Grant's tomb?{\n"
        "  =Grant # right\\: good!\n"
        "  ~no one # look again\n"
        "  ####He was a president.\n"
        "}"
    ) == (
        "Who's buried in Grant's tomb?\n"
        "- [x] Grant — right: good!\n"
        "- [ ] no one — look again\n"
        "explanation: He was a president.\n"
        "key: grant-s-tomb\n"
    )


def test_several_choices_with_weights() -> None:
    found = imported("What two?{~%-100%No one ~%50%Grant #one ~%50%Grant's wife ~%-100%Grant's father}")
    assert found.losses == ()
    assert found.text == (
        "%%quiz course\n"
        "What two?\n"
        "- [ ] No one\n"
        "- [x] Grant — one\n"
        "- [x] Grant's wife\n"
        "- [ ] Grant's father\n"
        "key: what-two\n"
    )
    uneven = imported("What?{~%70%a ~%30%b ~%-50%c ~%-100%d}")
    assert reasons(uneven) == [
        ("line 1", "the weights of its answers: here right choices count the same, and wrong ones take as much off")
    ]


def test_true_or_false_with_two_remarks() -> None:
    assert one("The sun rises in the East.{T#No: look.#Yes.}") == (
        "The sun rises in the East.\n= true\n≠ false — No: look.\nexplanation: Yes.\nkey: the-sun-rises-in-the-east\n"
    )
    assert one("Flat earth{FALSE}") == "Flat earth\n= false\nkey: flat-earth\n"


def test_short_answers_with_wildcards_and_shares() -> None:
    assert one("Two plus two?{=four =4}") == "Two plus two?\n= four | 4\nkey: two-plus-two\n"
    found = imported("Colour?{=colo*r#fine =%50%paint#near}")
    assert found.text == ("%%quiz course\nColour?\n= /colo.*r/i\n≠ paint — near\nexplanation: fine\nkey: colour\n")
    assert reasons(found) == [("line 1", "part of the points for a wrong answer (`paint`, 50 %): here it earns none")]


def test_numbers_with_tolerance_range_and_remarks() -> None:
    assert one("When was Grant born? {#1822:5}").startswith("When was Grant born?\n= 1822 ± 5\n")
    assert one("Between 1 and 5? {#1..5}").startswith("Between 1 and 5?\n= 3 ± 2\n")
    assert one("Pi? {#3.141..3.142}").startswith("Pi?\n= 3.1415 ± 0.0005\n")
    found = imported("When? {#=1822:0 #Yes =%50%1830:2 #Near ~#Wrong}")
    assert found.text == "%%quiz course\nWhen?\n= 1822\n≠ 1830 — Near\nexplanation: Yes\nkey: when\n"
    assert reasons(found) == [
        ("line 1", "the remark on any other answer: remarks belong to answers"),
        ("line 1", "part of the points for a wrong answer (`1830:2`, 50 %): here it earns none"),
    ]


def test_pairs_with_one_that_belongs_to_none() -> None:
    assert one("Match.{=Canada -> Ottawa =Italy -> Rome =-> Oslo}") == (
        "Match.\n= Canada => Ottawa\n= Italy => Rome\n=> Oslo\nkey: match\n"
    )


def test_a_missing_word_becomes_a_blank() -> None:
    assert one("Grant is {~buried =entombed ~living} in Grant's tomb.").startswith(
        "Grant is {{choose: buried | *entombed | living}} in Grant's tomb.\n"
    )
    assert one("Two plus {=two =2} equals four.").startswith("Two plus {{two | 2}} equals four.\n")
    assert one("Grant was born in {#1822:5}, in Ohio.").startswith("Grant was born in {{= 1822 ± 5}}, in Ohio.\n")
    # remarks keep it a choice, with a gap in the sentence
    assert one("It is {~a#no =b} so.").startswith("It is \\_\\_\\_\\_\\_ so.\n- [ ] a — no\n- [x] b\n")


def test_essays_and_descriptions() -> None:
    assert one("Write about Grant. {}") == "Write about Grant.\n= essay\nkey: write-about-grant\n"
    found = imported("Read this first.\n\nWrite. {####Well done.}")
    assert found.text == "%%quiz course\nWrite.\n= essay\nexplanation: Well done.\nkey: write\n"
    assert reasons(found) == [("line 1", "it has no answers: put this text into a Markdown cell")]


def test_escapes_formats_and_formulas() -> None:
    assert one(r"Which is \{x \= 1\}\: {=a\~b\#c ~d\=e\\f}") == (
        "Which is {x = 1}:\n- [x] a~b#c\n- [ ] d=e\\\\f\nkey: which-is-x-1\n"
    )
    assert one("[html]<p>Is <b>1 &lt; 2</b>?</p>{T}").startswith("Is **1 \\< 2**?\n")
    assert one("[markdown]Is **1** `< 2`?{T}").startswith("Is **1** `< 2`?\n")
    assert one("[plain]Is *1* <b>?{T}").startswith("Is \\*1\\* \\<b>?\n")
    assert one(r"What is \\(x^2\\) for $$x\=2$${#4}").startswith("What is $x^2$ for $x=2$\n= 4\n")
    assert one(r"First line\nsecond line{T}").startswith("First line  \nsecond line\n= true\n")
    assert one(r"\\frac and \\n are TeX? {T}").startswith("\\\\frac and \\\\n are TeX?\n")


def test_categories_become_quizzes() -> None:
    found = imported(
        "$CATEGORY: $course$/top/Unit 1/Means//Medians\n\nA?{T}\n\n$CATEGORY: $course$/top/Spread\nB?{T}\n\nC?{F}"
    )
    assert [(quiz.key, quiz.count) for quiz in found.quizzes] == [("means-medians", 1), ("spread", 2)]


def test_many_questions_are_divided_into_cells() -> None:
    found = imported("\n\n".join(f"::Same:: Is it {number}? {{T}}" for number in range(65)))
    assert [(quiz.key, quiz.count) for quiz in found.quizzes] == [("course", 30), ("course-2", 30), ("course-3", 5)]
    assert "key: same-30\n" in found.quizzes[0].cell


def test_faults_name_their_line() -> None:
    found = imported("Fine{T}\n\n// between\nNo end { =a ~b\n\nNo right {~a ~b}\n\nMatch {=a -> b =c}\n\nNumber {#x}")
    assert reasons(found) == [
        ("line 4", "its braces do not match; write `\\{` and `\\}` for braces that are text"),
        ("line 6", "none of its answers is right"),
        ("line 8", "`c` is no pair: write `=left -> right`"),
        ("line 10", "none of its answers is a right number"),
    ]
    assert found.count == 1


def test_questions_without_an_empty_line_between_them_are_told() -> None:
    found = imported("::One:: Which? {=a ~b}\n::Two:: Is it? {T}")
    assert found.count == 1
    assert [
        reason.endswith("an empty line is missing where a question begins with `::`") for _, reason in reasons(found)
    ] == [True]
