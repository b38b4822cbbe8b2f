import pytest

from course_kit.report.wording import clean, count, percent, points


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada  Lovelace", "Ada Lovelace"),
        ("Ada\nLovelace\x00", "Ada Lovelace�"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("\x1b[31mred", "�[31mred"),
        ("half \ud800", "half �"),
        ("山田 真理子", "山田 真理子"),
        ("", ""),
    ],
)
def test_text_of_others_is_one_line_without_what_steers_a_terminal_or_a_page(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_long_text_is_cut() -> None:
    assert clean("x" * 1_000_000, 5) == "xxxx…"
    assert clean("xxxxx", 5) == "xxxxx"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(None, ""), (0.0, "0"), (0.001, "1"), (0.5, "50"), (0.999, "99"), (1.0, "100"), (1.1, "110")],
)
def test_missing_is_empty_and_almost_all_is_not_all(fraction: float | None, shown: str) -> None:
    assert percent(fraction) == (f"{shown}\u00a0%" if shown else "")


def test_points_have_no_needless_zeros_and_no_thousands_separator() -> None:
    assert [points(value) for value in (None, 0.0, 7.0, 7.5, 1234.567)] == ["", "0", "7", "7.5", "1234.57"]


def test_numbers_take_their_plural() -> None:
    assert [count(number, "learner") for number in (0, 1, 2)] == ["0 learners", "1 learner", "2 learners"]
