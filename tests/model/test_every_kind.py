"""What holds for every kind of item, whatever an author wrote and whatever is answered."""

import html
import json
import os
import random
from typing import Any

import pytest
from any_items import FIELDS, anything, items, responses, told
from hypothesis import given, settings
from hypothesis import strategies as st

from course_kit.model.chance import order_for, picked, variant_for
from course_kit.model.keys import canonical_json
from course_kit.model.kinds.algebra import Unreadable, names_in, read_expression
from course_kit.model.kinds.patterns import MAX_MATCHED, compiled, example
from course_kit.model.kinds.texts import code_tokens, normalise
from course_kit.model.quiz import KINDS, UNANSWERED, Item, Variants, item_digest, read_item, recordable, score

every_kind = pytest.mark.parametrize("kind", sorted(FIELDS))
# few for each of twelve kinds at each run; COURSE_KIT_EXAMPLES=500 looks harder
some = settings(max_examples=int(os.environ.get("COURSE_KIT_EXAMPLES", "15")))
# a kind's key, by the names of its fields; `right` in a matching is a column
KEY_FIELDS = {
    "answer", "answers", "before", "checks", "example", "explanation", "feedback", "figures", "mistakes", "partners",
    "patterns", "position", "program", "ranks", "relative", "right", "tolerance", "weight", "wrong_pairs",
}  # fmt: skip


def test_there_are_items_of_every_kind_that_is_registered():
    assert set(FIELDS) == set(KINDS)


@every_kind
@some
@given(st.data())
def test_the_reference_response_scores_in_full_and_can_be_recorded(kind, data):
    item = data.draw(items(kind))
    reference = item.reference_response()
    outcome = score(item, reference)
    assert (outcome.state, outcome.fraction) == ("right", 1.0)
    assert recordable(json.loads(json.dumps(reference))) == reference
    assert item.in_words(reference)
    assert kind == "essay" or all(item.right_answers())


@every_kind
@some
@given(st.data())
def test_no_response_raises_or_scores_outside_its_range(kind, data):
    item = data.draw(items(kind))
    response = data.draw(responses(item))
    outcome = score(item, response)
    assert 0.0 <= outcome.fraction <= 1.0
    assert (outcome.state == "right") == (outcome.fraction == 1.0)
    assert (outcome.state == "partly-right") == (0.0 < outcome.fraction < 1.0)
    assert outcome.state != "invalid" or any(remark.text for remark in outcome.feedback)
    assert outcome.state != "unanswered" or outcome == UNANSWERED
    assert score(item, response) == outcome
    assert isinstance(item.in_words(response), str)
    assert isinstance(item.read(response), str)


@every_kind
@some
@given(st.data())
def test_an_item_survives_being_written_and_read(kind, data):
    item = data.draw(items(kind))
    again = read_item(json.loads(json.dumps(item.whole())))
    assert again == item
    assert item_digest(again) == item_digest(item)
    sorted_ = read_item(json.loads(canonical_json(item.whole())))  # as it is sealed
    assert (sorted_, sorted_.public()) == (item, item.public())


@every_kind
@some
@given(st.data())
def test_what_is_public_tells_nothing_of_the_key(kind, data):
    item = data.draw(items(kind))
    rendered = item.map_texts(lambda text: f"<p>{html.escape(text)}</p>")
    for public in (item.public(), rendered.public()):
        assert told(public) is None
        assert not (_names(public) & KEY_FIELDS) - ({"right"} if kind == "matching" else set())
        assert json.loads(json.dumps(public)) == public


def _names(data: object) -> set[str]:
    if isinstance(data, dict):
        return set(data).union(*map(_names, data.values()))
    return set().union(*map(_names, data)) if isinstance(data, list) else set()


def _with_another_key(whole: dict[str, Any]) -> dict[str, Any]:
    """The same item, as far as one can see, with other right answers."""
    other = dict(whole)
    if "choices" in whole:
        rights = [True, *(not choice["right"] for choice in whole["choices"][1:])]
        if whole["kind"] != "several-choices":
            rights = [False] * (len(rights) - 1) + [True]
        other["choices"] = [
            {**choice, "right": right, "feedback": "Other."}
            for choice, right in zip(whole["choices"], rights, strict=True)
        ]
    if "ranks" in whole:
        other["ranks"] = [9 - rank for rank in whole["ranks"]]
    if "partners" in whole:
        other |= {"partners": [0] * len(whole["partners"]), "wrong_pairs": []}
    if whole["kind"] == "parsons":
        count = sum(piece["position"] is not None for piece in whole["pieces"])
        places = iter(range(count - 1, -1, -1))
        bare = [{**piece, "indent": 0, "feedback": ""} for piece in whole["pieces"]]
        other["pieces"] = [{**p, "position": None if p["position"] is None else next(places)} for p in bare]
        other |= {"before": [], "program": "Other."}
    if "blanks" in whole:
        other["blanks"] = [_with_another_key(blank) for blank in whole["blanks"]]
    plain = {
        "answer": (not whole["answer"]) if isinstance(whole.get("answer"), bool) else "5",
        "answers": ["other"], "patterns": [], "tolerance": "1", "relative": False, "figures": None, "mistakes": [],
        "example": "Other.", "checks": [{"code": "other"}], "positive": False, "explanation": "Other.", "case": True,
    }  # fmt: skip
    return other | {name: value for name, value in plain.items() if name in whole}


@every_kind
@some
@given(st.data())
def test_items_that_differ_in_their_key_alone_look_the_same(kind, data):
    item = data.draw(items(kind))
    other = read_item(_with_another_key(item.whole()))
    assert item_digest(other) != item_digest(item) or kind == "essay"
    assert other.public() == item.public()


