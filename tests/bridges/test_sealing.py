"""Where quizzes are sealed among nbgrader's steps, whatever list of steps a course has."""

import pytest
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearOutput, IncludeHeaderFooter, InstantiateTests, LockCells, SaveCells
from traitlets.config import Config

from course_kit.bridges.nbgrader.enabled import SEAL, SHOW, exchange_execution, name_of, seal_quizzes, with_sealing


def test_before_anything_looks_at_the_cells_and_after_outputs_are_cleared() -> None:
    steps = with_sealing(list(GenerateAssignment.class_traits()["preprocessors"].default()))
    assert (steps[0], steps[1]) == (IncludeHeaderFooter, SEAL)
    for later in (InstantiateTests, LockCells, SaveCells):
        assert steps.index(SEAL) < steps.index(later)
    assert steps.index(ClearOutput) < steps.index(SHOW)
    assert with_sealing(steps) == steps


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], [SEAL, SHOW]),
        (["mine.First", LockCells], ["mine.First", SEAL, LockCells, SHOW]),
        ([SEAL, LockCells], [SEAL, LockCells, SHOW]),
        (["nbgrader.preprocessors.LockCells"], [SEAL, "nbgrader.preprocessors.LockCells", SHOW]),
    ],
)
def test_a_courses_own_list_keeps_its_order(given: list[object], wanted: list[object]) -> None:
    assert with_sealing(given) == wanted


def test_a_configuration_that_adds_to_nbgraders_list() -> None:
    config = Config()
    config.GenerateAssignment.preprocessors.append("mine.Last")
    seal_quizzes(config)
    names = [name_of(step) for step in config.GenerateAssignment.preprocessors]
    assert names[1] == SEAL
    assert names[-2:] == ["mine.Last", SHOW]
    seal_quizzes(config)
    assert [name_of(step) for step in config.GenerateAssignment.preprocessors] == names


def test_enabling_the_sandbox_seals_too() -> None:
    config = Config()
    exchange_execution(config)
    assert SEAL in config.GenerateAssignment.preprocessors
