"""What one learner is asked: which items of a pool, which variant of each, and the choices in which order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_kit.model.chance import order_for, picked, variant_for
from course_kit.model.quiz import Item
from course_kit.quizzes.quiz_file import ReleasedItem, ReleasedQuiz

FIXED_SEED = ""
"""For whoever has not opened the course: everybody meets the same."""


@dataclass(frozen=True)
class Asked:
    """An item as this learner meets it. ``place`` is the lesson or assignment, ``name`` ``quiz/item`` in it."""

    released: ReleasedItem
    name: str
    place: str
    seed: str
    variant: int

    @property
    def key(self) -> str:
        return self.released.key

    @property
    def variants(self) -> int:
        return len(self.released.publics)

    def item(self) -> Item:
        """The variant that is asked, with its key. Raises :class:`LookupError` in a graded quiz."""
        return self.released.item(self.variant)

    def public(self) -> dict[str, Any]:
        """What may be shown of it before an answer, and where it stands among its like."""
        public = dict(self.released.public(self.variant))
        return {
            **public,
            "digest": self.released.digest[:12],
            "variant": self.variant,
            "variants": self.variants,
            "order": list(self._order(public)),
        }

    def other_variant(self) -> "Asked":
        """The one that comes next for this learner: none comes twice before all were seen."""
        about, count = f"{self.place}/{self.name}", self.variants
        row = [variant_for(self.seed, about, count, number) for number in range(count)]
        return replace(self, variant=row[(row.index(self.variant) + 1) % count])

    def at(self, variant: int) -> "Asked":
        """The same item in the variant of that number; as it is where there is none."""
        return replace(self, variant=variant) if 0 <= variant < self.variants else self

    def _order(self, public: dict[str, Any]) -> Sequence[int]:
        choices = public["form"].get("choices")
        count = len(choices) if isinstance(choices, list) else 0
        shuffle = public.get("shuffle", "no")
        if shuffle == "no":
            return range(count)
        return order_for(self.seed, f"{self.place}/{self.name}", count, fixed=1 if shuffle == "but-last" else 0)


def asked_items(quiz: ReleasedQuiz, place: str, seed: str, answered: Collection[str] = ()) -> tuple[Asked, ...]:
    """The items of ``quiz`` that this learner meets, in the order of the quiz.

    ``answered``: the keys of items that were answered already; they stay in a pool whatever it holds now.
    """
    items = [_first(item, quiz.key, place, seed) for item in quiz.items]
    if quiz.pick is None or quiz.pick >= len(items):
        return tuple(items)
    chosen = [item.key for item in items if item.key in answered][: quiz.pick]
    for size in range(1, len(items) + 1):
        drawn = picked(seed, f"{place}/{quiz.key}", [item.key for item in items], size)
        chosen += [key for key in drawn if key not in chosen][: quiz.pick - len(chosen)]
    return tuple(item for item in items if item.key in chosen)


def _first(item: ReleasedItem, quiz: str, place: str, seed: str) -> Asked:
    name = f"{quiz}/{item.key}"
    return Asked(item, name, place, seed, variant_for(seed, f"{place}/{name}", len(item.publics)))
