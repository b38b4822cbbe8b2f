"""What a made-up learner answers to a question of any kind: the right thing, or a slip that someone might make."""

import random
from typing import Any

from course_kit.model.kinds import (
    ChoiceBlank,
    Cloze,
    CodeCheck,
    Essay,
    Expression,
    Matching,
    Number,
    NumberBlank,
    OneChoice,
    Ordering,
    Parsons,
    SeveralChoices,
    ShortText,
    TextBlank,
    TrueFalse,
)
from course_kit.model.kinds.code_check import PASSED
from course_kit.model.quiz import Item, Response

_LOST = "I do not know yet"
_THOUGHT = "I compared the groups and would report the median, since a few values lie far out. "


def right_answer(item: Item) -> Response:
    """What earns all points; for an essay, as many words as it asks for."""
    if isinstance(item, Essay):
        return _essay(item)
    return item.reference_response()


def wrong_answer(item: Item, chance: random.Random) -> Response:
    """What a learner might answer who does not know: mostly wrong, often partly right, with luck right."""
    match item:
        case OneChoice():
            return chance.choice([number for number, choice in enumerate(item.choices) if not choice.right])
        case SeveralChoices():
            return sorted(chance.sample(range(len(item.choices)), chance.randint(1, len(item.choices))))
        case TrueFalse():
            return not item.answer
        case Number() | ShortText() | Expression() if named := _mistakes(item):
            return chance.choice(named)
        case Number():
            return f"{chance.randint(-9, 99)} {item.unit}".strip()
        case Expression() if item.names:
            return chance.choice(item.names)
        case Expression():
            return str(chance.randint(2, 9))
        case Ordering():
            return chance.sample(range(len(item.pieces)), len(item.pieces))
        case Matching():
            return _two_swapped(list(item.partners), chance)
        case Parsons():
            return _two_swapped(item.reference_response(), chance)
        case Cloze():
            texts = [blank.reference() for blank in item.blanks]
            slip = chance.randrange(len(texts))
            texts[slip] = _wrong_blank(item.blanks[slip], chance)
            return texts
        case CodeCheck():
            results = [PASSED] * len(item.checks)
            results[chance.randrange(len(results))] = "failed: it is False"
            return results
        case Essay():
            return _essay(item)
        case _:
            return _LOST


def _mistakes(item: Number | ShortText | Expression) -> list[str]:
    return [mistake.answer for mistake in item.mistakes if not mistake.pattern]


def _two_swapped(things: Any, chance: random.Random) -> Response:
    first, second = chance.sample(range(len(things)), 2) if len(things) > 1 else (0, 0)
    changed: list[int] = list(things)
    changed[first], changed[second] = changed[second], changed[first]
    return changed


def _wrong_blank(blank: TextBlank | NumberBlank | ChoiceBlank, chance: random.Random) -> str:
    if isinstance(blank, ChoiceBlank):
        return chance.choice([choice.text for choice in blank.choices if not choice.right])
    if isinstance(blank, NumberBlank):
        return f"{chance.randint(100, 999)} {blank.unit}".strip()
    return "something"


def _essay(item: Essay) -> str:
    wanted = max(item.min_words, 5)
    words = (_THOUGHT * (wanted // len(_THOUGHT.split()) + 1)).split()
    return " ".join(words[: item.max_words])
