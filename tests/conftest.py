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


SHARING = ("plain_nbgrader", "our_grading", "engine", "provisioner", "server", "server_grading")
"""Of these files, all tests run in one process: what they share takes long to make."""

LONGEST = ("nbgrader_conformance", "same_scores", "large_batch", "whole_course")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that the others run beside them."""
    for item in items:
        if item.path.stem.removeprefix("test_") in SHARING:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem.removeprefix("test_"), len(order)))
