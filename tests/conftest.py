"""Fixtures that every test may use."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says nothing on a machine that does other work; what it finds does.
settings.register_profile("course-kit", deadline=None)
settings.load_profile("course-kit")

sys.path.insert(0, str(Path(__file__).parent))  # so that a story can say `from worlds import Learner`


@pytest.fixture(autouse=True)
def _no_ones_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the data folder of whoever runs it."""
    monkeypatch.setenv("COURSE_KIT_DATA", str(tmp_path_factory.mktemp("data")))


LONGEST = (
    "same_scores",
    "nbgrader_conformance",
    "plain_nbgrader",
    "our_grading",
    "same_outputs",
    "engine",
    "large_batch",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first, so that the others run beside them."""
    order = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))
