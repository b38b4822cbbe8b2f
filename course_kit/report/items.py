"""Item analysis: how hard each item is, whether it tells those who know from those who do not, and where it goes wrong.

The measures are those of classical test theory (L. Crocker and J. Algina, *Introduction to Classical and Modern Test
Theory*, 1986, chapter 14), fitted to practice, where everyone may try again and nobody has to answer everything:

* difficulty: the mean fraction of the *first* attempt, over the learners who made one. It is the "p value" of the
  textbooks: 1 is easy. An item scored in part counts in part.
* discrimination: the Pearson correlation, over those learners, of that fraction with the *rest*, the mean fraction
  of their first attempts at all other items. The item is kept out of the rest, since it would correlate with itself
  (S. Henrysson, "Correction of item-total correlations in item analysis", *Psychometrika* 28, 1963, 211-218). A mean
  stands in place of the textbooks' total because learners have answered different numbers of items. It is None with
  fewer than :data:`ENOUGH_LEARNERS` learners who answered :data:`ENOUGH_REST` other items, and where item or rest is
  the same for all of them.
"""

import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from course_kit.model.answers import Answers, Wording
from course_kit.model.course import Course
from course_kit.model.moments import Moment
from course_kit.model.progress import item_id
from course_kit.model.quiz import Item, item_digest
from course_kit.model.tally import Tally
from course_kit.report.cohort import Member
from course_kit.report.outline import Outline
from course_kit.report.responses import named_response

ENOUGH_LEARNERS = 10
ENOUGH_REST = 3
COMMON_WRONG = 3
EARLIER_WORDINGS = 3
"""How many of an item's earlier wordings are shown at most: those that most learners answered."""


class WrongResponse(BaseModel):
    """A response that is not (wholly) right, and how many learners gave it at least once. Plain text, not HTML.

    Of a learner the first ten different ones to a wording count, of a long one its beginning (``model.answers``).
    """

    model_config = ConfigDict(frozen=True)

    text: str
    learners: int


class ItemRow(BaseModel):
    """One wording of one item. Fractions are 0–1; ``attempts`` is the mean number of attempts of a learner.

    ``solved`` is the share of the learners who got it wholly right in the end. ``present`` is False for a wording
    that the course no longer has. ``doubt`` says why the key is probably wrong, or nothing.
    """

    model_config = ConfigDict(frozen=True)

    lesson: str
    item: str
    digest: str
    present: bool
    prompt: str = ""
    learners: int
    difficulty: float
    solved: float
    attempts: float
    discrimination: float | None = None
    wrong: tuple[WrongResponse, ...] = ()
    doubt: str = ""

    @property
    def name(self) -> str:
        return item_id(self.lesson, self.item)


class _Given(NamedTuple):
    """One learner's answers to one wording."""

    learner: str
    wording: Wording


@dataclass
class _Found:
    """``wordings``: by item's name, then digest; each learner's in the order of the members. ``newest``: by item's
    name when it was last answered, and in which wording. ``firsts``: each learner's first fraction by item's name;
    ``totals`` their sums."""

    wordings: dict[str, dict[str, list[_Given]]] = field(default_factory=dict)
    newest: dict[str, tuple[Moment, str]] = field(default_factory=dict)
    firsts: dict[str, dict[str, float]] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)


def analyse(course: Course, members: Iterable[Member], items: Mapping[str, Item] | None = None) -> tuple[ItemRow, ...]:
    """One row for each wording of each item of the course that somebody answered, in the order of the course.

    Answers to different wordings (their digests differ) are never mixed. The present wording is that of ``items``
    (by ``lesson/quiz/item``, as in the source); where they are not given, the one answered last. The earlier wordings
    that most answered, :data:`EARLIER_WORDINGS` of them, follow their item. Responses that could not be read and items
    that the course does not have do not count, so that no learner's file can fill a report.
    """
    outline, found = Outline.of(course), _Found()
    for member in members:
        _take(found, member.learner, _answers(outline, member.tally))
    known = items or {}
    if items is None:
        present = {name: digest for name, (_, digest) in found.newest.items()}
    else:
        present = {name: item_digest(item) for name, item in items.items()}
    rows = []
    for name in (item_id(lesson.key, item) for lesson in course.lessons() for item in lesson.items):
        wordings = found.wordings.get(name, {})
        now = present.get(name, "")
        earlier = sorted(wordings.keys() - {now}, key=lambda digest: (-len(wordings[digest]), digest))
        for digest in [*wordings.keys() & {now}, *earlier[:EARLIER_WORDINGS]]:
            rows.append(_row(name, digest, wordings[digest], found, known.get(name), present=digest == now))
    return tuple(rows)


