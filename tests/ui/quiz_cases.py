"""One item of each kind, and how it is answered rightly, partly, wrongly and unreadably: by mouse and by keyboard.

Each way of answering is a list of moves; see :data:`MOVES`. A kind lacks a way that its controls do not offer (two
radio buttons cannot be answered unreadably).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_kit.model.kinds import Choice, Mistake, Number, OneChoice, SeveralChoices, ShortText, TrueFalse
from course_kit.model.kinds.cloze import ChoiceBlank, Cloze, NumberBlank, TextBlank
from course_kit.model.kinds.code_check import Check, CodeCheck
from course_kit.model.kinds.essay import Essay
from course_kit.model.kinds.matching import Matching, WrongPair
from course_kit.model.kinds.ordering import Ordering
from course_kit.model.kinds.parsons import Parsons, Piece
from course_kit.model.quiz import Hint, Item, Variants, item_digest
from course_kit.quizzes.quiz_file import ReleasedItem
from course_kit.quizzes.render import markdown_html
from course_kit.session.asked import Asked

try:
    from course_kit.model.kinds.expression import Expression
except ImportError:  # pragma: no cover - SymPy is not installed
    Expression = None  # type: ignore[assignment, misc, unused-ignore]

Move = tuple[str, ...]
HINTS = (Hint(text="Look at the *first* step."), Hint(text="It begins with `r`.", cost=0.25))


@dataclass(frozen=True)
class Way:
    """What is done, and the response that the page has to send for it."""

    moves: tuple[Move, ...]
    response: Any


@dataclass(frozen=True)
class Case:
    item: Item
    mouse: Mapping[str, Way]
    keys: Mapping[str, Way]


def way(response: Any, *moves: Move) -> Way:
    return Way(moves, response)


def both(**ways: Way) -> dict[str, Mapping[str, Way]]:
    """The same moves serve both hands: a mouse clicks what is named, a keyboard tabs to it and presses Space."""
    return {"mouse": ways, "keys": ways}


def _cases() -> dict[str, Case]:
    cases = {
        "one-choice": Case(
            OneChoice(
                key="one-choice",
                prompt="Which is *robust* to a wild value $x_i$?",
                choices=(
                    Choice(text="the mean", right=False, feedback="Try it on `[1, 2, 1000]`."),
                    Choice(text="the median", right=True),
                    Choice(text="größter Wert – 最大値", right=False),
                ),
                hints=HINTS,
                explanation="The median depends on **order** only.",
            ),
            mouse={"wrong": way(0, ("pick", "the mean")), "right": way(1, ("pick", "the median"))},
            keys={
                "wrong": way(0, ("focus", "the mean"), ("press", "Space")),
                "right": way(1, ("focus", "the mean"), ("press", "Space"), ("press", "ArrowDown")),
            },
        ),
        "several-choices": Case(
            SeveralChoices(
                key="several-choices",
                prompt="Which calls give a sorted copy?",
                choices=(
                    Choice(text="`sorted(x)`", right=True),
                    Choice(text="`x.sort()`", right=False, feedback="It sorts in place."),
                    Choice(text="`list(sorted(x))`", right=True),
                ),
            ),
            **both(
                partly=way([0], ("pick", "sorted(x)")),
                wrong=way([1], ("pick", "x.sort()")),
                right=way([0, 2], ("pick", "sorted(x)"), ("pick", "list(sorted(x))")),
            ),
        ),
        "true-false": Case(
            TrueFalse(
                key="true-false",
                prompt="A standard deviation can be negative.",
                answer=False,
                mistakes=(Mistake(answer="true", feedback="It is a square root."),),
            ),
            mouse={"wrong": way(True, ("pick", "True")), "right": way(False, ("pick", "False"))},
            keys={
                "wrong": way(True, ("focus", "True"), ("press", "Space")),
                "right": way(False, ("focus", "True"), ("press", "Space"), ("press", "ArrowDown")),
            },
        ),
        "number": Case(
            Number(
                key="number",
                prompt="How fast does a stone get?",
                answer="9.81",
                tolerance="0.01",
                figures=3,
                unit="m/s^2",
                units={"cm/s^2": "0.01"},
                mistakes=(Mistake(answer="4.9", feedback="That is half of it."),),
            ),
            **both(
                partly=way("9.812 m/s²", ("write", "Your answer", "9.812 m/s²")),
                wrong=way("4,9 m/s^2", ("write", "Your answer", "4,9 m/s^2")),
                invalid=way("fast", ("write", "Your answer", "fast")),
                right=way("981 cm/s^2", ("write", "Your answer", "981 cm/s^2")),
            ),
        ),
        "short-text": Case(
            ShortText(
                key="short-text",
                prompt="Which function counts the entries of a list?",
                answers=("len", "len()"),
                mistakes=(Mistake(answer="count", feedback="That counts one value."),),
            ),
            **both(
                wrong=way("count", ("write", "Your answer", "count")),
                right=way(" LEN ", ("write", "Your answer", " LEN ")),
            ),
        ),
        "code-check": Case(
            CodeCheck(
                key="code-check",
                prompt="Make `data`, and its `mean`.",
                names=("data", "mean"),
                checks=(
                    Check(code="len(data) == 3"),
                    Check(code="mean == 5", feedback="`mean` should be 5."),
                ),
            ),
            **both(
                wrong=way(None, ("names",)),
                partly=way(None, ("names", "data=[2, 4, 9]")),
                right=way(None, ("names", "data=[2, 4, 9]", "mean=5")),
            ),
        ),
        "ordering": Case(
            Ordering(
                key="ordering",
                prompt="Put the steps of an analysis into order.",
                pieces=("Fit a model and get $\\bar{x}$", "Read the file", "Report", "Clean what is missing"),
                ranks=(2, 0, 3, 1),
                hints=HINTS,
            ),
            mouse={
                "partly": way([1, 0, 2, 3], ("click", "Move up Read the file")),
                "wrong": way(
                    [2, 0, 3, 1],
                    ("click", "Move up Report"),
                    ("click", "Move up Report"),
                    ("click", "Move down Read the file"),
                ),
                "right": way(
                    [1, 3, 0, 2],
                    ("click", "Move up Read the file"),
                    ("drag", "Clean what is missing", "Fit a model"),
                ),
            },
            keys={
                "partly": way([1, 0, 2, 3], ("focus", "Move up Read the file"), ("press", "Enter")),
                "wrong": way(
                    [2, 0, 3, 1],
                    ("focus", "Move up Report"),
                    ("press", "ArrowUp"),
                    ("press", "ArrowUp"),
                    ("focus", "Move down Read the file"),
                    ("press", "ArrowDown"),
                ),
                "right": way(
                    [1, 3, 0, 2],
                    ("focus", "Move up Read the file"),
                    ("press", "Space"),
                    ("focus", "Move up Clean what is missing"),
                    ("press", "ArrowUp"),
                    ("press", "ArrowUp"),
                ),
            },
        ),
        "parsons": Case(
            Parsons(
                key="parsons",
                prompt="Write a function that sums numbers.",
                pieces=(
                    Piece(text="return total", position=2, indent=1),
                    Piece(text="total = sum(numbers)", position=1, indent=1),
                    Piece(text="return numbers", feedback="This gives back what came in."),
                    Piece(text="def add(numbers):", position=0),
                ),
                program="```python\ndef add(numbers):\n    total = sum(numbers)\n    return total\n```",
            ),
            mouse={
                "partly": way(
                    [[3, 0], [1, 0]],
                    ("click", "Add to the program def add"),
                    ("click", "Add to the program total ="),
                ),
                "wrong": way([[2, 0]], ("click", "Add to the program return numbers")),
                "right": way(
                    [[3, 0], [1, 1], [0, 1]],
                    ("click", "Add to the program def add"),
                    ("click", "Add to the program return total"),
                    ("click", "Indent more return total"),
                    ("drag", "total = sum(numbers)", "return total"),
                    ("click", "Indent more total = sum"),
                ),
            },
            keys={
                "partly": way(
                    [[3, 0], [1, 0]],
                    ("focus", "Add to the program def add"),
                    ("press", "Enter"),
                    ("focus", "Add to the program total ="),
                    ("press", "Enter"),
                ),
                "wrong": way([[2, 0]], ("focus", "Add to the program return numbers"), ("press", "Space")),
                "right": way(
                    [[3, 0], [1, 1], [0, 1]],
                    ("focus", "Add to the program return total"),
                    ("press", "Enter"),
                    ("focus", "Add to the program def add"),
                    ("press", "Enter"),
                    ("focus", "Move up def add"),
                    ("press", "ArrowUp"),
                    ("focus", "Move up return total"),
                    ("press", "ArrowRight"),
                    ("focus", "Add to the program total ="),
                    ("press", "Enter"),
                    ("focus", "Move up total ="),
                    ("press", "ArrowUp"),
                ),
            },
        ),
        "cloze": Case(
            Cloze(
                key="cloze",
                prompt="The ckblank0x of 2, 4 and 9 is ckblank1x; it is ckblank2x.",
                blanks=(
                    TextBlank(answers=("mean", "average"), mistakes=(Mistake(answer="median", feedback="That is 4."),)),
                    NumberBlank(answer="5"),
                    ChoiceBlank(
                        choices=(Choice(text="robust", right=False), Choice(text="sensitive to outliers", right=True))
                    ),
                ),
            ),
            **both(
                partly=way(["median", "5", ""], ("write", "Blank 1", "median"), ("write", "Blank 2", "5")),
                wrong=way(["mode", "", ""], ("write", "Blank 1", "mode")),
                invalid=way(["mean", "five", ""], ("write", "Blank 1", "mean"), ("write", "Blank 2", "five")),
                right=way(
                    ["mean", "5.0", "sensitive to outliers"],
                    ("write", "Blank 1", "mean"),
                    ("write", "Blank 2", "5.0"),
                    ("select", "Blank 3", "sensitive to outliers"),
                ),
            ),
        ),
        "matching": Case(
            Matching(
                key="matching",
                prompt="Which plot shows it best?",
                left=("one variable", "two variables", "shares"),
                right=("bar chart", "histogram", "scatter plot", "map"),
                partners=(1, 2, 0),
                wrong_pairs=(WrongPair(left=0, right=0, feedback="Bars count categories."),),
            ),
            **both(
                partly=way(
                    [0, 2, -1], ("select", "one variable", "bar chart"), ("select", "two variables", "scatter plot")
                ),
                wrong=way([-1, -1, 3], ("select", "shares", "map")),
                right=way(
                    [1, 2, 0],
                    ("select", "one variable", "histogram"),
                    ("select", "two variables", "scatter plot"),
                    ("select", "shares", "bar chart"),
                ),
            ),
        ),
        "essay": Case(
            Essay(
                key="essay",
                prompt="What is overfitting?",
                lines=3,
                min_words=3,
                max_words=20,
                example="A model that learns *noise*.",
            ),
            **both(
                invalid=way("Noise.", ("write", "Your answer", "Noise.")),
                right=way("It learns\nthe noise 雑音.", ("write", "Your answer", "It learns\nthe noise 雑音.")),
            ),
        ),
    }
    if Expression is not None:
        cases["expression"] = Case(
            Expression(key="expression", prompt="Expand $(x+1)^2$.", answer="x^2 + 2*x + 1", names=("x",)),
            **both(
                wrong=way("x^2 + 1", ("write", "Your answer", "x^2 + 1")),
                invalid=way("x^^2 +", ("write", "Your answer", "x^^2 +")),
                right=way("(1+x)(x+1)", ("write", "Your answer", "(1+x)(x+1)")),
            ),
        )
    return cases


CASES = _cases()


def asked(*items: Item | Sequence[Item], place: str = "demo", quiz: str = "all", seed: str = "s") -> list[Asked]:
    """Items (each a list where it has variants) as a learner meets them."""
    met = []
    for entry in items:
        sources = (entry,) if isinstance(entry, Item) else tuple(entry)
        variants = Variants(sources).map_texts(markdown_html)
        digest = item_digest(sources[0])
        met.append(Asked(ReleasedItem.of(variants, digest), f"{quiz}/{variants.item.key}", place, seed, 0))
    return met
