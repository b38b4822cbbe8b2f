"""Items of every kind, and responses of every sort, for properties that hold for all of them.

What belongs to a key is written with letters of ``SECRET`` alone or with long numbers, what a learner may see with
neither, so that a test can look for what has got out: see :func:`told`.
"""

import json
import re
from typing import Any

from hypothesis import strategies as st

from course_kit.model.quiz import Item, read_item

SECRET = "qwzxvjk"
_TOLD = re.compile(rf"[{SECRET}]{{6}}|\d{{6}}")


def told(data: object) -> str | None:
    """A piece of a key that stands somewhere in ``data`` (JSON); None if none does."""
    found = _TOLD.search(json.dumps(data, ensure_ascii=False))
    return found and found[0]


secrets = st.text(SECRET, min_size=8, max_size=12)
maybe_secrets = st.just("") | secrets
texts = st.text("abcdefg ", min_size=1, max_size=12).map(lambda text: f"a{text}b")
secret_numbers = st.builds(
    lambda sign, whole, part: f"{sign}{whole}.{part}",
    st.sampled_from(["", "-"]),
    st.integers(0, 999),
    st.integers(100_000, 999_999),
)
common = {
    "key": st.sampled_from(["which", "a-b", "q1"]),
    "prompt": texts,
    "skill": st.none() | st.just("a.b"),
    "hints": st.lists(st.fixed_dictionaries({"text": secrets, "cost": st.sampled_from([0.0, 0.1])}), max_size=2),
    "explanation": maybe_secrets,
    "minutes": st.none() | st.just(2.0),
    "points": st.sampled_from([0.0, 1.0, 2.5]),
    "attempts": st.none() | st.integers(1, 3),
    "wait": st.sampled_from([0.0, 30.0]),
    "confidence": st.booleans(),
    "shuffle": st.sampled_from(["no", "all", "but-last"]),
}
choice = st.fixed_dictionaries({"text": texts, "right": st.booleans(), "feedback": maybe_secrets})
units = st.sampled_from(
    [
        {"unit": "", "units": {}},
        {"unit": "m/s^2", "units": {}},
        {"unit": "m", "units": {"ft": "1/1234567", "cm": "0.01234567"}},
    ]
)


def _mistakes(answers: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(st.fixed_dictionaries({"answer": answers, "feedback": secrets}), max_size=2)


def _one_right(choices: list[dict[str, Any]], right: int) -> list[dict[str, Any]]:
    return [{**one, "right": number == right % len(choices)} for number, one in enumerate(choices)]


number_key = st.tuples(
    st.fixed_dictionaries(
        {
            "answer": secret_numbers,
            "relative": st.booleans(),
            "mistakes": _mistakes(secret_numbers),
        }
    ),
    st.fixed_dictionaries({"tolerance": st.sampled_from(["0", "0.0000001", "0.1234567 %"])})
    | st.fixed_dictionaries({"figures": st.integers(1, 12)}),
    units,
).map(lambda parts: {**parts[0], **parts[1], **parts[2]})
text_key = st.fixed_dictionaries(
    {
        "answers": st.lists(secrets, min_size=1, max_size=3),
        "patterns": st.lists(secrets.map(lambda text: f"/{text}[qw]?/i"), max_size=2),
        "case": st.booleans(),
        "mistakes": _mistakes(secrets),
    }
) | st.fixed_dictionaries({"patterns": st.lists(secrets.map(lambda text: f"/({text})+/"), min_size=1, max_size=2)})


@st.composite
def _orderings(draw: st.DrawFn) -> dict[str, Any]:
    pieces = draw(st.lists(texts, min_size=2, max_size=7))
    ranks = draw(st.lists(st.integers(0, 4), min_size=len(pieces), max_size=len(pieces)))
    if len(set(ranks)) < 2:
        ranks[0] = 9
    return {"pieces": pieces, "ranks": ranks}


@st.composite
def _parsons(draw: st.DrawFn) -> dict[str, Any]:
    lines = draw(st.lists(st.sampled_from(["aa", "bb", "cc", "dd", "ee"]), min_size=2, max_size=6))
    pieces: list[dict[str, Any]] = [
        {"text": text, "position": number, "indent": draw(st.integers(0, 3))} for number, text in enumerate(lines)
    ]
    for text in draw(st.lists(texts, max_size=2)):
        pieces.append({"text": text, "feedback": draw(maybe_secrets)})
    pairs = [(one, other) for one in range(len(lines)) for other in range(one + 1, len(lines))]
    return {
        "pieces": draw(st.permutations(pieces)),
        "indented": draw(st.booleans()),
        "program": draw(secrets),
        "before": draw(st.none() | st.lists(st.sampled_from(pairs), max_size=4)),
    }


@st.composite
def _matchings(draw: st.DrawFn) -> dict[str, Any]:
    left, right = (draw(st.lists(texts, min_size=2, max_size=6)) for _ in range(2))
    partners = [draw(st.integers(0, len(right) - 1)) for _ in left]
    wrong = [{"left": 0, "right": number} for number in range(len(right)) if number != partners[0]]
    remarks = [{**pair, "feedback": draw(secrets)} for pair in wrong[: draw(st.integers(0, 2))]]
    return {"left": left, "right": right, "partners": partners, "wrong_pairs": remarks}


@st.composite
def _blanks(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["text", "number", "choice"]))
    if kind != "choice":
        return {"kind": kind, **draw(text_key if kind == "text" else number_key)}
    choices = draw(st.lists(choice, min_size=2, max_size=4, unique_by=lambda one: " ".join(one["text"].split())))
    return {"kind": kind, "choices": _one_right(choices, draw(st.integers(0, 3)))}


