"""What is sealed opens again, and nothing else does."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.errors import Tampered
from course_kit.quizzes.sealing import MAX_SEALED, seal, unseal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_is_sealed_opens_again(value: object) -> None:
    assert unseal(seal(value), "it") == value


def test_the_bytes_are_the_same_everywhere_and_long_texts_pass() -> None:
    assert seal({"a": 1}) == "eAEBBwD4/3siYSI6MX0IKgIJ"
    assert json.loads(zlib.decompress(base64.b64decode(seal("ü" * 200_000)))) == "ü" * 200_000


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "not base64!",
        base64.b64encode(b"not zlib").decode(),
        seal("x" * 100)[:40],
        base64.b64encode(zlib.compress(b"not json")).decode(),
        base64.b64encode(zlib.compress(b"[" * 100_000)).decode(),
        base64.b64encode(zlib.compress(b'"' + b"x" * (MAX_SEALED + 10) + b'"')).decode(),
    ],
)
def test_what_is_not_sealed_is_refused(text: object) -> None:
    with pytest.raises(Tampered, match="it is damaged"):
        unseal(text, "it")
