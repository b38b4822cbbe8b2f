"""How the items of a lesson changed: added, removed, renamed, moved, reworded, or another answer is right now."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

ItemChange = tuple[Literal["item", "key", "text"], str, str, str]
"""Kind, ``quiz/item``, what happened, what it means."""

_KEY_MEANS = (
    "Answers already given keep what they earned; whoever answers again is measured by the new key. Tell those who "
    "were marked wrong."
)
_ADDED_MEANS = "It counts towards the lesson from now on; whoever completed the lesson keeps that."
_REMOVED_MEANS = "It no longer counts; the answers stay in the store. If it lives on elsewhere, name it in `was:`."


def compare_items(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    renamed: Mapping[str, str],
    order: Sequence[str],
    former_order: Sequence[str],
) -> Iterator[ItemChange]:
    """The changes from ``old`` to ``new`` (items of one lesson by ``quiz/item``), in the lesson's order.

    ``renamed`` maps former names to present ones, from ``was:``.
    """
    former = {now: was for was, now in renamed.items() if was in old and now in new and now not in old}
    for name in order:
        before = former.get(name, name)
        if before not in old:
            yield "item", name, "added", _ADDED_MEANS
            continue
        if before != name:
            yield "item", name, f"renamed from {before}", "Its answers stay with it, through `was:`."
        yield from _changed(name, old[before]["item"], new[name]["item"])
    gone = [name for name in former_order if name not in new and name not in former.values()]
    for name in gone:
        yield "item", name, "removed", _REMOVED_MEANS
    kept = [name for name in order if former.get(name, name) in old]
    before_order = [name for name in former_order if name not in gone]
    if [former.get(name, name) for name in kept] != before_order:
        quiz = next((now for now, was in zip(kept, before_order, strict=False) if former.get(now, now) != was), kept[0])
        yield "item", quiz, "questions stand in another order", "Answers stay with their questions' keys."


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ItemChange]:
    if old["kind"] != new["kind"]:
        what = f"asks for {_WORDS.get(new['kind'], new['kind'])} instead of {_WORDS.get(old['kind'], old['kind'])}"
        yield "key", name, what, _KEY_MEANS
        return
    what_key = _key_change(old, new)
    if what_key:
        yield "key", name, what_key, _KEY_MEANS
    if _texts(old) != _texts(new):
        named_by_place = name.rpartition("/")[2].removeprefix("q").isdigit()
        hint = " It is named by its place: if it is another question now, give both a `key:`." if named_by_place else ""
        yield "text", name, "reworded", f"Answers stay; nobody has to answer again.{hint}"
    if old.get("skill") != new.get("skill"):
        what = f"exercises {new.get('skill') or 'no skill'} instead of {old.get('skill') or 'none'}"
        yield "text", name, what, "Reviews follow the new skill."


_WORDS = {
    "one-choice": "one choice",
    "several-choices": "several choices",
    "true-false": "true or false",
    "number": "a number",
    "short-text": "a few words",
}


def _key_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What changed about which answers are right, in words; empty if nothing did."""
    if "choices" in new:
        before = [(choice["text"], choice["right"]) for choice in old["choices"]]
        after = [(choice["text"], choice["right"]) for choice in new["choices"]]
        if [right for _, right in before] != [right for _, right in after]:
            return "other choices are right, or there are more or fewer of them"
        if before != after and sorted(before) == sorted(after):
            return "the choices stand in another order"
        return ""
    for field in ("answer", "answers", "tolerance", "relative"):
        if old.get(field) != new.get(field):
            return f"another answer is right: {_shown(new)} instead of {_shown(old)}"
    return ""


def _shown(item: Mapping[str, Any]) -> str:
    if "answers" in item:
        return " | ".join(item["answers"])
    tolerance = item.get("tolerance", "0")
    return f"{item['answer']}" if tolerance == "0" else f"{item['answer']} ± {tolerance}"


def _texts(item: Mapping[str, Any]) -> Any:
    choices = [(choice["text"], choice["feedback"]) for choice in item.get("choices", [])]
    return [item["prompt"], item["hints"], item["explanation"], sorted(choices), item.get("mistakes")]