_choices = st.lists(choice, min_size=2, max_size=6)
_expressions = st.builds(
    lambda number, rest: number + rest, secret_numbers, st.sampled_from(["x", "x^2 + y", "", "xy"])
)
_check = st.fixed_dictionaries({"code": secrets, "feedback": maybe_secrets, "weight": st.sampled_from([0.1, 1.0, 3.0])})
FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "one-choice": st.builds(
        lambda choices, right: {"choices": _one_right(choices, right)}, _choices, st.integers(0, 5)
    ),
    "several-choices": _choices.map(lambda choices: {"choices": [{**choices[0], "right": True}, *choices[1:]]}),
    "true-false": st.fixed_dictionaries({"answer": st.booleans(), "mistakes": _mistakes(secrets)}),
    "number": number_key,
    "short-text": text_key,
    "ordering": _orderings(),
    "parsons": _parsons(),
    "matching": _matchings(),
    "cloze": st.fixed_dictionaries({"blanks": st.lists(_blanks(), min_size=1, max_size=4), "code": st.booleans()}),
    "essay": st.fixed_dictionaries({"min_words": st.integers(0, 5), "example": maybe_secrets}),
    "code-check": st.fixed_dictionaries({"checks": st.lists(_check, min_size=1, max_size=4), "names": st.just(["a"])}),
    "expression": st.fixed_dictionaries(
        {
            "answer": _expressions,
            "names": st.just(["x", "y"]),
            "positive": st.booleans(),
            "mistakes": _mistakes(_expressions),
        }
    ),
}
"""For each kind, the fields that only it has."""


def items(*kinds: str) -> st.SearchStrategy[Item]:
    """Items of these kinds (of every one that there is, if none is named)."""
    return st.one_of(*(_items(kind) for kind in kinds or FIELDS))


def _items(kind: str) -> st.SearchStrategy[Item]:
    parts = st.tuples(st.fixed_dictionaries(common), FIELDS[kind])
    return parts.map(lambda two: read_item({"kind": kind, **two[0], **two[1]}))


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([10**4000, "x" * 20_000, "ok", "true", "2x", "5 m", "\ud800", "1e999"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
"""Any JSON."""


@st.composite
def responses(draw: st.DrawFn, item: Item) -> Any:
    """Any JSON, or a response that is nearly right."""
    right = item.reference_response()
    if draw(st.booleans()):
        return draw(anything)
    if isinstance(right, list) and right:
        changed = list(draw(st.permutations(right)))
        at = draw(st.integers(0, len(changed) - 1))
        changed[at] = draw(st.sampled_from(right) | st.integers(-1, 6) | anything)
        return changed[: draw(st.integers(0, len(changed)))] if draw(st.booleans()) else changed
    if isinstance(right, str):
        return draw(st.sampled_from([f" {right} ", right.upper(), right[:-1], right + right, right.replace(".", ",")]))
    return draw(st.integers(-2, 8) | st.just(right))
