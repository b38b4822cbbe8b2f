"""The quicker hash gives ipykernel's own numbers."""

from hypothesis import given
from hypothesis import strategies as st
from ipykernel.compiler import murmur2_x86 as theirs

from course_kit.execution.murmur import murmur2_x86


@given(text=st.text(), seed=st.integers(0, 2**32 - 1))
def test_the_numbers_are_ipykernels(text: str, seed: int) -> None:
    assert murmur2_x86(text, seed) == theirs(text, seed)
