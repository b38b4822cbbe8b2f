"""A fenced block ``check``: expressions that are true where the learner's own cells did what was asked."""

import ast
import builtins
import re
import warnings

from course_kit.model.kinds import parse_number
from course_kit.quizzes.draft import Draft, Line
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question

_DASH = " — "
_MOST = 50
_DASHES = 20
_LONGEST = 5000
_BUILTINS = frozenset(dir(builtins))


def _fits(draft: Draft) -> bool:
    return any(block.word == "check" for block in draft.blocks)


def _build(question: Question) -> Fields | None:
    block = next(block for block in question.draft.blocks if block.word == "check")
    checks: list[Fields] = []
    names: dict[str, None] = {}
    for line in block.lines:
        if not line.text.strip() or line.text.lstrip().startswith("#"):
            continue
        read = _check(line, question)
        if read is None:
            return None
        code, feedback, tree = read
        if len(checks) > _MOST:
            break
        checks.append({"code": code, "feedback": feedback})
        names |= dict.fromkeys(_names(tree))
    if not 1 <= len(checks) <= _MOST:
        message = f"a check has 1 to {_MOST} lines, and this one {'more' if checks else 'none'}"
        question.note("bad-check", block.number, message, "Write one a line: `mean([1, 2, 3]) == 2 — feedback`.")
        return None
    weights = _weights(question, len(checks))
    for check, weight in zip(checks, weights or (), strict=False):
        check["weight"] = weight
    for mistake in question.draft.mistakes:
        hint = "What is said where a check does not hold stands behind it: `total == 6 — feedback`."
        question.note("mistake-of-check", mistake.number, "a check has no `≠`", hint)
    return {"checks": checks, "names": list(names)}


def _check(line: Line, question: Question) -> tuple[str, str, ast.expr] | None:
    """A check's code, what is said where it fails, and its tree; None after a fault was reported.

    The dash that ends the code is the first one before which there is a whole expression, so that texts may hold some.
    """
    text = line.text.strip()
    position = text.find(_DASH)
    for _ in range(_DASHES):
        code = text if position < 0 else text[:position].rstrip()
        feedback = "" if position < 0 else text[position + len(_DASH) :].strip()
        tree = _expression(code.removeprefix("assert "))
        if tree is not None:
            return code.removeprefix("assert ").strip(), feedback, tree
        if position < 0:
            break
        position = text.find(_DASH, position + 1)
    hint = "Write what has to be true in one line, `total == 6 — feedback`; code before it belongs into a cell."
    question.note("bad-check", line.number, f"`{text[:60]}` is no Python expression", hint)
    return None


def _expression(code: str) -> ast.expr | None:
    if len(code) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(tree: ast.expr) -> list[str]:
    """The variables that an expression looks at, in order: neither its own nor Python's."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    loaded = [node for node in nodes if isinstance(node.ctx, ast.Load)]
    loaded.sort(key=lambda node: (node.lineno, node.col_offset))
    return [node.id for node in loaded if node.id not in own and node.id not in _BUILTINS]


def _weights(question: Question, count: int) -> list[float] | None:
    option = question.draft.option("weights")
    if option is None:
        return None
    numbers = [parse_number(word) for word in re.split(r"[,;\s]+", option.text.strip())]
    if len(numbers) != count or not all(number is not None and 0 < number <= 1000 for number in numbers):
        hint = f"Write one number above 0 for each of the {count} checks: `weights: 2, 1, 1`."
        question.note("bad-weights", option.number, f"`weights: {option.text[:60]}` does not fit the checks", hint)
        return None
    return [float(number) for number in numbers if number is not None]


FORM = AnswerForm("code-check", "check", _fits, _fits, _build, frozenset({"weights"}))
