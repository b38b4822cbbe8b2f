"""The quiz file: the quizzes of a lesson, or of an assignment's notebook, as they travel.

What may be shown stands in the open. What answers an item stands beside it, sealed, in practice; a graded quiz travels
without (``sealed`` is null), since its key never leaves the instructor.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from course_kit.errors import Tampered
from course_kit.model.keys import digest as digest_of
from course_kit.model.keys import is_key
from course_kit.model.quiz import Item, Quiz, Variants, read_item
from course_kit.quizzes.plain import quiz_html
from course_kit.quizzes.sealing import AGAIN, seal, sealed_parts, unseal

QUIZ_FILE_VERSION = 2


@dataclass(frozen=True)
class ReleasedItem:
    """An item of a release: what may be shown of each variant before an answer, and the digest that events carry.

    ``variants`` are the rendered items with their keys; None in a graded quiz.
    """

    key: str
    digest: str
    publics: tuple[Mapping[str, Any], ...]
    variants: Variants | None = None

    @classmethod
    def of(cls, variants: Variants, digest: str) -> "ReleasedItem":
        """As it would be read from a practice quiz. ``variants`` are rendered, ``digest`` names their source."""
        return cls(variants.item.key, digest, tuple(item.public() for item in variants.all), variants)

    def public(self, variant: int = 0) -> Mapping[str, Any]:
        """What may be shown of that variant (of the first one, where there is none of that number)."""
        return self.publics[variant] if 0 <= variant < len(self.publics) else self.publics[0]

    def item(self, variant: int = 0) -> Item:
        """That variant with its key. Raises :class:`LookupError` in a graded quiz."""
        if self.variants is None:
            raise LookupError(f"the key of {self.key!r} is not here")
        return self.variants.variant(variant)


@dataclass(frozen=True)
class ReleasedQuiz:
    """A quiz of a release. ``pick``: how many of its items each learner meets (None: all of them)."""

    key: str
    items: tuple[ReleasedItem, ...]
    pick: int | None = None

    @property
    def graded(self) -> bool:
        """Whether its keys stayed with the instructor."""
        return any(item.variants is None for item in self.items)

    def page(self, note: str) -> str:
        """The questions as HTML to read without a kernel, with ``note`` below them."""
        varied = any(len(item.publics) > 1 for item in self.items)
        return quiz_html([item.public() for item in self.items], note=note, pick=self.pick, varied=varied)


def wording_digest(variants: Variants) -> str:
    """Names what an item as written (Markdown) asks, in all of its variants: the digest of an item in a graded quiz.

    Nothing of its key goes into it, since a digest over the key would let whoever tries them all find the right one.
    """
    shown = (item.public() for item in variants.all)
    return digest_of([[public["kind"], public["prompt"], public["form"]] for public in shown])


def quiz_file(
    name: str, quizzes: Iterable[Quiz], render: Callable[[str], str], *, sealed: bool = True
) -> tuple[dict[str, Any], dict[str, ReleasedQuiz]]:
    """The file's JSON for ``quizzes`` as written (Markdown), and the quizzes as they will be read back.

    ``name``: the key of the lesson, or the file name of the notebook. ``render``: Markdown to HTML. Without ``sealed``
    no key, feedback, hint or explanation goes into the file, and items are named by :func:`wording_digest`.
    """
    released: dict[str, ReleasedQuiz] = {}
    written: dict[str, Any] = {}
    for quiz in quizzes:
        items, entries = [], []
        for source in quiz.items:
            rendered, digest = source.map_texts(render), source.digest if sealed else wording_digest(source)
            whole = ReleasedItem.of(rendered, digest)
            items.append(whole if sealed else ReleasedItem(whole.key, digest, whole.publics))
            variants = [
                {"public": item.public(), "sealed": seal(item.whole()) if sealed else None} for item in rendered.all
            ]
            entries.append({"digest": digest, "variants": variants})
        released[quiz.key] = ReleasedQuiz(quiz.key, tuple(items), quiz.pick)
        written[quiz.key] = {"pick": quiz.pick, "items": entries}
    return {"version": QUIZ_FILE_VERSION, "of": name, "quizzes": written}, released


def read_quiz_file(content: bytes, what: str) -> dict[str, ReleasedQuiz]:
    """The quizzes in a quiz file, by key. ``what`` names the file in errors.

    Raises :class:`~course_kit.errors.WrongVersion`, or :class:`Tampered` for whatever is not as it was written.
    """
    quizzes = sealed_parts(content, what, QUIZ_FILE_VERSION, "quizzes")
    return {key: _quiz(key, entry, what) for key, entry in quizzes.items()}


def _quiz(key: str, entry: Any, what: str) -> ReleasedQuiz:
    if not is_key(key):  # it is written into the code of a learner's notebooks
        raise Tampered(f"{what} is damaged: {key[:60]!r} cannot be the name of a quiz.", hint=AGAIN)
    items = entry.get("items") if isinstance(entry, dict) else None
    if not isinstance(items, list) or not items:
        raise Tampered(f"{what} is damaged: the quiz {key!r} has no items.", hint=AGAIN)
    pick = entry.get("pick")
    if pick is not None and (type(pick) is not int or pick < 1):
        raise Tampered(f"{what} is damaged: `pick` of {key!r} is no number.", hint=AGAIN)
    return ReleasedQuiz(key, tuple(_item(item, what) for item in items), pick)


def _item(entry: Any, what: str) -> ReleasedItem:
    variants = entry.get("variants") if isinstance(entry, dict) else None
    if not isinstance(variants, list) or not variants or not isinstance(entry.get("digest"), str):
        raise Tampered(f"{what} is damaged: an item has no digest or no variant.", hint=AGAIN)
    publics = [one["public"] for one in variants if isinstance(one, dict) and isinstance(one.get("public"), dict)]
    keys = [public.get("key") for public in publics]
    if len(publics) < len(variants) or not all(isinstance(key, str) and is_key(key) for key in keys):
        raise Tampered(f"{what} is damaged: an item does not say what it shows.", hint=AGAIN)
    key = publics[0]["key"]
    if all(one.get("sealed") is None for one in variants):
        return ReleasedItem(key, entry["digest"], tuple(publics))
    items = tuple(_unsealed(one, what) for one in variants)
    return ReleasedItem(key, entry["digest"], tuple(item.public() for item in items), Variants(items))


def _unsealed(entry: Mapping[str, Any], what: str) -> Item:
    whole = unseal(entry.get("sealed"), what)
    if not isinstance(whole, dict):
        raise Tampered(f"{what} is damaged: a sealed item is not a JSON object.", hint=AGAIN)
    item = read_item(whole)
    if entry.get("public") != item.public():
        raise Tampered(f"{what} is damaged: what is shown of {item.key!r} is not what is sealed.", hint=AGAIN)
    return item
