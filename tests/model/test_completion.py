"""Rules of completion: each part with its present value, and the whole as plain logic has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.model.completion import Every, Facts, Part, Rule, Some, degree, evaluate, is_met, read_rule, rule_form

SHARE = st.sampled_from((0.0, 0.3, 0.5, 0.8, 1.0))
PART = st.one_of(
    st.builds(Part, st.sampled_from(("viewed", "cells", "quizzes")), st.sampled_from((0.3, 0.8, 1.0))),
    st.builds(Part, st.just("video"), st.just(0.9), st.sampled_from(("", "intro"))),
    st.builds(Part, st.just("assignment"), st.just(0.6), st.sampled_from(("hw", "lab"))),
)
RULE = st.recursive(
    PART,
    lambda part: st.one_of(
        *(st.builds(kind, st.lists(part, min_size=1, max_size=3).map(tuple)) for kind in (Every, Some))
    ),
    max_leaves=8,
)
FACTS = st.builds(
    Facts,
    SHARE,
    SHARE,
    SHARE,
    st.dictionaries(st.sampled_from(("intro", "outro")), SHARE),
    st.dictionaries(st.sampled_from(("hw", "lab")), SHARE),
)


@given(RULE, FACTS)
def test_how_far_a_rule_has_come_is_whole_exactly_when_it_is_met(rule, facts):
    assert (degree(rule, facts) == 1.0) is is_met(rule, facts)
    assert 0 <= degree(rule, facts) <= 1
    values = evaluate(rule, facts)
    if all(found.met for found in values):
        assert is_met(rule, facts)
    if not any(found.met for found in values):
        assert not is_met(rule, facts)


@given(RULE)
def test_a_rule_is_read_back_from_what_is_written(rule: Rule):
    assert read_rule(rule_form(rule)) == rule


def test_each_part_shows_its_present_value():
    rule = read_rule(["viewed >= 90 %", {"any": ["video intro >= 80%", "assignment hw >= 0.6", "cells"]}])
    facts = Facts(viewed=0.5, cells=0.25, videos={"intro": 0.8})
    assert [(found.part.what, found.have, found.need, found.met) for found in evaluate(rule, facts)] == [
        ("viewed", 0.5, 0.9, False),
        ("video", 0.8, 0.8, True),
        ("assignment", 0.0, 0.6, False),
        ("cells", 0.25, 1.0, False),
    ]
    assert not is_met(rule, facts)
    assert degree(rule, facts) == pytest.approx((0.5 / 0.9 + 1) / 2)


def test_a_share_that_floats_only_nearly_reach_is_reached():
    assert is_met(read_rule("quizzes >= 30 %"), Facts(quizzes=0.1 + 0.1 + 0.1 - 1e-12))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("seen >= 90 %", "begins with one of"),
        ("quizzes", "lacks its share"),
        ("quizzes robust >= 80 %", "comes its share"),
        ("assignment >= 60 %", "assignment's key"),
        ("viewed >= 0 %", "more than 0 %"),
        ({"not": "cells"}, "one of `all"),
        ({"all": "cells"}, "need a list"),
        ([], "need a list"),
        (None, "say"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_to_write(data, said):
    with pytest.raises(ValueError, match=said):
        read_rule(data)