def doubt(learners: int, difficulty: float, discrimination: float | None, most: WrongResponse | None) -> str:
    """Why the key (or the wording) of an item is probably wrong, in one sentence, or nothing.

    ``most`` is the wrong response that most learners gave first. Two rules, each of which needs
    :data:`ENOUGH_LEARNERS` learners:

    * more than half of all gave one and the same wrong response first, and those who do well elsewhere do not
      clearly get the item right (if they do, it is a common mistake and the key stands);
    * most miss the item (difficulty below 0.5), and those who do well elsewhere clearly miss it more.

    "Clearly" is a discrimination further from 0 than the standard error of a correlation that is 0,
    ``1 / sqrt(learners - 1)`` (M. G. Kendall and A. Stuart, *The Advanced Theory of Statistics*, volume 1), so that
    chance alone seldom flags an item. It is a hint to look, not a finding.
    """
    if learners < ENOUGH_LEARNERS:
        return ""
    clear = 1 / math.sqrt(learners - 1)
    stands = discrimination is not None and discrimination > clear
    if most is not None and 2 * most.learners > learners and not stands:
        return f"{most.learners} of {learners} first answered “{most.text}”: look at the key and the wording."
    if discrimination is not None and discrimination < -clear and difficulty < 0.5:
        return "Most miss it, and those who do well elsewhere miss it more: look at the key and the wording."
    return ""


def _answers(outline: Outline, tally: Tally) -> dict[str, Answers]:
    """One learner's answers by the items' present names; of items that the course has."""
    together: dict[str, Answers] = {}
    for named, answers in tally.items.items():
        name = outline.items.get(named)
        if name is None:
            continue
        if name in together:
            joined = together[name].copy()
            joined.take(answers)
            together[name] = joined
        else:
            together[name] = answers
    return together


def _take(found: _Found, learner: str, items: Mapping[str, Answers]) -> None:
    found.firsts[learner] = {name: answers.first[1] for name, answers in items.items()}
    found.totals[learner] = math.fsum(found.firsts[learner].values())
    for name, answers in items.items():
        newest = (answers.last[0], answers.digest)
        found.newest[name] = max(newest, found.newest.get(name, newest))
        wordings = found.wordings.setdefault(name, {})
        for digest, wording in answers.wordings.items():
            wordings.setdefault(digest, []).append(_Given(learner, wording))


def _row(
    name: str, digest: str, given: Sequence[_Given], found: _Found, item: Item | None, *, present: bool
) -> ItemRow:
    lesson, _, item_name = name.partition("/")
    shown = item if present else None
    firsts = {learner: wording.first[1] for learner, wording in given}
    learners = len(firsts)
    difficulty = math.fsum(firsts.values()) / learners
    discrimination = _discrimination(name, firsts, found)
    wrong = [sorted(wording.wrong, key=wording.wrong.__getitem__) for _, wording in given]
    # whose first answer was not wholly right gave the earliest of their wrong ones there
    first = [responses[:1] for responses, (_, wording) in zip(wrong, given, strict=True) if wording.first[1] < 1]
    named = cache(partial(_named, shown))
    first_wrong = _common_wrong(first, named)
    return ItemRow(
        lesson=lesson,
        item=item_name,
        digest=digest,
        present=present,
        prompt=shown.prompt if shown else "",
        learners=learners,
        difficulty=difficulty,
        solved=sum(wording.solved for _, wording in given) / learners,
        attempts=sum(wording.attempts for _, wording in given) / learners,
        discrimination=discrimination,
        wrong=tuple(_common_wrong(wrong, named)[:COMMON_WRONG]),
        doubt=doubt(learners, difficulty, discrimination, first_wrong[0] if first_wrong else None),
    )


def _named(item: Item | None, kept: str) -> tuple[str, str]:
    return named_response(item, json.loads(kept))


def _discrimination(name: str, firsts: Mapping[str, float], found: _Found) -> float | None:
    """The item-rest correlation, see the head of this module."""
    own, rest = [], []
    for learner, fraction in firsts.items():
        answered = found.firsts[learner]
        others = len(answered) - 1
        if others >= ENOUGH_REST:
            own.append(fraction)
            rest.append((found.totals[learner] - answered[name]) / others)
    if len(own) < ENOUGH_LEARNERS or max(own) - min(own) < 1e-9 or max(rest) - min(rest) < 1e-9:
        return None
    return statistics.correlation(own, rest)


def _common_wrong(given: Iterable[Sequence[str]], named: Callable[[str], tuple[str, str]]) -> list[WrongResponse]:
    """Each learner's wrong responses, counted, the commonest first; a learner counts once for each response."""
    texts: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for responses in given:
        words = [named(response) for response in responses]
        counts.update({key for key, _ in words})
        for key, text in words:
            texts.setdefault(key, text)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], texts[pair[0]], pair[0]))
    return [WrongResponse(text=texts[key], learners=number) for key, number in ordered]
