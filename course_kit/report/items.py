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

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from course_kit.model import events as e
from course_kit.model.course import Course
from course_kit.model.progress import item_id
from course_kit.model.quiz import Item, item_digest
from course_kit.report.cohort import Member
from course_kit.report.responses import named_response

ENOUGH_LEARNERS = 10
ENOUGH_REST = 3
COMMON_WRONG = 3
EARLIER_WORDINGS = 3
"""How many of an item's earlier wordings are shown at most: those that most learners answered."""


class WrongResponse(BaseModel):
    """A response that is not (wholly) right, and how many learners gave it at least once. Plain text, not HTML."""

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


@dataclass
class _Wording:
    """The answers to one wording: each learner's, in canonical order."""

    answers: dict[str, list[e.ItemAnswered]] = field(default_factory=dict)
    newest: datetime | None = None


@dataclass
class _Tally:
    """``names``: the present names of the course's items by the lesson and item that events name. ``wordings``: by
    item's name, then digest. ``firsts``: each learner's first fraction by item's name; ``totals`` their sums."""

    names: Mapping[tuple[str, str], str]
    wordings: dict[str, dict[str, _Wording]] = field(default_factory=dict)
    firsts: dict[str, dict[str, float]] = field(default_factory=dict)
    totals: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def analyse(course: Course, members: Iterable[Member], items: Mapping[str, Item] | None = None) -> tuple[ItemRow, ...]:
    """One row for each wording of each item of the course that somebody answered, in the order of the course.

    Answers to different wordings (their digests differ) are never mixed. The present wording is that of ``items``
    (by ``lesson/quiz/item``, as in the source); where they are not given, the one answered last. The earlier wordings
    that most answered, :data:`EARLIER_WORDINGS` of them, follow their item. Responses that could not be read and items
    that the course does not have do not count, so that no learner's file can fill a report.
    """
    tally = _Tally(_present_names(course))
    for member in members:
        for event in member.events:
            if isinstance(event.fact, e.ItemAnswered) and event.fact.state not in ("unanswered", "invalid"):
                _take(tally, member.learner, event.fact, event.order()[0])
    known = items or {}
    present = _newest_digests(tally) if items is None else {name: item_digest(item) for name, item in items.items()}
    rows = []
    for name in (item_id(lesson.key, item) for lesson in course.lessons() for item in lesson.items):
        wordings = tally.wordings.get(name, {})
        now = present.get(name, "")
        earlier = sorted(wordings.keys() - {now}, key=lambda digest: (-len(wordings[digest].answers), digest))
        for digest in [*wordings.keys() & {now}, *earlier[:EARLIER_WORDINGS]]:
            rows.append(_row(name, digest, wordings[digest], tally, known.get(name), present=digest == now))
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


def _present_names(course: Course) -> dict[tuple[str, str], str]:
    """``lesson/quiz/item`` by the lesson and the item that events may name, former names included.

    As in the fold of progress, what is a lesson's or an item's name now goes before what was once another's.
    """
    names: dict[tuple[str, str], str] = {}
    lessons = list(course.lessons())
    former = [(was, lesson) for lesson in reversed(lessons) for was in lesson.was]
    for key, lesson in former + [(lesson.key, lesson) for lesson in lessons]:
        items = {**lesson.renamed_items, **{item: item for item in lesson.items}}
        names |= {(key, named): item_id(lesson.key, item) for named, item in items.items()}
    return names


def _take(tally: _Tally, learner: str, fact: e.ItemAnswered, at: datetime) -> None:
    """Count one answer, if it is to an item of the course."""
    name = tally.names.get((fact.lesson, fact.item))
    if name is None:
        return
    wording = tally.wordings.setdefault(name, {}).setdefault(fact.digest, _Wording())
    wording.answers.setdefault(learner, []).append(fact)
    wording.newest = at if wording.newest is None else max(at, wording.newest)
    firsts = tally.firsts.setdefault(learner, {})
    if name not in firsts:
        firsts[name] = fact.fraction
        tally.totals[learner] += fact.fraction


def _newest_digests(tally: _Tally) -> dict[str, str]:
    """For each item's name the digest of the wording that was answered last."""
    return {
        name: max((wording.newest, digest) for digest, wording in wordings.items() if wording.newest is not None)[1]
        for name, wordings in tally.wordings.items()
    }


def _row(name: str, digest: str, wording: _Wording, tally: _Tally, item: Item | None, *, present: bool) -> ItemRow:
    lesson, _, item_name = name.partition("/")
    shown = item if present else None
    firsts = {learner: facts[0].fraction for learner, facts in wording.answers.items()}
    learners = len(firsts)
    difficulty = sum(firsts.values()) / learners
    discrimination = _discrimination(name, firsts, tally)
    first_wrong = _common_wrong(shown, [facts[:1] for facts in wording.answers.values()])
    return ItemRow(
        lesson=lesson,
        item=item_name,
        digest=digest,
        present=present,
        prompt=shown.prompt if shown else "",
        learners=learners,
        difficulty=difficulty,
        solved=sum(any(fact.fraction >= 1 for fact in facts) for facts in wording.answers.values()) / learners,
        attempts=sum(len(facts) for facts in wording.answers.values()) / learners,
        discrimination=discrimination,
        wrong=tuple(_common_wrong(shown, wording.answers.values())[:COMMON_WRONG]),
        doubt=doubt(learners, difficulty, discrimination, first_wrong[0] if first_wrong else None),
    )


def _discrimination(name: str, firsts: Mapping[str, float], tally: _Tally) -> float | None:
    """The item-rest correlation, see the head of this module."""
    own, rest = [], []
    for learner, fraction in firsts.items():
        answered = tally.firsts[learner]
        others = len(answered) - 1
        if others >= ENOUGH_REST:
            own.append(fraction)
            rest.append((tally.totals[learner] - answered[name]) / others)
    if len(own) < ENOUGH_LEARNERS or max(own) - min(own) < 1e-9 or max(rest) - min(rest) < 1e-9:
        return None
    return statistics.correlation(own, rest)


def _common_wrong(item: Item | None, answers: Iterable[Sequence[e.ItemAnswered]]) -> list[WrongResponse]:
    """The responses that are not wholly right, the commonest first; each learner counts once for each response."""
    texts: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for facts in answers:
        given = [named_response(item, fact.response) for fact in facts if fact.fraction < 1]
        counts.update({key for key, _ in given})
        for key, text in given:
            texts.setdefault(key, text)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], texts[pair[0]], pair[0]))
    return [WrongResponse(text=texts[key], learners=number) for key, number in ordered]