@every_kind
@some
@given(st.data())
def test_every_secret_would_be_found(kind, data):
    """The search above finds what it looks for."""
    item = data.draw(items(kind))
    if any(hint.text for hint in item.hints):
        assert told(item.whole()) is not None


@every_kind
@some
@given(st.data())
def test_rendering_changes_no_score(kind, data):
    item = data.draw(items(kind))
    response = data.draw(responses(item))
    rendered = item.map_texts(lambda text: f"<b>{text}</b>")
    assert score(rendered, response).fraction == score(item, response).fraction
    assert score(rendered, response).state == score(item, response).state
    assert item.map_texts(lambda text: text).public()["form"] == item.public()["form"] or kind == "parsons"


@every_kind
@some
@given(st.data(), st.integers(0, 3))
def test_a_variant_scores_as_it_would_alone(kind, data, number):
    variants = Variants(tuple(data.draw(st.lists(items(kind), min_size=1, max_size=3))))
    response = data.draw(responses(variants.item))
    alone = variants.all[number] if number < len(variants.all) else variants.item
    assert score(variants, response, number) == score(alone, response)


# ------------------------------------------------------------ order does not matter


def _moved(item: Item, order: list[int]) -> Item:
    """The item with its choices (or pieces, or partners) in another order."""
    whole = item.whole()
    if item.kind in ("one-choice", "several-choices"):
        whole["choices"] = [whole["choices"][number] for number in order]
    elif item.kind == "matching":
        whole["right"] = [whole["right"][number] for number in order]
        whole["partners"] = [order.index(number) for number in whole["partners"]]
        whole["wrong_pairs"] = [{**pair, "right": order.index(pair["right"])} for pair in whole["wrong_pairs"]]
    else:
        for name in {"pieces", "ranks"} & set(whole):
            whole[name] = [whole[name][number] for number in order]
    return read_item(whole)


@pytest.mark.parametrize("kind", ["one-choice", "several-choices", "ordering", "parsons", "matching"])
@some
@given(st.data(), st.text(max_size=5))
def test_the_order_in_which_things_are_shown_changes_no_score(kind, data, seed):
    item = data.draw(items(kind))
    form = item.form()
    count = len(form.get("choices") or form.get("pieces") or form["right"])
    order = list(order_for(seed, "lesson/quiz/item", count))
    assert sorted(order) == list(range(count))
    moved = _moved(item, order)
    rng = random.Random(seed)
    for _ in range(3):
        response = _some_response(item, count, rng)
        elsewhere = _renumbered(response, order, kind)
        assert score(moved, elsewhere).fraction == pytest.approx(score(item, response).fraction)
        assert score(moved, elsewhere).state == score(item, response).state
    assert score(moved, _renumbered(item.reference_response(), order, kind)).fraction == 1.0


def _some_response(item: Item, count: int, rng: random.Random) -> object:
    if item.kind == "one-choice":
        return rng.randrange(count)
    if item.kind == "several-choices":
        return [number for number in range(count) if rng.random() < 0.5]
    if item.kind == "ordering":
        return rng.sample(range(count), count)
    if item.kind == "matching":
        return [rng.randrange(-1, count) for _ in item.form()["left"]]
    return [[number, rng.randrange(3)] for number in rng.sample(range(count), rng.randint(0, count))]


def _renumbered(response: object, order: list[int], kind: str) -> object:
    if kind == "one-choice":
        return order.index(response)
    if kind == "parsons":
        return [[order.index(number), level] for number, level in response]
    return [number if number < 0 else order.index(number) for number in response]


@given(st.text(max_size=8), st.integers(1, 12), st.integers(0, 30), st.integers(0, 3))
def test_chance_is_fair_and_stays(seed, count, renewed, fixed):
    variant = variant_for(seed, "l/q/i", count, renewed)
    assert 0 <= variant < count
    assert variant == variant_for(seed, "l/q/i", count, renewed)
    assert {variant_for(seed, "l/q/i", count, number) for number in range(count)} == set(range(count))
    order = order_for(seed, "l/q/i", count, fixed=fixed)
    assert sorted(order) == list(range(count))
    assert order[max(0, count - fixed) :] == tuple(range(max(0, count - fixed), count))
    chosen = picked(seed, "l/q", range(count), fixed)
    assert list(chosen) == sorted(chosen)
    assert len(chosen) == min(count, fixed)


# ------------------------------------------------------------ reading never raises


@given(st.text(max_size=400))
def test_reading_a_text_never_raises(text):
    assert normalise(normalise(text)) is not None
    assert normalise(text, case=True) is not None
    assert isinstance(code_tokens(text), tuple)


@given(st.text(max_size=60) | st.text(alphabet="xyz0123456789.,+-*/^()|[]{} =esincolgqrtabp_√π²⁻·\u2212", max_size=80))
def test_reading_an_expression_gives_a_term_or_a_reason(text):
    names_in(text)
    try:
        term = read_expression(text, ("x", "y", "x_1"))
    except Unreadable as error:
        reason = str(error)
    else:
        reason = "It was read."
        assert term.shape == read_expression(text, ("x", "y", "x_1")).shape
    assert reason.endswith(".")
    assert not set("<>&") & set(reason)


@given(st.text(max_size=60) | st.text(alphabet="abc()[]{}|?*+.\\dws^$0123,-", max_size=30))
def test_a_pattern_is_read_or_refused_and_its_example_fits(text):
    try:
        pattern = compiled(f"/{text}/")
    except ValueError:
        return
    found = example(f"/{text}/")
    assert found is None or (len(found) <= MAX_MATCHED and pattern.fullmatch(found))


@given(anything)
def test_what_may_be_recorded_is_told_of_anything(response):
    kept = recordable(response)
    assert kept is None or kept == response
