"""``= left => right``, or a list of such entries: find the partner of each."""

from dataclasses import dataclass

from course_kit.quizzes.draft import Draft, Line, joined
from course_kit.quizzes.forms.form import AnswerForm, Fields, Question
from course_kit.quizzes.forms.lists import ARROW, arrow_place, as_told_apart, ends_in_pairs, entries, last_list
from course_kit.quizzes.scramble import scrambled

_MOST = 30
_EXAMPLE = "Write one pair a line, `= left => right`, and what has no partner as `=> right`."


@dataclass
class _Pair:
    left: str
    right: str
    number: int


def _fits(draft: Draft) -> bool:
    if draft.strays:
        return not draft.choices
    several = len(draft.answers) > 1 and all(arrow_place(answer.text) >= 0 for answer in draft.answers)
    return several or ends_in_pairs(draft)


def _can(draft: Draft) -> bool:
    return not (draft.choices or draft.blocks or draft.expressions)


def _build(question: Question) -> Fields | None:
    draft = question.draft
    fields: Fields = {}
    lines: list[Line] = [*draft.answers, *(Line(f"=> {stray.text}", stray.number) for stray in draft.strays)]
    if not lines:
        start = last_list(draft.prompt)
        if start is None:
            question.note("no-pairs", draft.options["kind"][0].number, "there are no pairs to match", _EXAMPLE)
            return None
        lines = list(entries(draft.prompt[start:]))
        fields["prompt"] = joined(draft.prompt[:start])
    pairs = [pair for line in lines if (pair := _pair(line, question)) is not None]
    if len(pairs) < len(lines) or not _sound(pairs, question):
        return None
    found = [pair for pair in pairs if pair.left]
    rights = list(dict.fromkeys(pair.right for pair in pairs))
    partners = [rights.index(pair.right) for pair in found]
    order = scrambled(rights, lambda one: [one.index(partner) for partner in partners] == list(range(len(partners))))
    fields |= {
        "left": [pair.left for pair in found],
        "right": [rights[number] for number in order],
        "partners": [order.index(partner) for partner in partners],
    }
    fields["wrong_pairs"] = _wrong_pairs(fields, question)
    return fields


def _pair(line: Line, question: Question) -> _Pair | None:
    text = f" {line.text} "
    place = arrow_place(text)
    left, right = text[:place].strip(), text[place + len(ARROW) :].strip()
    if place < 0:
        message = f"`{line.text[:60]}` is no pair" if line.text else "a pair is missing"
    elif not right:
        message = "nothing stands behind the arrow"
    else:
        return _Pair(left, right, line.number)
    question.note("bad-pair", line.number, message, _EXAMPLE)
    return None


def _sound(pairs: list[_Pair], question: Question) -> bool:
    found = [pair for pair in pairs if pair.left]
    rights = {as_told_apart(pair.right) for pair in pairs}
    if len(found) < 2 or len(rights) < 2:
        hint = f"At least two entries, and two to choose from. {_EXAMPLE}"
        question.note("too-few-pairs", pairs[0].number, "there is nothing to choose between", hint)
        return False
    if len(found) > _MOST or len(rights) > _MOST:
        question.note(
            "too-many-pairs", pairs[-1].number, f"a matching has at most {_MOST} entries a side", "Divide it."
        )
        return False
    if len(rights) < len({pair.right for pair in pairs}):
        message = "two partners differ in nothing but their writing"
        question.note("duplicate-partner", pairs[-1].number, message, "Write what is the same partner the same way.")
        return False
    seen: dict[str, int] = {}
    for pair in pairs:
        name = ("left", pair.left) if pair.left else ("stray", pair.right)
        plain = f"{name[0]} {as_told_apart(name[1])}"
        if plain in seen:
            message = f"this entry stands already in line {seen[plain]}"
            question.note("duplicate-entry", pair.number, message, "Each entry has one partner: take one of them out.")
            return False
        seen[plain] = pair.number
    lone = {pair.right for pair in found}
    for pair in pairs:
        if not pair.left and pair.right in lone:
            message = f"`{pair.right[:60]}` is a partner, and stands here as one of nothing"
            question.note("duplicate-partner", pair.number, message, "Take this line out.")
            return False
    return True


def _wrong_pairs(fields: Fields, question: Question) -> list[Fields]:
    left = {as_told_apart(text): number for number, text in enumerate(fields["left"])}
    right = {as_told_apart(text): number for number, text in enumerate(fields["right"])}
    found: dict[tuple[int, int], Fields] = {}
    for mistake in question.draft.mistakes:
        pair = _pair(Line(mistake.text, mistake.number), question)
        if pair is None:
            continue
        place = (left.get(as_told_apart(pair.left)), right.get(as_told_apart(pair.right)))
        if place[0] is None or place[1] is None:
            missing = pair.left if place[0] is None else pair.right
            hint = "Write `≠ left => right — feedback` with entries that stand above."
            question.note("unknown-entry", mistake.number, f"`{missing[:60]}` is none of the entries", hint)
        elif fields["partners"][place[0]] == place[1]:
            question.note("mistake-is-answer", mistake.number, "this pair is right", "Take it out.")
        elif (place[0], place[1]) in found:
            question.note("duplicate-mistake", mistake.number, "this pair stands already above", "Keep one of them.")
        elif mistake.feedback:
            found[place[0], place[1]] = {"left": place[0], "right": place[1], "feedback": mistake.feedback}
    return list(found.values())


FORM = AnswerForm("matching", "matching", _fits, _can, _build)
