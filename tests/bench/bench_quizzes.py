"""What quizzes cost: how many responses are scored in a second, and how long a verdict takes on a full page."""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, islice

from course_kit.model.kinds import Choice
from course_kit.model.quiz import Item, Response, read_item, score
from tests.bench.clicks import feedback_rows

Row = tuple[str, str, str, bool]
RESPONSES = 10_000
ROUNDS = 5
WORDS = {"key": "k", "prompt": "What?", "hints": ["Think."], "explanation": "So."}
CHOICES = [Choice(text=f"choice {n}", right=n in (0, 2), feedback=f"remark {n}").model_dump() for n in range(5)]
NUMBER = {"answer": "9.81", "tolerance": "1 %", "relative": True, "mistakes": [{"answer": "1.62", "feedback": "Moon."}]}
TEXT = {"answers": ["standard deviation", "SD"], "mistakes": [{"answer": "variance", "feedback": "Its square."}]}
LINES = [{"text": f"line {n}", "position": n, "indent": n % 3} for n in range(8)]
# each kind with a right, a wrong, a partly right and an unreadable response, where it has them
MIXED: list[tuple[str, dict[str, object], list[Response]]] = [
    ("one-choice", {"choices": [{**one, "right": n == 2} for n, one in enumerate(CHOICES)]}, [2, 1, 9]),
    ("several-choices", {"choices": CHOICES}, [[0, 2], [1, 3], [0], ["0"]]),
    ("true-false", {"answer": True}, [True, False, "yes"]),
    ("number", NUMBER, ["9.81", "9,80", "1.62", "1 234.5", "x"]),
    ("number", {"answer": "6.02214e23", "figures": 3}, ["6.02e23", "6.022 × 10²³", "6e23", "7"]),
    ("number", {**NUMBER, "unit": "m/s^2", "units": {"cm/s^2": "0.01"}}, ["9,81 m/s²", "981 cm·s⁻²", "9.81", "5 kg"]),
    ("short-text", TEXT, ["Standard  deviation.", "variance", "mean"]),
    ("short-text", {"patterns": ["/standard[ -]?dev(iation)?/i"]}, ["standard-dev", "x" * 80]),
    ("ordering", {"pieces": [f"step {n}" for n in range(8)], "ranks": list(range(8))}, [[*range(8)], [7, *range(7)]]),
    (
        "parsons",
        {"pieces": [*LINES, {"text": "wrong", "feedback": "Not this."}], "program": "…"},
        [[[n, n % 3] for n in range(8)], [[n, 0] for n in (3, 8, 1, 0, 2)], [[0, 99]]],
    ),
    (
        "cloze",
        {
            "blanks": [
                {"kind": "text", **TEXT},
                {"kind": "number", **NUMBER},
                {"kind": "choice", "choices": CHOICES[1:4]},
            ]
        },
        [["SD", "9.8", "choice 2"], ["sd", "7", ""], ["sd", "x", "?"]],
    ),
    ("matching", {"left": list("abcd"), "right": list("wxyz"), "partners": [3, 2, 1, 0]}, [[3, 2, 1, 0], [0, 1, 1, 0]]),
    ("essay", {"min_words": 3}, ["Because of the mean.", "No."]),
    (
        "code-check",
        {"checks": [{"code": "x == 1"}, {"code": "y > 2", "weight": 2.0}]},
        [["ok", "ok"], ["ok", "failed"]],
    ),
]


def _mixed() -> Iterator[tuple[Item, Response]]:
    """Responses without end, kind after kind."""
    items = [(read_item({"kind": kind, **WORDS, **fields}), responses) for kind, fields, responses in MIXED]
    for turn in count():
        for item, responses in items:
            yield item, responses[turn % len(responses)]


def score_rows() -> Iterator[Row]:
    """How long 10,000 responses of mixed kinds take to score, expressions aside; the median of some rounds."""
    work = list(islice(_mixed(), RESPONSES))
    seconds = statistics.median(
        _seconds(lambda: [score(item, response) for item, response in work]) for _ in range(ROUNDS)
    )
    kinds = len({kind for kind, _, _ in MIXED})
    measured = f"{seconds:.2f} s for {len(work):,} responses of {kinds} kinds"
    yield ("scoring 10,000 responses of mixed kinds", measured, "under 1 s", seconds < 1)


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


PARTS: dict[str, Callable[[], Iterator[Row]]] = {"score": score_rows, "feedback": feedback_rows}


def rows(*parts: str) -> Iterator[Row]:
    """(what, measured, asked, met) for each figure; only those of ``parts`` where named."""
    for name in parts or PARTS:
        yield from PARTS[name]()


if __name__ == "__main__":
    sys.stdout.write(f"{list(rows())}\n")
