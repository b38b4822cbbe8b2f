"""Varied questions: one question with several sets of values, each worked out when the course is built.

What a learner gets holds values only: no parameter, no formula.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from course_kit.model.quiz import Item, Variants
from course_kit.quizzes.arithmetic import NotComputable, compute, names_in, shown
from course_kit.quizzes.domains import MAX_TRIES, Domain, Values, in_words, read_domain
from course_kit.quizzes.draft import Draft
from course_kit.quizzes.items import item_of, read_draft
from course_kit.quizzes.lines import FORMULA, LineKind, classify
from course_kit.quizzes.options import Options
from course_kit.quizzes.problems import Problem, Problems
from course_kit.quizzes.reading import Placed

USUAL = 8
MOST = 50
_BRACES = re.compile(r"(?P<literal>\\\{)|\{\{(?!\{)|\{(?P<inside>[^{}\n]*)\}")
_FIXED = re.compile(r"^\s{0,3}(?:key|kind|was|quiz-was|skill|pick|vary|where|variants)\s*:")
_ANSWER = re.compile(r"^\s{0,3}=\s*(?P<value>[^=>{}±]*?)\s*(?:±.*)?$")
_WORD = re.compile(r"^[A-Za-z_]\w*$")
_EXAMPLE = "Write `vary: a in 1..9; b in 10, 20, 30; c = a * b`."


@dataclass
class Room:
    """What is left of the variants, and of the looking for them, that one quiz may have."""

    variants: int = 400
    tries: int = 20_000
    letters: int = 1_000_000


def variants_of(draft: Draft, lines: list[Placed], place: int, problems: Problems, room: Room) -> Variants | None:
    """The variants of a question with ``vary:``; None after its faults were reported. Takes from ``room``."""
    vary, where = draft.options["vary"][0], draft.option("where")
    asked = Options(draft, problems).whole_number("variants", 1, MOST, str(USUAL))
    if asked is None and draft.option("variants") is not None:
        return None
    count = asked or USUAL
    room.variants -= count
    room.letters -= count * sum(len(line) for line, _, _ in lines)
    if room.variants < 0 or room.tries <= 0 or room.letters < 0:
        hint = "Divide it into two, or ask for fewer with `variants: 4`."
        problems.note("too-many-variants", vary.number, "the quiz has too many or too long variants", hint)
        return None
    try:
        domain = read_domain(vary.text, "" if where is None else where.text)
    except NotComputable as error:
        problems.note("bad-vary", vary.number, f"`vary:` cannot be read: {error}", _EXAMPLE)
        return None
    _warn_of_words(domain, lines, problems)
    about = f"{vary.text}\0{domain.where}"
    try:
        sets, tries = domain.sets(about, count, min(MAX_TRIES, room.tries))
    except NotComputable as error:
        problems.note("bad-vary", vary.number, str(error), _EXAMPLE)
        return None
    room.tries -= tries
    if not sets:
        at = vary if where is None else where
        hint = "Loosen `where:`, or give the parameters more values."
        problems.note("no-variant", at.number, "no set of values is left", hint)
        return None
    return _all(sets, domain, lines, place, problems)


def _all(sets: list[Values], domain: Domain, lines: list[Placed], place: int, problems: Problems) -> Variants | None:
    found: list[Item] = []
    faults: list[tuple[Values, Problems]] = []
    for values in sets:
        own = Problems()
        item = _one(values, domain, lines, place, own)
        faults.append((values, own))
        if item is not None and item not in found:
            found.append(item)
    _report(faults, problems)
    if not found or any(own.errors for _, own in faults):
        return None
    other = next((item for item in found if item.kind != found[0].kind), None)
    if other is not None:
        message = f"some variants are `{found[0].kind}` and some `{other.kind}`"
        problems.note("mixed-kinds", lines[0][1], message, "Say which is meant, with `kind:`.")
        return None
    if len(found) == 1 and len(sets) > 1:
        hint = "Write the parameters into it, in braces: `{a}`."
        problems.warn("same-variants", lines[0][1], "the question is the same whatever the values", hint)
    return Variants(tuple(found))


def _one(values: Values, domain: Domain, lines: list[Placed], place: int, problems: Problems) -> Item | None:
    """The question with one set of values."""
    filled = [_filled(line, kind, number, values, domain, problems) for line, number, kind in lines]
    if problems.errors:
        return None
    kinds = classify(filled)
    placed = [(text, number, kind) for text, (_, number, _), kind in zip(filled, lines, kinds, strict=True)]
    draft, sound = read_draft(placed, lines[0][1], problems)
    return item_of(draft, place, sound, problems)


def _braces(line: str, kind: LineKind) -> Iterator[tuple[re.Match[str], bool]]:
    """What stands in braces, and whether it stands in a formula."""
    formulas: list[tuple[int, int]] = []
    if kind is LineKind.FORMULA:
        formulas = [(0, len(line))]
    elif kind not in (LineKind.CODE, LineKind.BLOCK, LineKind.FENCED):
        formulas = [match.span() for match in FORMULA.finditer(line)]
    for match in _BRACES.finditer(line):
        yield match, any(start <= match.start() < end for start, end in formulas)


def _filled(line: str, kind: LineKind, number: int, values: Values, domain: Domain, problems: Problems) -> str:
    """The line with each expression of the parameters replaced by its value."""
    if kind is LineKind.OPEN and _FIXED.match(line):
        return line
    text, end = "", 0
    for match, in_formula in _braces(line, kind):
        if match["literal"] and not in_formula:
            text, end = text + line[end : match.start()] + "{", match.end()
        inside = match["inside"]
        if inside is None:
            continue
        expression, form = _apart(inside)
        names = names_in(expression)
        if names is None or not names & domain.names:
            if names is None and not in_formula and kind is not LineKind.CODE and _mentions(inside, domain):
                hint = f"{_sign_hint(inside)} Braces that are meant as such are written `\\{{`."
                problems.note("bad-braces", number, f"`{{{inside}}}` cannot be computed", hint)
            continue
        try:
            value = shown(compute(expression, values), form)
        except (NotComputable, OverflowError, ValueError) as error:
            hint = "Only the parameters, numbers and a few functions can stand in braces; `\\{` is a brace as such."
            problems.note("bad-braces", number, f"`{{{inside}}}`: {error}", hint)
            continue
        text, end = text + line[end : match.start()] + (f"{{{value}}}" if in_formula else value), match.end()
    return text + line[end:]


def _apart(inside: str) -> tuple[str, str]:
    """``a / b:.2f`` is an expression and the form in which its value is shown."""
    expression, colon, form = inside.rpartition(":")
    return (expression, form.strip()) if colon else (inside, "")


def _mentions(inside: str, domain: Domain) -> bool:
    return any(re.search(rf"(?<![A-Za-z_]){name}(?!\w)", inside) for name in domain.names)


def _sign_hint(inside: str) -> str:
    return "Write `2 * a`, not `2a`." if re.search(r"\d[A-Za-z]", inside) else "Write arithmetic such as `{a + 2 * b}`."


def _warn_of_words(domain: Domain, lines: list[Placed], problems: Problems) -> None:
    """Point out braces with a name that is no parameter, and parameters that are not used."""
    used = set().union(*(names_in(expression) or set() for expression in (*domain.derived.values(), domain.where)))
    for line, number, kind in lines:
        if kind is LineKind.OPEN and _FIXED.match(line):
            continue
        answer = _ANSWER.match(line) if kind is LineKind.OPEN else None
        if answer and (names_in(answer["value"]) or set()) & domain.names:
            message = f"`{answer['value']}` is the same in every variant: it is text"
            problems.warn("no-braces", number, message, f"Write `= {{{answer['value']}}}` for its value.")
        for match, in_formula in _braces(line, kind):
            names = names_in(_apart(match["inside"])[0]) if match["inside"] is not None else None
            used |= names or set()
            stranger = match["inside"] or ""
            if not in_formula and kind is not LineKind.CODE and _WORD.match(stranger) and stranger not in domain.names:
                hint = f"The parameters are {', '.join(sorted(domain.names))}; write `\\{{` where a brace is meant."
                problems.warn("no-parameter", number, f"`{{{stranger}}}` is no parameter and stays as it is", hint)
    unused = sorted(domain.names - used)
    if unused:
        message = f"the parameter `{unused[0]}` is not used"
        at = next(number for line, number, _ in lines if line.lstrip().startswith("vary"))
        problems.warn("unused-parameter", at, message, f"Write `{{{unused[0]}}}` where its value belongs.")


def _report(faults: list[tuple[Values, Problems]], problems: Problems) -> None:
    """Each fault once; one that not every variant has names the values with which it comes."""
    counts: dict[tuple[str, int], int] = {}
    for _, own in faults:
        for place in {(problem.code, problem.line) for problem in own.found}:
            counts[place] = counts.get(place, 0) + 1
    told: set[tuple[str, int]] = set()
    for values, own in faults:
        for problem in own.found:
            place = (problem.code, problem.line)
            if place in told:
                continue
            told.add(place)
            everywhere = counts[place] == len(faults)
            problems.found.append(problem if everywhere else _with_values(problem, values))


def _with_values(problem: Problem, values: Values) -> Problem:
    return replace(problem, message=f"with {in_words(values)}: {problem.message}")
