"""A question of each kind, to begin with: what `course-kit quiz templates` prints and "Insert question" offers.

Each one reads without any problem, and its right answer scores in full: a test holds them to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Template:
    """``name`` names it in commands; ``kind`` is the item's name in the registry; ``key`` is a key to begin with.

    ``what`` says in one sentence what a learner does and when it fits. ``text`` is the question, without its key.
    """

    name: str
    kind: str
    title: str
    what: str
    key: str
    text: str

    @property
    def item(self) -> str:
        """The question with its key."""
        return f"{self.text}\nkey: {self.key}\n"

    def cell(self, quiz: str = "my-quiz") -> str:
        """A quiz cell that holds nothing else."""
        return f"%%quiz {quiz}\n{self.item}"

    def json_object(self) -> dict[str, Any]:
        fields = ("name", "kind", "title", "what", "key", "text")
        return {field: getattr(self, field) for field in fields}


TEMPLATES: tuple[Template, ...] = (
    Template(
        "one-choice",
        "one-choice",
        "One choice",
        "Learners choose one of several answers; each can have its own remark.",
        "which",
        """\
Which of these is *robust* to outliers?
- [x] `median` — One wild value moves it by one rank at most.
- [ ] `mean` — Try it on `[1, 2, 3, 1000]`.
- [ ] `max` — It is an outlier itself, if there is one.
hint: Put one absurd number into a small list.
explanation: The median depends on the order of the values, not on how large they are.""",
    ),
    Template(
        "several-choices",
        "several-choices",
        "Several choices",
        "Learners choose all the answers that are right; a part of them earns a part of the points.",
        "all-of",
        """\
Which of these keep the order of the rows?
- [x] `df.head()` — It takes the first rows as they are.
- [x] `df.rename(columns=…)` — Only names change.
- [ ] `df.sample(frac=1)` — It shuffles them.
choose: several""",
    ),
    Template(
        "true-false",
        "true-false",
        "True or false",
        "Learners judge a statement.",
        "statement",
        """\
The mean of a list is always one of its values.
= false
≠ true — Try it on `[1, 2]`.
explanation: The mean of 1 and 2 is 1.5, which is neither.""",
    ),
    Template(
        "number",
        "number",
        "Number",
        "Learners type a number, which is right within a tolerance; common mistakes have their remarks.",
        "value",
        """\
What is the mean of 2, 4 and 9?
= 5 ± 0.01
≠ 4 — That is the median.
≠ 15 — That is the sum: divide it by how many there are.""",
    ),
    Template(
        "number-unit",
        "number",
        "Number with a unit",
        "Learners type a number with its unit; other units count with their factors.",
        "quantity",
        """\
How fast does a body fall faster each second, near the ground?
= 9.81 m/s^2 ± 1 %
unit: m/s^2 | cm/s^2 = 0.01
hint: It is a little less than 10.""",
    ),
    Template(
        "number-varied",
        "number",
        "Number, varied for each learner",
        "Each learner meets numbers of their own, and new ones on a second try.",
        "varied",
        """\
What is the mean of {a}, {b} and {a + b}?
= {2 * (a + b) / 3} ± 0.01
≠ {2 * (a + b)} — That is the sum: divide it by how many there are.
vary: a in 2..9; b in 10..20""",
    ),
    Template(
        "text",
        "short-text",
        "A few words",
        "Learners type a word or two; case and blanks do not count, alternatives and patterns do.",
        "word",
        """\
What do statisticians call the middle value of sorted data?
= median | the median | /(the )?50(th|\\.) percentile/i
≠ mean | average — That is the sum over the count.""",
    ),
    Template(
        "check",
        "code-check",
        "Check of the learner's code",
        "Looks at the variables of the learner's own cells. In lessons only: assignments have nbgrader's tests.",
        "checked",
        """\
Put the squares of 1 to 5 into a list `squares`.
```check
isinstance(squares, list) — `squares` has to be a list.
len(squares) == 5 — There should be five numbers.
squares == [1, 4, 9, 16, 25] — One of the numbers is not a square, or they stand in another order.
```
hint: `[number ** 2 for number in range(1, 6)]`""",
    ),
    Template(
        "ordering",
        "ordering",
        "Put into order",
        "Learners put steps into their order; equal numbers may stand either way.",
        "order",
        """\
In which order is a model made?
1. Look at the data.
2. Divide them into training and test data.
3. Fit the model to the training data.
4. Judge it by the test data.
kind: ordering""",
    ),
    Template(
        "parsons",
        "parsons",
        "Build a program from its lines",
        "Learners put lines of code into order and indent them; some lines do not belong.",
        "program",
        """\
Build a function that returns the largest number of a list.
```parsons python
def largest(numbers):
    best = numbers[0]
    for number in numbers:
        if number > best:
            best = number
        if number < best: # distractor: This one finds the smallest.
    return best
```""",
    ),
    Template(
        "cloze",
        "cloze",
        "Fill in the blanks",
        "Learners fill blanks in a text: words, numbers, or one of a few choices.",
        "blanks",
        """\
The {{mean|average}} of 2, 4 and 9 is {{= 5}}, and their median is {{choose: 2 | *4 | 9}}.""",
    ),
    Template(
        "cloze-code",
        "cloze",
        "Fill in the blanks in code",
        "Learners complete a piece of code.",
        "code",
        """\
Complete the function, so that it returns the mean.
```python
def mean(values):
    return {{sum}}(values) / {{len}}(values)
```""",
    ),
    Template(
        "matching",
        "matching",
        "Match pairs",
        "Learners find the partner of each entry; some partners belong to none.",
        "pairs",
        """\
What does each method return?
= `df.shape` => rows and columns
= `df.dtypes` => the type of each column
= `df.head()` => the first five rows
=> the last five rows""",
    ),
    Template(
        "essay",
        "essay",
        "Essay",
        "Learners write a text and compare it with an example; in an assignment a person marks it.",
        "essay",
        """\
When would you report the median instead of the mean? Give an example of your own.
= essay
words: 20-150
lines: 8
example: Incomes are skewed: a few very large ones pull the mean up, and the median still says what is usual.""",
    ),
    Template(
        "expression",
        "expression",
        "Formula",
        "Learners type a formula; whatever is equal to it is right.",
        "formula",
        """\
What is the derivative of $x^2 + 3x$?
~ 2*x + 3
names: x""",
    ),
)


def template(name: str) -> Template | None:
    """The template of that name, or None."""
    return next((one for one in TEMPLATES if one.name == name), None)


def templates_json() -> Mapping[str, Any]:
    """All of them, for the page."""
    return {"templates": [one.json_object() for one in TEMPLATES]}
